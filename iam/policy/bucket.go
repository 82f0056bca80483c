package policy

import (
	"bytes"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/catalogue"
)

// ParseForBucket is Parse of the policy of one bucket: its resources must be
// that bucket and its objects, and actions, resources and condition keys of a
// statement must go together, as PutBucketPolicy wants it.
func ParseForBucket(bucket string, src []byte) (*Document, error) {
	return parseForBucket(bucket, &Document{kind: Resource, source: bytes.Clone(src)})
}

// ParseStoredForBucket is ParseForBucket of a policy as GetBucketPolicy shows it,
// which has the unique ids of what was deleted.
func ParseStoredForBucket(bucket string, src []byte) (*Document, error) {
	return parseForBucket(bucket, &Document{kind: Resource, source: bytes.Clone(src), stored: true})
}

func parseForBucket(bucket string, d *Document) (*Document, error) {
	err := d.parse(func(raw *rawDocument) *MalformedError {
		for i := range raw.statements {
			if err := checkForBucket(bucket, &raw.statements[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err.at(d.source)
	}
	return d, nil
}

// checkForBucket checks one statement against its bucket.
func checkForBucket(bucket string, s *rawStatement) *MalformedError {
	var levels [otherLevel]bool
	for _, r := range s.resource.values {
		a, err := arn.Parse(r.value)
		name, _, object := strings.Cut(a.Resource, "/")
		if err != nil || a.Service != "s3" || a.Region+a.AccountID != "" || !namesBucket(name, bucket) {
			return s3Fault(r.pos, "Policy has invalid resource")
		}
		levels[objectLevel] = levels[objectLevel] || object || name != bucket
		levels[bucketLevel] = levels[bucketLevel] || !object
	}
	if s.action.not || s.resource.not {
		return nil
	}
	for _, a := range s.action.values {
		actions := bucketActions(a.value)
		applies := false
		for _, action := range actions {
			applies = applies || levels[levelOf(action)]
		}
		if !applies {
			return s3Fault(a.pos, "Action does not apply to any resource(s) in statement")
		}
		for _, c := range s.conditions {
			if !anyKnows(actions, c.key.value) {
				return s3Fault(c.key.pos, "Conditions do not apply to combination of actions and resources in statement")
			}
		}
	}
	return nil
}

// namesBucket reports whether the bucket's part of a resource is the bucket, or
// the bucket's name with wildcards after it.
func namesBucket(pattern, bucket string) bool {
	rest, ok := strings.CutPrefix(pattern, bucket)
	return ok && strings.Trim(rest, "*") == ""
}

// anyKnows reports whether any of the actions that a pattern stands for knows
// the key.
func anyKnows(actions []catalogue.ActionInfo, key string) bool {
	for _, a := range actions {
		if takesKey(a, key) {
			return true
		}
	}
	return false
}
