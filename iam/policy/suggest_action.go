package policy

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/catalogue"
)

// Actions of STS by which a session comes about.
const (
	assumeRole    = "sts:AssumeRole"
	assumeWithWeb = "sts:AssumeRoleWithWebIdentity"
	tagSession    = "sts:TagSession"
)

// adviseAction says which action to add. One that is named after its operation,
// or misspelt, is none.
func (a *adviser) adviseAction(p *PolicyTrace, s *StatementTrace) {
	action := a.Request.Action
	switch {
	case s.Not:
	case strings.EqualFold(action, assumeWithWeb) && hasFold(s.Wanted, assumeRole):
		a.add(FixAssumeRole, p, s.Index, "replace %s with %s in %s: a token is no signed request", assumeRole, assumeWithWeb, place(p, s)).
			edit(ReplaceValue, s.At.Path, wantedFold(s.Wanted, assumeRole), assumeWithWeb)
		return
	case a.By == Trust && strings.EqualFold(action, tagSession):
		a.add(FixTagSession, p, s.Index, "the session gets tags, and %s does not allow that: add %s beside %s", place(p, s), tagSession, list(s.Wanted, s.More)).
			edit(AddValue, s.At.Path, "", tagSession)
		return
	}
	if !s.Not && slices.ContainsFunc(s.Wanted, func(w string) bool { return a.adviseMistaken(p, s, w) }) {
		return
	}
	if a.By == Trust {
		a.add(FixActionNotGranted, p, s.Index, "add %s to the actions of %s", action, place(p, s)).
			edit(AddValue, s.At.Path, "", action)
	}
}

// adviseMistaken looks at an action of a policy that AWS does not have and that
// probably means the one of the request.
func (a *adviser) adviseMistaken(p *PolicyTrace, s *StatementTrace, wanted string) bool {
	if strings.ContainsAny(wanted, "*?") || catalogue.Known(wanted) {
		return false
	}
	action := a.Request.Action
	means := func(name string) bool { return strings.EqualFold(name, action) }
	near := ""
	if catalogue.Resembles(wanted, action) {
		near, _ = catalogue.NearestAction(wanted)
	}
	operation, isOperation := operationActions[strings.ToLower(wanted)]
	switch {
	case isOperation && means("s3:"+operation):
		a.add(FixUnknownAction, p, s.Index, "%s is an operation, not an action: write s3:%s in %s", wanted, operation, place(p, s)).
			edit(ReplaceValue, s.At.Path, wanted, "s3:"+operation)
	case slices.ContainsFunc(strings.FieldsFunc(wanted, betweenNames), means):
		a.add(FixUnknownAction, p, s.Index, "%q is one name, which no action has: write %s as a string of its own in %s", wanted, action, place(p, s)).
			edit(ReplaceValue, s.At.Path, wanted, action)
	case means(near):
		a.add(FixUnknownAction, p, s.Index, "AWS knows no action %s: write %s in %s", wanted, near, place(p, s)).
			edit(ReplaceValue, s.At.Path, wanted, near)
	default:
		return false
	}
	return true
}

// betweenNames reports what people put between names in one string.
func betweenNames(r rune) bool { return r == ',' || r == ' ' }

// adviseRequest looks at the action of the request, which AWS may not have.
func (a *adviser) adviseRequest() {
	action := a.Request.Action
	service, _, _ := strings.Cut(action, ":")
	if _, known := catalogue.Service(service); !known || catalogue.Known(action) {
		return
	}
	if right, ok := operationActions[strings.ToLower(action)]; ok {
		a.add(FixUnknownAction, nil, -1, "%s is an operation, not an action: ask for s3:%s", action, right)
		return
	}
	if near, ok := catalogue.NearestAction(action); ok {
		a.add(FixUnknownAction, nil, -1, "AWS knows no action %s: ask for %s", action, near)
		return
	}
	a.add(FixUnknownAction, nil, -1, "AWS knows no action %s", action)
}

// wantedFold finds the value that is name without case.
func wantedFold(wanted []string, name string) string {
	for _, w := range wanted {
		if strings.EqualFold(w, name) {
			return w
		}
	}
	return ""
}

func hasFold(wanted []string, name string) bool { return wantedFold(wanted, name) != "" }

// operationActions are S3 operations whose name is often taken for an action's.
var operationActions = map[string]string{
	"s3:listbuckets":           "ListAllMyBuckets",
	"s3:headobject":            "GetObject",
	"s3:headbucket":            "ListBucket",
	"s3:listobjects":           "ListBucket",
	"s3:listobjectsv2":         "ListBucket",
	"s3:listobjectversions":    "ListBucketVersions",
	"s3:deleteobjects":         "DeleteObject",
	"s3:copyobject":            "PutObject",
	"s3:uploadpart":            "PutObject",
	"s3:createmultipartupload": "PutObject",
	"s3:listparts":             "ListMultipartUploadParts",
	"s3:listmultipartuploads":  "ListBucketMultipartUploads",
}
