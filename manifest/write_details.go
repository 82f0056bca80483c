package manifest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"
)

// WriteDetails writes the account as `aws iam get-account-authorization-details`
// prints it. What that form does not have is left out, as AWS leaves it out:
// OIDC providers, access keys, descriptions, longest sessions, tags of policies
// and of instance profiles, instance profiles without a role. Of AWS managed policies it has those of the state
// that something in the account uses.
func WriteDetails(w io.Writer, s *State, account string) error {
	d := detailsWriter{state: s, account: account}
	out := details{
		Users: detailed(s.Users, d.user), Groups: detailed(s.Groups, d.group), Roles: detailed(s.Roles, d.role),
		Policies: append(detailed(s.Policies, d.policy), detailed(s.AWSPolicies, d.awsPolicy)...),
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	if err := e.Encode(out); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// details and the types below are the API's, in the order of its model, in which
// the AWS CLI prints them.
type details struct {
	Users    []userDetail   `json:"UserDetailList"`
	Groups   []groupDetail  `json:"GroupDetailList"`
	Roles    []roleDetail   `json:"RoleDetailList"`
	Policies []policyDetail `json:"Policies"`
}

type userDetail struct {
	Path                    string
	UserName                string
	UserID                  string `json:"UserId"`
	ARN                     string `json:"Arn"`
	CreateDate              string
	UserPolicyList          []inlineDetail `json:",omitempty"`
	GroupList               []string
	AttachedManagedPolicies []attachedDetail
	PermissionsBoundary     *boundaryDetail `json:",omitempty"`
	Tags                    []tagDetail
}

type groupDetail struct {
	Path                    string
	GroupName               string
	GroupID                 string `json:"GroupId"`
	ARN                     string `json:"Arn"`
	CreateDate              string
	GroupPolicyList         []inlineDetail
	AttachedManagedPolicies []attachedDetail
}

type roleDetail struct {
	roleInProfile
	InstanceProfileList     []profileDetail
	RolePolicyList          []inlineDetail
	AttachedManagedPolicies []attachedDetail
	PermissionsBoundary     *boundaryDetail `json:",omitempty"`
	Tags                    []tagDetail
	RoleLastUsed            struct{}
}

type roleInProfile struct {
	Path                     string
	RoleName                 string
	RoleID                   string `json:"RoleId"`
	ARN                      string `json:"Arn"`
	CreateDate               string
	AssumeRolePolicyDocument json.RawMessage
}

type profileDetail struct {
	Path                string
	InstanceProfileName string
	InstanceProfileID   string `json:"InstanceProfileId"`
	ARN                 string `json:"Arn"`
	CreateDate          string
	Roles               []roleInProfile
}

type policyDetail struct {
	PolicyName                    string
	PolicyID                      string `json:"PolicyId"`
	ARN                           string `json:"Arn"`
	Path                          string
	DefaultVersionID              string `json:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	CreateDate                    string
	UpdateDate                    string
	PolicyVersionList             []versionDetail
}

type versionDetail struct {
	Document         json.RawMessage
	VersionID        string `json:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

type inlineDetail struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

type attachedDetail struct {
	PolicyName string
	PolicyARN  string `json:"PolicyArn"`
}

type boundaryDetail struct {
	PermissionsBoundaryType string
	PermissionsBoundaryARN  string `json:"PermissionsBoundaryArn"`
}

type tagDetail struct{ Key, Value string }

// detailed turns those of a list that write wants, and is never nil, which would
// be null in JSON.
func detailed[T, D any](list []T, write func(T) (D, bool)) []D {
	all := []D{}
	for _, one := range list {
		if d, ok := write(one); ok {
			all = append(all, d)
		}
	}
	return all
}

// all is detailed for what has no exceptions.
func all[T, D any](list []T, write func(T) D) []D {
	return detailed(list, func(one T) (D, bool) { return write(one), true })
}

// detailsWriter writes one account.
type detailsWriter struct {
	state   *State
	account string
}

func (d *detailsWriter) mine(account string) bool {
	return cmp.Or(account, d.state.Account) == d.account
}

func (d *detailsWriter) arn(resource string) string {
	return "arn:aws:iam::" + d.account + ":" + resource
}

func (d *detailsWriter) user(u User) (userDetail, bool) {
	return userDetail{
		Path: u.Path, UserName: u.Name, UserID: u.ID, ARN: d.arn("user" + u.Path + u.Name), CreateDate: cliDate(u.Created),
		UserPolicyList: all(u.InlinePolicies, inlineOf), GroupList: append([]string{}, u.Groups...),
		AttachedManagedPolicies: all(u.ManagedPolicyARNs, attachedOf), PermissionsBoundary: boundaryOf(u.PermissionsBoundary),
		Tags: all(u.Tags, tagOf),
	}, d.mine(u.AccountID)
}

func (d *detailsWriter) group(g Group) (groupDetail, bool) {
	return groupDetail{
		Path: g.Path, GroupName: g.Name, GroupID: g.ID, ARN: d.arn("group" + g.Path + g.Name), CreateDate: cliDate(g.Created),
		GroupPolicyList: all(g.InlinePolicies, inlineOf), AttachedManagedPolicies: all(g.ManagedPolicyARNs, attachedOf),
	}, d.mine(g.AccountID)
}

func (d *detailsWriter) role(r Role) (roleDetail, bool) {
	out := roleDetail{
		roleInProfile: roleInProfile{
			Path: r.Path, RoleName: r.Name, RoleID: r.ID, ARN: d.arn("role" + r.Path + r.Name), CreateDate: cliDate(r.Created),
			AssumeRolePolicyDocument: r.TrustPolicy.JSON,
		},
		RolePolicyList: all(r.InlinePolicies, inlineOf), AttachedManagedPolicies: all(r.ManagedPolicyARNs, attachedOf),
		PermissionsBoundary: boundaryOf(r.PermissionsBoundary), Tags: all(r.Tags, tagOf),
	}
	out.InstanceProfileList = detailed(d.state.InstanceProfiles, func(p InstanceProfile) (profileDetail, bool) {
		return profileDetail{
			Path: p.Path, InstanceProfileName: p.Name, InstanceProfileID: p.ID, ARN: d.arn("instance-profile" + p.Path + p.Name),
			CreateDate: cliDate(p.Created), Roles: []roleInProfile{out.roleInProfile},
		}, d.mine(p.AccountID) && p.Role == r.Name
	})
	return out, d.mine(r.AccountID)
}

func (d *detailsWriter) policy(p Policy) (policyDetail, bool) {
	return d.policyOf(p, d.arn("policy"+p.Path+p.Name)), d.mine(p.AccountID)
}

func (d *detailsWriter) awsPolicy(p Policy) (policyDetail, bool) {
	out := d.policyOf(p, "arn:aws:iam::aws:policy"+p.Path+p.Name)
	return out, len(p.Versions) > 0 && out.AttachmentCount+out.PermissionsBoundaryUsageCount > 0
}

func (d *detailsWriter) policyOf(p Policy, policyARN string) policyDetail {
	versions, standing := p.Versions, p.DefaultVersion
	if len(versions) == 0 {
		versions, standing = []PolicyVersion{{ID: "v1", Document: p.Document, Created: p.Created}}, "v1"
	}
	out := policyDetail{
		PolicyName: p.Name, PolicyID: p.ID, ARN: policyARN, Path: p.Path, DefaultVersionID: standing, IsAttachable: true,
		CreateDate: cliDate(p.Created), UpdateDate: cliDate(p.Updated),
	}
	out.AttachmentCount, out.PermissionsBoundaryUsageCount = d.uses(policyARN)
	for _, v := range slices.Backward(versions) {
		out.PolicyVersionList = append(out.PolicyVersionList, versionDetail{v.Document.JSON, v.ID, v.ID == standing, cliDate(v.Created)})
	}
	return out
}

// uses counts what a policy is attached to, and whose boundary it is.
func (d *detailsWriter) uses(policyARN string) (attached, boundaries int) {
	count := func(account string, arns []string, boundary string) {
		if !d.mine(account) {
			return
		}
		if slices.Contains(arns, policyARN) {
			attached++
		}
		if boundary == policyARN {
			boundaries++
		}
	}
	for _, u := range d.state.Users {
		count(u.AccountID, u.ManagedPolicyARNs, u.PermissionsBoundary)
	}
	for _, g := range d.state.Groups {
		count(g.AccountID, g.ManagedPolicyARNs, "")
	}
	for _, r := range d.state.Roles {
		count(r.AccountID, r.ManagedPolicyARNs, r.PermissionsBoundary)
	}
	return attached, boundaries
}

// cliDate is a date as the AWS CLI prints it, in whole seconds as the API has it.
func cliDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }

func inlineOf(p InlinePolicy) inlineDetail { return inlineDetail{p.Name, p.Document.JSON} }

func attachedOf(policyARN string) attachedDetail {
	return attachedDetail{policyARN[strings.LastIndexByte(policyARN, '/')+1:], policyARN}
}

func boundaryOf(policyARN string) *boundaryDetail {
	if policyARN == "" {
		return nil
	}
	return &boundaryDetail{"Policy", policyARN}
}

func tagOf(t Tag) tagDetail { return tagDetail(t) }
