package policy

import (
	"regexp"
	"strings"
)

// s3Fault is a document that S3 refuses with this message.
func s3Fault(pos int, message string) *MalformedError {
	return &MalformedError{Code: codeS3, Message: message, pos: pos}
}

// checkBucket makes the checks of S3 that need no knowledge of the bucket.
func checkBucket(d *rawDocument) *MalformedError {
	for i := range d.statements {
		if err := checkBucketStatement(&d.statements[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkBucketStatement(s *rawStatement) *MalformedError {
	switch {
	case s.effect.value != "Allow" && s.effect.value != "Deny":
		return s3Fault(s.effect.pos, "Invalid effect: "+s.effect.value)
	case s.principal == nil || !s.principal.everyone && len(s.principal.entries) == 0:
		return s3Fault(s.pos, missingPrincipal)
	case s.action == nil || len(s.action.values) == 0:
		return s3Fault(s.pos, "Missing required field Action")
	case s.resource == nil || len(s.resource.values) == 0:
		return s3Fault(s.pos, "Missing required field Resource")
	}
	for _, e := range s.principal.entries {
		if !e.deleted && !validBucketPrincipal(e) {
			return s3Fault(e.pos, invalidPrincipal)
		}
	}
	for _, a := range s.action.values {
		if !validBucketAction(a.value) {
			return s3Fault(a.pos, "Policy has invalid action")
		}
	}
	for _, r := range s.resource.values {
		if !strings.HasPrefix(r.value, "arn:") || resourceFault(r.value) != "" || legacyResource(r.value) {
			return s3Fault(r.pos, "Policy has invalid resource")
		}
	}
	return checkVariables(s)
}

// validBucketPrincipal reports whether S3 takes a principal. It is not known to
// take a federated one, so it is refused.
func validBucketPrincipal(e rawEntry) bool {
	switch e.kind {
	case "AWS":
		return e.deleted || validAWS(e.value)
	case "Service":
		return domainName.MatchString(e.value)
	case "CanonicalUser":
		return canonicalUser.MatchString(e.value)
	}
	return false
}

// validBucketAction reports whether an action, or a pattern of actions, names
// any that a bucket policy can govern.
func validBucketAction(action string) bool {
	if action == "*" {
		return true
	}
	vendor, _, _ := strings.Cut(action, ":")
	return actionFault(action) == "" && strings.EqualFold(vendor, "s3") && len(bucketActions(action)) > 0
}

var openVariable = regexp.MustCompile(`\$\{[^}]*$`)

// checkVariables refuses a policy variable without its end.
func checkVariables(s *rawStatement) *MalformedError {
	for _, r := range s.resource.values {
		if openVariable.MatchString(r.value) {
			return s3Fault(r.pos, "Policy has invalid resource")
		}
	}
	for _, c := range s.conditions {
		for _, v := range c.values {
			if openVariable.MatchString(v.value) {
				return syntax{Resource}.fault(v.pos, "policy variable without end")
			}
		}
	}
	return nil
}
