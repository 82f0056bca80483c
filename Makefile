# make and a POSIX sh are all this needs, beside Go; `make conformance` needs bash and the clients' languages.

GO          = go
FUZZTIME    = 20000x
FUZZDIRS    = .
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS   = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
TESTFLAGS   =

# The version is the commit's, where there is a git checkout.
LDFLAGS = -s -w -X main.version=$$(git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' Makefile | expand -t 14

build: ## build bin/irsatz
	$(BUILD) -o bin/irsatz ./cmd/irsatz

demo: build ## build, and watch the whole flow once
	bin/irsatz demo

# go test would vet a part of it once more.
test: ## vet and run all tests; needs only Go (RACE=1: with the race detector)
	$(GO) vet ./...
	$(GO) test -vet=off $${RACE:+-race} $(TESTFLAGS) ./...

test-kubernetes: ## test against a real API server; builds etcd and kube-apiserver once, minutes at first; needs only Go
	$(GO) run ./internal/kubebuild
	$(GO) vet -tags kubernetes ./conformance/kubernetes
	$(GO) test -tags kubernetes -count=1 -v -timeout=10m $(TESTFLAGS) ./conformance/kubernetes

race: ## run all tests with the race detector
	$(GO) test -race $(TESTFLAGS) ./...

lint: ## check the format, vet and run staticcheck
	@unformatted=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); test -z "$$unformatted" || { echo "not gofmt'd:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) -tags kubernetes ./...

# By count, since Go before 1.27 may report the end of a time as a failure (go.dev/issue/75804).
fuzz: ## fuzz every target with FUZZTIME (20000x) inputs
	@grep '^func Fuzz' $$(find $(FUZZDIRS) -name '*_test.go') /dev/null | sed 's|/[^/]*:func \(Fuzz[A-Za-z0-9_]*\).*| \1|' | \
	while read -r dir name; do \
		echo "$$dir $$name"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$dir" || exit 1; \
	done

fuzz-policy: ## fuzz each target of the policy engine for about half a minute
	@$(MAKE) -s fuzz FUZZDIRS=./iam/policy FUZZTIME=300000x
	@$(MAKE) -s fuzz FUZZDIRS=./iam/arn FUZZTIME=800000x

golden: ## write the golden files anew; read the diff before you commit it
	@grep -lE 'flag\.Bool\("update"|internal/golden"' $$(find . -name '*_test.go') /dev/null | sed 's|/[^/]*$$||' | sort -u | \
	while read -r dir; do $(GO) test "$$dir" -update || exit 1; done

cover: ## print the test coverage of each package
	$(GO) test -cover ./...

cover-policy: ## fail unless the tests of iam/policy and iam/arn reach every statement
	@$(GO) test -cover ./iam/policy ./iam/arn | tee /dev/stderr | awk '/coverage:/ && !/coverage: 100.0%/ { bad = 1 } /^FAIL/ { bad = 1 } END { exit bad }'

checklist: ## print which statements of docs/conformance.md have a test
	$(GO) run ./internal/checklist

conformance: build ## let other languages' AWS SDKs and the AWS CLI judge (needs bash, curl, python3, node, a JDK, maven, rclone)
	IRSATZ=$${IRSATZ:-bin/irsatz} ./conformance/run
	IRSATZ=$${IRSATZ:-bin/irsatz} ./conformance/transfers/run

bench: build ## compare with servers that check nothing, and start a few times; a minute
	$(GO) run ./internal/bench bin/irsatz

bench-all: ## run all benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

cross: ## build dist/ for every platform
	@for platform in $(PLATFORMS); do \
		os=$${platform%/*} arch=$${platform#*/} suffix=; \
		test $$os != windows || suffix=.exe; \
		echo "$$platform"; \
		GOOS=$$os GOARCH=$$arch $(BUILD) -o "dist/irsatz-$$os-$$arch$$suffix" ./cmd/irsatz || exit 1; \
	done

tidy-check: ## fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff

clean: ## remove what was built and downloaded here
	rm -rf bin dist .cache

.PHONY: help build demo test test-kubernetes race lint fuzz fuzz-policy golden cover cover-policy checklist conformance bench bench-all cross tidy-check clean
