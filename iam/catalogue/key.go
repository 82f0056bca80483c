package catalogue

import (
	"slices"
	"strings"
)

// Type is the type of a condition key's values.
type Type string

// The types of condition keys.
const (
	String  Type = "String"
	Numeric Type = "Numeric"
	Date    Type = "Date"
	Bool    Type = "Bool"
	ARN     Type = "ARN"
	IP      Type = "IPAddress"
)

// KeyInfo is one condition key.
type KeyInfo struct {
	// Name is the key as AWS writes it. A part such as ${TagKey} stands for any
	// text.
	Name string
	Type Type
	// Multi: a request can have several values of it, and it needs a set operator.
	Multi bool
	// Source says where its values come from; it is empty for the keys of
	// services.
	Source Source
	// When says in words when a request has it, where that is not always.
	When string

	presence string // one letter for each caller, by number
}

// Source is where the value of a condition key comes from.
type Source string

// The sources of condition keys.
const (
	FromPrincipal Source = "principal" // who calls
	FromSession   Source = "session"   // the credentials the call is signed with
	FromToken     Source = "token"     // the web identity token
	FromNetwork   Source = "network"   // the connection
	FromRequest   Source = "request"   // what the request says
	FromResource  Source = "resource"  // what the request acts on
	FromService   Source = "service"   // the AWS service that passes the call on
)

// Caller is a kind of caller.
type Caller uint8

// The kinds of caller.
const (
	Anonymous Caller = iota
	Root
	User
	RoleSession
	FederatedUser
	WebIdentity // brings a token to sts:AssumeRoleWithWebIdentity
	AWSService  // such as ec2.amazonaws.com
)

// Presence says how often requests have a condition key.
type Presence uint8

// The presences.
const (
	Never Presence = iota
	Sometimes
	Always
)

// In says how often the requests of a kind of caller have the key. It does not
// ask by which action: see [Absent].
func (k KeyInfo) In(c Caller) Presence {
	if int(c) >= len(k.presence) {
		return Sometimes
	}
	return Presence(strings.IndexByte("-?+", k.presence[c]))
}

// keyOf makes a key of a service.
func keyOf(name, typ string) KeyInfo {
	element, multi := strings.CutPrefix(typ, "ArrayOf")
	return KeyInfo{Name: name, Type: Type(element), Multi: multi}
}

// stands reports whether a key's name, which may have one variable part, stands
// for name.
func stands(known, name string) bool {
	before, after, variable := strings.Cut(known, "${")
	if !variable {
		if before, after, variable = strings.Cut(known, "<"); !variable {
			return strings.EqualFold(known, name)
		}
		_, after, _ = strings.Cut(after, ">")
	} else {
		_, after, _ = strings.Cut(after, "}")
	}
	n := len(name) - len(before) - len(after)
	return n > 0 && strings.EqualFold(name[:len(before)], before) && strings.EqualFold(name[len(before)+n:], after)
}

// ConditionKey finds a condition key by its name, without case: one that all
// services share, or else one of the service that it is named after, or of an
// issuer of tokens.
func ConditionKey(name string) (KeyInfo, bool) {
	if k, ok := global(name); ok {
		return k, true
	}
	if claim, issuer := issuerKey(name); issuer {
		return claimKey(name, claim)
	}
	prefix, _, _ := strings.Cut(name, ":")
	s, ok := load(prefix)
	if !ok {
		return KeyInfo{}, false
	}
	return s.key(name)
}

func (s *service) key(name string) (KeyInfo, bool) {
	i := slices.IndexFunc(s.keys, func(k KeyInfo) bool { return stands(k.Name, name) })
	if i < 0 {
		return KeyInfo{}, false
	}
	return s.keys[i], true
}

// KeysFor returns the condition keys of an action's own and of the resources it
// acts on; the keys of all actions are not among them.
func KeysFor(action string) []string {
	s, line, ok := find(action)
	if !ok {
		return nil
	}
	names := s.keyNames(line.keys)
	for i := range indexes(line.types) {
		names = append(names, s.keyNames(s.types[i].keys)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Takes reports whether an action has a condition key, of its own or of the
// resources it acts on.
func Takes(action, key string) bool {
	s, line, ok := find(action)
	if !ok {
		return false
	}
	if s.among(line.keys, key) {
		return true
	}
	for i := range indexes(line.types) {
		if s.among(s.types[i].keys, key) {
			return true
		}
	}
	return false
}

func (s *service) among(numbers, key string) bool {
	for i := range indexes(numbers) {
		if stands(s.keys[i].Name, key) {
			return true
		}
	}
	return false
}
