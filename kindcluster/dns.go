package kindcluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// dnsMark stands before our line in CoreDNS' configuration.
const dnsMark = "# irsatz: AWS's names lead to irsatz (this line and the next)"

// dnsRule is what our line begins with.
const dnsRule = `rewrite stop name regex ^(.+\.)?amazonaws\.com\.$`

var (
	// serverBlock opens the block that answers all names, as kubeadm writes it.
	serverBlock = regexp.MustCompile(`^\.(?::53)? \{$`)
	// clusterDomain is what the block says of the cluster's own names.
	clusterDomain = regexp.MustCompile(`^kubernetes ([a-z0-9.-]+\.[a-z0-9-]+)(?: |$)`)
)

// RewriteCorefile returns CoreDNS' configuration with one line more, by which the
// names below amazonaws.com are those of irsatz's Service. One that has the line
// already stays as it is. No more is understood of the configuration than is
// needed to know that the line stands in the block that answers pods; where that
// is not certain, it is an error.
func RewriteCorefile(corefile string) (string, error) {
	lines := strings.Split(RestoreCorefile(corefile), "\n")
	at, domain, err := defaultBlock(lines)
	if err != nil {
		return "", fmt.Errorf("CoreDNS' Corefile: %w", err)
	}
	indent := lines[at+1][:len(lines[at+1])-len(strings.TrimLeft(lines[at+1], " \t"))]
	// CoreDNS asks the pattern of a whole name in lower case, with its last dot, and gives the answers the names that were asked for (answer auto):
	// resolvers do not take others.
	rewrite := dnsRule + " " + Service + "." + Namespace + ".svc." + domain + " answer auto"
	return strings.Join(slices.Insert(lines, at+1, indent+dnsMark, indent+rewrite), "\n"), nil
}

// RestoreCorefile takes away what RewriteCorefile has added, to the byte.
func RestoreCorefile(corefile string) string {
	lines := strings.Split(corefile, "\n")
	for {
		at := slices.IndexFunc(lines, func(line string) bool { return strings.TrimSpace(line) == dnsMark })
		if at < 0 {
			return strings.Join(lines, "\n")
		}
		end := at + 1
		if end < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[end]), dnsRule+" ") {
			end++
		}
		lines = slices.Delete(lines, at, end)
	}
}

// Kubectl runs kubectl as an administrator of a cluster and returns what it
// prints.
type Kubectl func(ctx context.Context, input io.Reader, args ...string) ([]byte, error)

// RewriteDNS has a cluster's CoreDNS lead AWS's names to irsatz, and tells whether
// they did not before.
func RewriteDNS(ctx context.Context, kubectl Kubectl) (changed bool, err error) {
	return editCorefile(ctx, kubectl, RewriteCorefile)
}

// RestoreDNS undoes RewriteDNS, and tells whether there was something to undo.
func RestoreDNS(ctx context.Context, kubectl Kubectl) (changed bool, err error) {
	return editCorefile(ctx, kubectl, func(corefile string) (string, error) { return RestoreCorefile(corefile), nil })
}

// editCorefile changes the Corefile if the edit does, and nobody else has
// meanwhile.
func editCorefile(ctx context.Context, kubectl Kubectl, edit func(string) (string, error)) (changed bool, err error) {
	text, err := kubectl(ctx, nil, "-n", "kube-system", "get", "configmap", "coredns", "--ignore-not-found", "-o", "json")
	if err != nil {
		return false, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{}")
	}
	var configMap struct{ Data map[string]string }
	if err := json.Unmarshal(text, &configMap); err != nil {
		return false, err
	}
	old := configMap.Data["Corefile"]
	edited, err := edit(old)
	if err != nil || edited == old {
		return false, err
	}
	patch, err := json.Marshal([]map[string]string{
		{"op": "test", "path": "/data/Corefile", "value": old},
		{"op": "replace", "path": "/data/Corefile", "value": edited},
	})
	if err != nil {
		return false, err
	}
	_, err = kubectl(ctx, nil, "-n", "kube-system", "patch", "configmap", "coredns", "--type=json", "-p", string(patch))
	return err == nil, err
}

// defaultBlock finds the line that opens the one block for all names, and the
// cluster's domain in it.
func defaultBlock(lines []string) (at int, domain string, err error) {
	at = -1
	depth, inBlock := 0, false
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if before, _, ok := strings.Cut(line, "#"); ok {
			line = strings.TrimSpace(before)
		}
		switch {
		case strings.Contains(line, "amazonaws"):
			return 0, "", fmt.Errorf("line %d is about amazonaws.com already", i+1)
		case depth == 0 && serverBlock.MatchString(line):
			if at >= 0 {
				return 0, "", fmt.Errorf("lines %d and %d open a block for all names, each", at+1, i+1)
			}
			at, inBlock = i, true
		case inBlock && depth == 1 && clusterDomain.MatchString(line):
			domain = clusterDomain.FindStringSubmatch(line)[1]
		}
		depth += strings.Count(line, "{") - strings.Count(line, "}")
		if depth == 0 {
			inBlock = false
		}
		if depth < 0 {
			return 0, "", fmt.Errorf("line %d closes what is not open", i+1)
		}
	}
	switch {
	case depth != 0:
		return 0, "", errors.New("a block is not closed")
	case at < 0:
		return 0, "", errors.New("no line `.:53 {`, which opens the block for all names")
	case domain == "":
		return 0, "", fmt.Errorf("the block of line %d does not say which names are the cluster's", at+1)
	}
	return at, domain, nil
}
