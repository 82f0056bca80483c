package manifest

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/syntax"
)

// The form of `aws iam get-account-authorization-details`. Its names are the
// API's:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html.

// awsAccount stands in the account field of AWS managed policies' ARNs.
const awsAccount = "aws"

func isDetails(v *syntax.Value) bool {
	return v.Get("RoleDetailList") != nil || v.Get("UserDetailList") != nil || v.Get("GroupDetailList") != nil
}

// details reads one page.
func (l *loader) details(c cursor) {
	r := c.record("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies", "IsTruncated", "Marker", "NextToken")
	s := l.state
	each(r.get("UserDetailList"), &s.Users, l.userDetail)
	each(r.get("GroupDetailList"), &s.Groups, l.groupDetail)
	each(r.get("RoleDetailList"), &s.Roles, l.roleDetail)
	for _, e := range r.get("Policies").list() {
		p := l.policyDetail(e)
		if p.AccountID == awsAccount {
			s.AWSPolicies = append(s.AWSPolicies, p)
			continue
		}
		s.Policies = append(s.Policies, p)
	}
	if s.Account == "" {
		s.Account = l.account
	}
	more := r.get("IsTruncated").boolean() || r.get("NextToken").text() != ""
	l.pages.add(l.account, c.pos(), more)
}

// pages are the pages of details, by account.
type pages map[string]*page

type page struct {
	at   Pos
	last bool // the one that says that no more follow is there
}

func (p *pages) add(account string, at Pos, more bool) {
	if *p == nil {
		*p = pages{}
	}
	one, ok := (*p)[account]
	if !ok {
		one = &page{}
		(*p)[account] = one
	}
	one.at, one.last = at, one.last || !more
}

// notePages tells of accounts whose last page is missing.
func (l *loader) notePages() {
	for _, account := range slices.Sorted(maps.Keys(l.pages)) {
		if p := l.pages[account]; !p.last {
			l.note(p.at, "more pages of account %s follow, which are not loaded", account)
		}
	}
}

func (l *loader) userDetail(c cursor) User {
	r := c.record("Path", "UserName", "UserId", "Arn", "CreateDate", "UserPolicyList", "GroupList", "AttachedManagedPolicies",
		"PermissionsBoundary", "Tags")
	u := User{
		Pos:                 c.pos(),
		Name:                r.need("UserName").checked(iamName(64)),
		Path:                r.need("Path").checked(checkIAMPath),
		ID:                  r.need("UserId").checked(checkID),
		Groups:              r.get("GroupList").texts(iamName(128)),
		ManagedPolicyARNs:   r.get("AttachedManagedPolicies").attached(),
		InlinePolicies:      r.get("UserPolicyList").inlineDetails(),
		PermissionsBoundary: r.get("PermissionsBoundary").boundaryDetail(),
		Created:             r.need("CreateDate").date(),
		Tags:                r.get("Tags").tagDetails(),
	}
	u.AccountID = l.accountOf(r, "user"+u.Path+u.Name)
	l.partial.addDumped(u.Pos)
	return u
}

func (l *loader) groupDetail(c cursor) Group {
	r := c.record("Path", "GroupName", "GroupId", "Arn", "CreateDate", "GroupPolicyList", "AttachedManagedPolicies")
	g := Group{
		Pos:               c.pos(),
		Name:              r.need("GroupName").checked(iamName(128)),
		Path:              r.need("Path").checked(checkIAMPath),
		ID:                r.need("GroupId").checked(checkID),
		ManagedPolicyARNs: r.get("AttachedManagedPolicies").attached(),
		InlinePolicies:    r.get("GroupPolicyList").inlineDetails(),
		Created:           r.need("CreateDate").date(),
	}
	g.AccountID = l.accountOf(r, "group"+g.Path+g.Name)
	return g
}

// roleDetail reads a role and its instance profiles. The form has neither the
// longest session of a role nor its description.
func (l *loader) roleDetail(c cursor) Role {
	r := c.record("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", "InstanceProfileList", "RolePolicyList",
		"AttachedManagedPolicies", "PermissionsBoundary", "Tags", "RoleLastUsed")
	role := Role{
		Pos:                 c.pos(),
		Name:                r.need("RoleName").checked(iamName(64)),
		Path:                r.need("Path").checked(checkIAMPath),
		ID:                  r.need("RoleId").checked(checkID),
		TrustPolicy:         r.need("AssumeRolePolicyDocument").encodedDocument(),
		MaxSessionDuration:  defaultSession,
		ManagedPolicyARNs:   r.get("AttachedManagedPolicies").attached(),
		InlinePolicies:      r.get("RolePolicyList").inlineDetails(),
		PermissionsBoundary: r.get("PermissionsBoundary").boundaryDetail(),
		Created:             r.need("CreateDate").date(),
		Tags:                r.get("Tags").tagDetails(),
	}
	role.AccountID = l.accountOf(r, "role"+role.Path+role.Name)
	l.partial.addDumped(role.Pos)
	for _, e := range r.get("InstanceProfileList").list() {
		p := l.profileDetail(e)
		p.Role = role.Name
		l.state.InstanceProfiles = append(l.state.InstanceProfiles, p)
	}
	return role
}

