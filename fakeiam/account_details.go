package fakeiam

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type accountDetailsInput struct {
	Filter []string `each:"enum=LocalManagedPolicy|User|AWSManagedPolicy|Role|Group"` // in the order of AWS's text
	page
}

// accountDetailsOutput has the lists in their order on the wire (observed). All of
// them are there, whatever is asked for.
type accountDetailsOutput struct {
	Policies        []managedDetail
	UserDetailList  []userDetail
	RoleDetailList  []roleDetail
	GroupDetailList []groupDetail
	truncation
}

type userDetail struct {
	Path                    string
	UserName                string
	UserId                  string //nolint:revive // AWS's spelling
	Arn                     string
	CreateDate              time.Time
	UserPolicyList          []inlineDetail
	GroupList               []string
	AttachedManagedPolicies []attachedOutput
	PermissionsBoundary     *boundary
	Tags                    []shownTag
}

type groupDetail struct {
	groupOutput
	GroupPolicyList         []inlineDetail
	AttachedManagedPolicies []attachedOutput
}

type roleDetail struct {
	Path                     string
	RoleName                 string
	RoleId                   string //nolint:revive // AWS's spelling
	Arn                      string
	CreateDate               time.Time
	AssumeRolePolicyDocument string
	InstanceProfileList      []profileOutput
	RolePolicyList           []inlineDetail
	AttachedManagedPolicies  []attachedOutput
	PermissionsBoundary      *boundary
	Tags                     []shownTag
	RoleLastUsed             struct{}
}

type managedDetail struct {
	policyOutput
	PolicyVersionList []versionOutput
}

type inlineDetail struct {
	PolicyName     string
	PolicyDocument string
}

func (s *Server) accountDetailsTargets(*awsapi.Call, *accountDetailsInput) []awsapi.Target {
	return []awsapi.Target{{}}
}

// getAccountDetails tells of everything that policies hang on, of the policies of
// the account, and of those of AWS that it uses, as many together as a page has.
func (s *Server) getAccountDetails(_ context.Context, call *awsapi.Call, in *accountDetailsInput) (*accountDetailsOutput, error) {
	d := &accountDetails{state: s.snapshot(), account: call.Caller.AccountID, kinds: wanted(in.Filter)}
	if err := d.checkMarker(in); err != nil {
		return nil, err
	}
	all, err := d.all()
	if err != nil {
		return nil, err
	}
	items, more, err := paginate(in.page, all, func(item accountDetail) string { return item.key })
	if err != nil {
		return nil, err
	}
	out := &accountDetailsOutput{Policies: []managedDetail{}, UserDetailList: []userDetail{}, RoleDetailList: []roleDetail{}, GroupDetailList: []groupDetail{}, truncation: more}
	for _, item := range items {
		item.show(out)
	}
	return out, nil
}

// detailKinds are the kinds of what is told, in their order (observed), each with
// the letter by which markers know it.
var detailKinds = []struct {
	name   string
	letter byte
}{{"User", 'a'}, {"Role", 'b'}, {"Group", 'c'}, {"LocalManagedPolicy", 'd'}, {"AWSManagedPolicy", 'e'}}

const everyKind = "abcde"

// wanted are the letters of the kinds that the filter names, which are all where
// it names none.
func wanted(filter []string) string {
	if len(filter) == 0 {
		return everyKind
	}
	var kinds []byte
	for _, kind := range detailKinds {
		if slices.Contains(filter, kind.name) {
			kinds = append(kinds, kind.letter)
		}
	}
	return string(kinds)
}

// accountDetails gathers what there is to tell of an account.
type accountDetails struct {
	state   *iam.Snapshot
	account string
	kinds   string
}

// accountDetail is one entity. Its key, which becomes a marker, begins with all
// the kinds that are asked for: a marker is good for the same question only.
type accountDetail struct {
	key  string
	show func(*accountDetailsOutput)
}

// checkMarker refuses a marker that answered another question, in the words that
// AWS has for it (observed).
func (d *accountDetails) checkMarker(in *accountDetailsInput) error {
	if in.Marker == nil {
		return nil
	}
	last, err := base64.RawURLEncoding.DecodeString(*in.Marker)
	kinds, _, ok := strings.Cut(string(last), "/")
	switch {
	case err == nil && ok && kinds == d.kinds:
		return nil
	case len(in.Filter) == 0, kinds == everyKind:
		return errMarker
	}
	return errOtherMarker
}

