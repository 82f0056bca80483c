package lint

import (
	"strings"

	"github.com/irsatz/irsatz/iam/catalogue"
)

// operations are API operations and commands whose actions have other names.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html.
var operations = map[string]string{
	"s3:abortmultipartuploads":              "s3:AbortMultipartUpload",
	"s3:completemultipartupload":            "s3:PutObject",
	"s3:copyobject":                         "s3:PutObject on the target and s3:GetObject on the source",
	"s3:createmultipartupload":              "s3:PutObject",
	"s3:deletebucketcors":                   "s3:PutBucketCORS",
	"s3:deletebucketencryption":             "s3:PutEncryptionConfiguration",
	"s3:deletebucketlifecycle":              "s3:PutLifecycleConfiguration",
	"s3:deletebucketownershipcontrols":      "s3:PutBucketOwnershipControls",
	"s3:deletebucketreplication":            "s3:PutReplicationConfiguration",
	"s3:deletebuckettagging":                "s3:PutBucketTagging",
	"s3:deleteobjects":                      "s3:DeleteObject",
	"s3:deletepublicaccessblock":            "s3:PutBucketPublicAccessBlock",
	"s3:getbucketaccelerateconfiguration":   "s3:GetAccelerateConfiguration",
	"s3:getbucketencryption":                "s3:GetEncryptionConfiguration",
	"s3:getbucketlifecycle":                 "s3:GetLifecycleConfiguration",
	"s3:getbucketlifecycleconfiguration":    "s3:GetLifecycleConfiguration",
	"s3:getbucketnotificationconfiguration": "s3:GetBucketNotification",
	"s3:getbucketreplication":               "s3:GetReplicationConfiguration",
	"s3:getobjectlockconfiguration":         "s3:GetBucketObjectLockConfiguration",
	"s3:getpublicaccessblock":               "s3:GetBucketPublicAccessBlock",
	"s3:headbucket":                         "s3:ListBucket",
	"s3:headobject":                         "s3:GetObject",
	"s3:listbuckets":                        "s3:ListAllMyBuckets",
	"s3:listmultipartuploads":               "s3:ListBucketMultipartUploads",
	"s3:listobjects":                        "s3:ListBucket",
	"s3:listobjectsv2":                      "s3:ListBucket",
	"s3:listobjectversions":                 "s3:ListBucketVersions",
	"s3:listparts":                          "s3:ListMultipartUploadParts",
	"s3:putbucketaccelerateconfiguration":   "s3:PutAccelerateConfiguration",
	"s3:putbucketencryption":                "s3:PutEncryptionConfiguration",
	"s3:putbucketlifecycle":                 "s3:PutLifecycleConfiguration",
	"s3:putbucketlifecycleconfiguration":    "s3:PutLifecycleConfiguration",
	"s3:putbucketnotificationconfiguration": "s3:PutBucketNotification",
	"s3:putbucketreplication":               "s3:PutReplicationConfiguration",
	"s3:putobjectlockconfiguration":         "s3:PutBucketObjectLockConfiguration",
	"s3:putpublicaccessblock":               "s3:PutBucketPublicAccessBlock",
	"s3:selectobjectcontent":                "s3:GetObject",
	"s3:uploadpart":                         "s3:PutObject",
	"s3:uploadpartcopy":                     "s3:PutObject on the target and s3:GetObject on the source",
	"lambda:invoke":                         "lambda:InvokeFunction",
	"s3:cp":                                 "s3:GetObject and s3:PutObject",
	"s3:ls":                                 "s3:ListBucket",
	"s3:sync":                               "s3:ListBucket, s3:GetObject and s3:PutObject",
	"sts:assumerolewithwebidentitytoken":    webIdentityAction,
}

// actionOf is the action that an operation needs, where no action is called as
// the operation is.
func actionOf(name string) (string, bool) {
	action, ok := operations[strings.ToLower(name)]
	return action, ok && !catalogue.Known(name)
}

func operationNotAction(c *checker, _ *document, s *statement) {
	for _, a := range s.actions.values {
		if action, ok := actionOf(a.value); ok {
			c.report(a.place, "write "+action, "%s is no action: the operation needs %s", a.value, action)
		}
	}
}

// unknownAction is sure where it knows what was meant. AWS has actions that its
// reference leaves out, and services that came to an end.
func unknownAction(c *checker, _ *document, s *statement) {
	for _, a := range s.actions.values {
		if _, operation := actionOf(a.value); operation || actionExists(a.value) {
			continue
		}
		if c.full() {
			return
		}
		report, fix := c.report, ""
		near, ok := catalogue.NearestAction(a.value)
		service, found := catalogue.NearestService(prefix(a.value))
		switch {
		case strings.ContainsAny(a.value, ", \t"):
			fix = "list several actions as strings of their own, without blanks"
		case ok:
			fix = "did you mean " + near + "?"
		case found && !strings.EqualFold(service, prefix(a.value)):
			fix = "did you mean the service " + service + "?"
		default:
			report = c.suspect
		}
		if strings.ContainsAny(a.value, "*?") {
			report(a.place, fix, "no action of AWS fits %s", a.value)
			continue
		}
		report(a.place, fix, "AWS has no action %s", a.value)
	}
}

func prefix(action string) string {
	p, _, _ := strings.Cut(action, ":")
	return p
}

func actionExists(name string) bool {
	if name == "*" || !strings.Contains(name, ":") { // what has no colon is refused
		return true
	}
	if !strings.ContainsAny(name, "*?") {
		return catalogue.Known(name)
	}
	for range catalogue.ActionsMatching(name) {
		return true
	}
	return false
}

func notActionAllow(c *checker, d *document, s *statement) {
	if s.allows() && s.actions.not && d.kind != ServiceControl && d.kind != Boundary {
		c.report(s.actions.place, "list the actions that are meant under Action", "every action is allowed but %s", list3(s.actions.values))
	}
}

func administrator(c *checker, d *document, s *statement) {
	if d.kind != Identity && d.kind != Session || !s.allows() || len(s.conditions) > 0 || s.actions.not || s.resources.not {
		return
	}
	for _, a := range s.actions.values {
		if a.value == "*" && s.everywhere() {
			c.report(a.place, "list the actions and the resources that are meant", "every action is allowed on every resource")
		}
	}
}

// everywhere reports whether the statement is about all resources.
func (s *statement) everywhere() bool {
	for _, r := range s.resources.values {
		if r.value == "*" {
			return !s.resources.not
		}
	}
	return false
}

func writeEverywhere(c *checker, d *document, s *statement) {
	if d.kind != Identity && d.kind != Session || !s.allows() || !s.everywhere() || s.actions.not || len(s.conditions) > 0 {
		return
	}
	var writes []text
	for _, a := range s.actions.values {
		for info := range catalogue.ActionsMatching(a.value) {
			if a.value != "*" && len(info.Resources) > 0 && info.Access != "Read" && info.Access != "List" {
				writes = append(writes, a)
				break
			}
		}
	}
	if len(writes) > 0 {
		c.report(s.resources.place, "name the resources that are meant", `%s can write, and "Resource": "*" is every resource of the account`, list3(writes))
	}
}