func (l *loader) profileDetail(c cursor) InstanceProfile {
	r := c.record("Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate", "Roles", "Tags")
	p := InstanceProfile{
		Pos:     c.pos(),
		Name:    r.need("InstanceProfileName").checked(iamName(128)),
		Path:    r.need("Path").checked(checkIAMPath),
		ID:      r.need("InstanceProfileId").checked(checkID),
		Created: r.need("CreateDate").date(),
		Tags:    r.get("Tags").tagDetails(),
	}
	p.AccountID = l.accountOf(r, "instance-profile"+p.Path+p.Name)
	return p
}

func (l *loader) policyDetail(c cursor) Policy {
	r := c.record("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "AttachmentCount", "PermissionsBoundaryUsageCount",
		"IsAttachable", "Description", "CreateDate", "UpdateDate", "PolicyVersionList", "Tags")
	p := Policy{
		Pos:            c.pos(),
		Name:           r.need("PolicyName").checked(iamName(128)),
		Path:           r.need("Path").checked(checkPolicyPath),
		ID:             r.need("PolicyId").checked(checkID),
		Description:    r.get("Description").checked(checkDescription),
		DefaultVersion: r.need("DefaultVersionId").checked(checkVersion),
		Created:        r.need("CreateDate").date(),
		Updated:        r.get("UpdateDate").date(),
		Tags:           r.get("Tags").tagDetails(),
	}
	p.AccountID = l.accountOf(r, "policy"+p.Path+p.Name)
	versions := r.need("PolicyVersionList")
	each(versions, &p.Versions, cursor.versionDetail)
	if versions.present() {
		versions.sortVersions(&p)
	}
	return p
}

func (c cursor) versionDetail() PolicyVersion {
	r := c.record("Document", "VersionId", "IsDefaultVersion", "CreateDate")
	return PolicyVersion{
		Pos:      c.pos(),
		ID:       r.need("VersionId").checked(checkVersion),
		Document: r.need("Document").encodedDocument(),
		Created:  r.need("CreateDate").date(),
	}
}

var iamARN = regexp.MustCompile(`^arn:([a-z0-9-]+):iam::([0-9]{12}|aws):(.+)$`)

// accountOf returns the account that is in the ARN of an entity, whose
// resource must be that of its path and name. It is the document's as well.
func (l *loader) accountOf(r record, resource string) string {
	c := r.need("Arn")
	if !c.present() {
		return ""
	}
	parts := iamARN.FindStringSubmatch(c.text())
	switch {
	case parts == nil:
		c.fail("expected an ARN of IAM, found %q", c.text())
		return ""
	case parts[1] != "aws":
		c.fail("the partition %s is not among those irsatz has, which is aws alone", parts[1])
	case parts[3] != resource:
		c.fail("%q is not the ARN of path and name, which ends in %q", c.text(), resource)
	}
	if l.account == "" && parts[2] != awsAccount {
		l.account = parts[2]
	}
	return parts[2]
}

// attached reads AttachedManagedPolicies.
func (c cursor) attached() []string {
	var all []string
	for _, e := range c.list() {
		all = append(all, e.record("PolicyName", "PolicyArn").need("PolicyArn").checked(checkPolicyARN))
	}
	return all
}

func (c cursor) boundaryDetail() string {
	r := c.record("PermissionsBoundaryType", "PermissionsBoundaryArn")
	if !c.present() {
		return ""
	}
	return r.need("PermissionsBoundaryArn").checked(checkPolicyARN)
}

func (c cursor) inlineDetails() []InlinePolicy {
	var all []InlinePolicy
	for _, e := range c.list() {
		r := e.record("PolicyName", "PolicyDocument")
		all = append(all, InlinePolicy{
			Pos: e.pos(), Name: r.need("PolicyName").checked(iamName(128)), Document: r.need("PolicyDocument").encodedDocument(),
		})
	}
	return all
}

// tagDetails reads tags as they are: AWS's services may set reserved keys.
func (c cursor) tagDetails() []Tag {
	var all []Tag
	for _, e := range c.list() {
		r := e.record("Key", "Value")
		all = append(all, Tag{r.need("Key").checked(checkNotEmpty), r.get("Value").text()})
	}
	return all
}

// encodedDocument reads a policy document as the AWS CLI prints it, which is an
// object, or as the API has it, which is URL-encoded
// (RFC 3986: a plus is a plus).
func (c cursor) encodedDocument() Document {
	d := Document{Pos: c.pos(), Stored: true}
	if !c.is(syntax.String) {
		if c.present() {
			d.JSON = c.documentJSON(c.value)
		}
		return d
	}
	text := c.value.Text
	if strings.HasPrefix(strings.TrimSpace(text), "%") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			c.fail("expected a URL-encoded policy document: %s", err)
			return d
		}
		text = decoded
	}
	d.JSON = c.checkedJSON([]byte(text), "the document in this text")
	return d
}