// all are the entities of the kinds that are asked for.
func (d *accountDetails) all() ([]accountDetail, error) {
	var items []accountDetail
	add := func(kind byte, name string, show func(*accountDetailsOutput)) {
		if strings.IndexByte(d.kinds, kind) >= 0 {
			items = append(items, accountDetail{d.kinds + "/" + string(kind) + "/" + strings.ToLower(name), show})
		}
	}
	for _, u := range d.state.Users(d.account) {
		add('a', u.Name, func(out *accountDetailsOutput) { out.UserDetailList = append(out.UserDetailList, d.user(u)) })
	}
	for _, r := range d.state.Roles(d.account) {
		add('b', r.Name, func(out *accountDetailsOutput) { out.RoleDetailList = append(out.RoleDetailList, d.role(r)) })
	}
	for _, g := range d.state.Groups(d.account) {
		add('c', g.Name, func(out *accountDetailsOutput) { out.GroupDetailList = append(out.GroupDetailList, d.group(g)) })
	}
	used := usages(d.state, d.account)
	managed := func(kind byte, p *iam.ManagedPolicy) {
		add(kind, p.Name, func(out *accountDetailsOutput) { out.Policies = append(out.Policies, managedDetailOf(p, used[p.ARN])) })
	}
	for _, p := range d.state.ManagedPolicies(d.account) {
		managed('d', p)
	}
	for policyARN := range used {
		p, err := d.state.ManagedPolicy(policyARN)
		if err != nil {
			return nil, err
		}
		if p.IsAWS() {
			managed('e', p)
		}
	}
	return items, nil
}

// user shows no list of inline policies where there are none; the other lists are
// there (observed).
func (d *accountDetails) user(u *iam.User) userDetail {
	return userDetail{
		Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: u.ARN, CreateDate: u.Created,
		UserPolicyList: inlineDetails(u.Inline), GroupList: present(slices.Clone(u.Groups)), AttachedManagedPolicies: d.attached(u.AttachedARNs),
		PermissionsBoundary: shownBoundary(u.BoundaryARN), Tags: present(shownTags(u.Tags)),
	}
}

func (d *accountDetails) group(g *iam.Group) groupDetail {
	return groupDetail{shownGroup(g), present(inlineDetails(g.Inline)), d.attached(g.AttachedARNs)}
}

// role tells neither the description of a role nor its longest session (observed).
func (d *accountDetails) role(r *iam.Role) roleDetail {
	return roleDetail{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN, CreateDate: r.Created, AssumeRolePolicyDocument: encoded(r.Trust.Document),
		InstanceProfileList: listed(profilesOf(d.state, r), shortProfile(d.state)),
		RolePolicyList:      present(inlineDetails(r.Inline)), AttachedManagedPolicies: d.attached(r.AttachedARNs),
		PermissionsBoundary: shownBoundary(r.BoundaryARN), Tags: present(shownTags(r.Tags)),
	}
}

// managedDetailOf shows all versions, the newest first, and no description
// (observed).
func managedDetailOf(p *iam.ManagedPolicy, used usage) managedDetail {
	detail := managedDetail{policyOutput: shownSummary(p.Summary(), used)}
	for _, v := range slices.Backward(p.Versions) {
		shown := shownVersionOf(p, v)
		shown.Document = encoded(v.Document)
		detail.PolicyVersionList = append(detail.PolicyVersionList, shown)
	}
	return detail
}

func inlineDetails(policies []policy.Policy) []inlineDetail {
	var details []inlineDetail
	for _, p := range policies {
		details = append(details, inlineDetail{p.Name, encoded(p.Document)})
	}
	return details
}

// attached are the managed policies of an entity. Those that are not there were
// refused when the entity was written.
func (d *accountDetails) attached(arns []string) []attachedOutput {
	list := make([]attachedOutput, 0, len(arns))
	for _, policyARN := range arns {
		if p, err := d.state.ManagedPolicy(policyARN); err == nil {
			list = append(list, attachedOutput{p.Name, p.ARN})
		}
	}
	return list
}
