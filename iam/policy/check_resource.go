package policy

import (
	"slices"
	"strings"
)

// partitions are the partitions a resource may name.
var partitions = []string{
	"*", "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc",
}

// iamHeads are what the last part of an IAM ARN may begin with.
var iamHeads = []string{
	"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
	"sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
}

// regionalS3 are the S3 resources whose ARN names a region.
// See https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
var regionalS3 = []string{"accesspoint/", "access-grants/", "job/", "storage-lens/", "storage-lens-group/", "async-request/"}

// checkResourceFormats wants "*" or ARNs. Of several faulty ones in a list, IAM
// reports the first in the order of the alphabet.
func checkResourceFormats(s *rawStatement) *MalformedError {
	if s.resource == nil {
		return nil
	}
	sorted := slices.Clone(s.resource.values)
	slices.SortStableFunc(sorted, func(a, b text) int { return strings.Compare(a.value, b.value) })
	for _, r := range sorted {
		if message := resourceFault(r.value); message != "" {
			return iamFault(r.pos, message)
		}
	}
	return nil
}

// resourceFault says what is wrong with a resource, or nothing.
func resourceFault(resource string) string {
	if resource == "*" {
		return ""
	}
	first, rest, found := strings.Cut(resource, ":")
	if !found {
		return "Resource " + resource + ` must be in ARN format or "*".`
	}
	fields := strings.SplitN(rest, ":", arnColons)
	partition := fields[0]
	if !slices.Contains(partitions, partition) {
		return partitionFault(partition, fields[1:])
	}
	if len(fields) < 2 || strings.ContainsAny(fields[1], "*?") {
		return "Resource vendor must be fully qualified and cannot contain regexes."
	}
	if first != "arn" {
		return "Resource " + resource + ` must be in ARN format or "*".`
	}
	fields = append(fields, make([]string, arnColons-len(fields))...)
	switch service, region, name := fields[1], fields[2], fields[4]; {
	case service == "iam" && region != "":
		return "IAM resource " + resource + " cannot contain region information."
	case service == "s3" && region != "" && !hasHead(name, regionalS3):
		return "Resource " + resource + " can not contain region information."
	case service == "iam" && name != "" && name != "*" && name != "root" && !hasHead(name, iamHeads):
		return `IAM resource path must either be "*" or start with ` + strings.Join(iamHeads, ", ") + "."
	}
	return ""
}

// partitionFault prints the ARN with stars for the parts it lacks.
func partitionFault(partition string, rest []string) string {
	shown := []string{"*", "*", "*", "*"}
	copy(shown, rest)
	if len(rest) == 1 && rest[0] == "" {
		shown[0] = "*"
	}
	return `Partition "` + partition + `" is not valid for resource "arn:` + partition + ":" + strings.Join(shown, ":") + `".`
}

func hasHead(name string, heads []string) bool {
	for _, h := range heads {
		if strings.HasPrefix(name, h) || name+"/" == h {
			return true
		}
	}
	return false
}

// legacyResource reports an ARN that IAM's older parser stumbles over: with an
// empty service, or with an empty part but not all its parts.
func legacyResource(resource string) bool {
	if resource == "*" {
		return false
	}
	fields := strings.SplitN(resource, ":", arnColons+1)
	return fields[2] == "" || len(fields) <= arnColons && strings.Contains(resource, "::")
}
