# docker build --build-arg VERSION=$(git describe --tags --always) -t irsatz .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /irsatz ./cmd/irsatz

FROM scratch
# Issuers that irsatz does not host (GitHub Actions, a real cluster) are verified over real TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/LICENSE /src/NOTICE /
COPY --from=build /irsatz /irsatz
USER 65532:65532
# 4566 is the AWS port. 4567, the control port, mints any token: it stays on the container's own loopback,
# where `docker exec CONTAINER /irsatz …` reaches it.
EXPOSE 4566 4567
HEALTHCHECK --interval=5s --timeout=4s --start-period=2s --retries=3 CMD ["/irsatz", "health"]
ENTRYPOINT ["/irsatz"]
CMD ["serve", "--listen", "0.0.0.0:4566", "--control", "127.0.0.1:4567"]
