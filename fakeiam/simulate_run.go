package fakeiam

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// The types that the simulator says policies are of (observed; the model has
// others).
const (
	identitySource = "IAM Policy"
	resourceSource = "Resource Policy"
	boundarySource = "Permissions Boundary Policy"
)

// maxQuestions bounds the work of one request.
const maxQuestions = 10_000

// simulator asks the policies of one simulation.
type simulator struct {
	in       *simulation
	identity []named
	boundary *named
	resource *named
	policies policy.Policies // the same, as the engine wants them
	caller   policy.Principal
	owner    string // account of resources that do not name theirs
	context  *policy.Context
}

func newSimulator(call *awsapi.Call, in *simulation) *simulator {
	return &simulator{
		in: in, context: policy.NewContext(),
		caller: policy.Principal{Kind: policy.User, AccountID: call.Caller.AccountID},
	}
}

// describe makes the identity the one that asks, with the condition keys that
// follow from it. A group asks nothing.
func (m *simulator) describe(i *identity) {
	switch i.kind {
	case roleKind:
		m.caller = policy.Principal{
			Kind: policy.RoleSession, AccountID: i.accountID, RoleARN: i.arn, ARN: arn.AssumedRole(i.accountID, i.name, "simulated").String(),
		}
		m.context.Set("aws:PrincipalType", "AssumedRole")
		m.context.Set("aws:PrincipalArn", i.arn)
	case userKind:
		m.callFrom(policy.Principal{Kind: policy.User, AccountID: i.accountID, ARN: i.arn})
		m.context.Set("aws:userid", i.id)
	}
	m.context.Set("aws:PrincipalAccount", i.accountID)
	for _, t := range i.tags {
		m.context.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
}

// callFrom makes a user the one that asks.
func (m *simulator) callFrom(user policy.Principal) {
	m.caller = user
	m.context.Set("aws:PrincipalType", "User")
	m.context.Set("aws:PrincipalArn", user.ARN)
	m.context.Set("aws:PrincipalAccount", user.AccountID)
	m.context.Set("aws:username", user.ARN[strings.LastIndexByte(user.ARN, '/')+1:])
}

// addSource takes the policies of an identity.
func (m *simulator) addSource(snapshot *iam.Snapshot, i *identity) {
	m.identity = policiesOf(snapshot, i)
	if p, err := snapshot.ManagedPolicy(i.boundary); err == nil {
		m.boundary = &named{p.Name, p.Document}
	}
}

// addInputs takes the policies of the request.
func (m *simulator) addInputs(documents []string) error {
	for n, text := range documents {
		p, err := input("PolicyInputList."+strconv.Itoa(n+1), policy.Identity, text)
		if err != nil {
			return err
		}
		m.identity = append(m.identity, *p)
	}
	return nil
}

// input reads a document of the request. What IAM would not take any more, but
// may have, can be simulated.
func input(id string, kind policy.Kind, text string) (*named, error) {
	d, err := policy.ParseStored(kind, []byte(text))
	if err != nil {
		return nil, invalidInput("Invalid Input " + id + ": " + malformedDocument(err).Message)
	}
	return &named{id, d}, nil
}

// run asks about every action and resource.
func (m *simulator) run() (*simulationOutput, error) {
	for _, prepare := range []func() error{m.readCaller, m.readBoundary, m.readResourcePolicy, m.checkNames} {
		if err := prepare(); err != nil {
			return nil, err
		}
	}
	m.gather()
	if err := m.addEntries(); err != nil {
		return nil, err
	}
	indices := make([]int, len(m.in.ActionNames))
	for i := range indices {
		indices[i] = i
	}
	indices, more, err := paginate(m.in.page, indices, func(i int) string { return fmt.Sprintf("%09d", i) })
	if err != nil {
		return nil, err
	}
	if len(indices)*len(m.in.ResourceArns) > maxQuestions {
		return nil, invalidInput("A simulation of irsatz asks at most " + strconv.Itoa(maxQuestions) + " questions, each about an action and a resource: ask for fewer.")
	}
	return &simulationOutput{listed(indices, func(i int) evaluationResult { return m.evaluate(m.in.ActionNames[i]) }), more}, nil
}

// readCaller reads who is to ask. A resource policy may name it, so that there
// must be somebody to name, and IAM's simulator knows users alone (observed).
func (m *simulator) readCaller() error {
	if m.in.CallerArn != nil {
		a, err := arn.Parse(*m.in.CallerArn)
		name, user := strings.CutPrefix(a.Resource, "user/")
		if err != nil || a.Service != "iam" || !user || name == "" || !isAccount(a.AccountID) {
			return errCaller
		}
		m.context = policy.NewContext()
		m.callFrom(policy.Principal{Kind: policy.User, AccountID: a.AccountID, ARN: *m.in.CallerArn})
	}
	if m.in.ResourcePolicy != nil && (m.caller.Kind != policy.User || m.caller.ARN == "") {
		return errCaller
	}
	return nil
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// readBoundary reads the boundary of the request, which takes the place of that
// of the identity.
func (m *simulator) readBoundary() (err error) {
	switch list := m.in.PermissionsBoundaryPolicyInputList; len(list) {
	case 0:
	case 1:
		m.boundary, err = input("PermissionsBoundaryPolicyInputList.1", policy.Identity, list[0])
	default:
		// The text is not recorded.
		err = invalidInput("Only one permissions boundary can be simulated.")
	}
	return err
}

func (m *simulator) readResourcePolicy() (err error) {
	m.owner = m.caller.AccountID
	if owner := valueOf(m.in.ResourceOwner); owner != "" {
		a, err := arn.Parse(owner)
		if err == nil {
			owner = a.AccountID
		}
		if !isAccount(owner) {
			// The text is not recorded.
			return invalidInput("Invalid resource owner: " + *m.in.ResourceOwner)
		}
		m.owner = owner
	}
	if m.in.ResourcePolicy != nil {
		m.resource, err = input("ResourcePolicy", policy.Resource, *m.in.ResourcePolicy)
	}
	return err
}

// checkNames wants actions and resources that can be.
func (m *simulator) checkNames() error {
	for _, action := range m.in.ActionNames {
		service, name, ok := strings.Cut(action, ":")
		if !ok || service == "" || name == "" || strings.ContainsAny(action, " *?") || strings.Contains(name, ":") {
			return invalidInput("Invalid action name: " + action)
		}
	}
	for _, resource := range m.in.ResourceArns {
		if _, err := arn.Parse(resource); err != nil && resource != "*" {
			return invalidInput("Invalid ARN provided in the request: " + resource)
		}
	}
	return nil
}

// gather puts the policies together as the engine wants them.
func (m *simulator) gather() {
	for _, p := range m.identity {
		m.policies.Identity = append(m.policies.Identity, policy.Policy{Name: p.id, Document: p.document})
	}
	if m.boundary != nil {
		m.policies.Boundary = &policy.Policy{Name: m.boundary.id, Document: m.boundary.document}
	}
	if m.resource != nil {
		m.policies.Resource = &policy.Policy{Name: m.resource.id, Document: m.resource.document}
	}
}
