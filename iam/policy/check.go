package policy

import (
	"strings"
)

// maxSource is the longest document that is read, in bytes. It is a bound on
// work, above all quotas: AWS has managed policies that are longer than the
// 131,072 characters its API takes of others.
const maxSource = 1 << 20

// parse reads, checks and compiles the document's source. further is one more
// check, if not nil.
func (d *Document) parse(further func(*rawDocument) *MalformedError) *MalformedError {
	x := syntax{d.kind}
	if d.kind == Resource && !d.stored && len(d.source) > QuotaBucket {
		// The limit is documented, the code and the text are not.
		return &MalformedError{Code: "PolicyTooLarge", Message: "Policy exceeds the maximum allowed document size."}
	}
	raw, err := x.read(d.source)
	if err != nil {
		return err
	}
	if d.stored {
		raw.markStored()
	}
	switch d.kind {
	case Resource:
		err = checkBucket(raw)
	case Identity, Boundary, Session, Trust, ServiceControl, ResourceControl:
		err = checkIAM(d.kind, raw)
	default:
		err = x.fault(0, "unknown kind of policy")
	}
	if err == nil && further != nil {
		err = further(raw)
	}
	if err != nil {
		return err
	}
	d.compile(raw)
	return nil
}

// read reads the text as JSON and as a policy.
func (x syntax) read(src []byte) (*rawDocument, *MalformedError) {
	if x.s3() {
		if len(src) == 0 || src[0] != '{' {
			return nil, x.says(0, "", "Policies must be valid JSON and the first byte must be '{'")
		}
	}
	if len(src) > maxSource {
		return nil, x.fault(0, "longer than any policy may be")
	}
	root, bad := readJSON(src)
	if bad != nil {
		err := x.says(bad.pos, notJSON, notJSON)
		if bad.duplicate {
			err = x.fault(bad.pos, "")
		}
		err.Detail = bad.what
		return nil, err
	}
	if !x.s3() {
		if pos := foreignCharacter(string(src)); pos >= 0 {
			return nil, x.fault(pos, "a character IAM does not take")
		}
	}
	return x.document(root)
}

// foreignCharacter finds a character outside of what IAM's API takes for a
// document: tab, line feed, carriage return, U+0020 to U+00FF.
func foreignCharacter(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0xFF })
}

// iamFault is a document that IAM refuses with this message.
func iamFault(pos int, message string) *MalformedError {
	return &MalformedError{Code: codeIAM, Message: message, pos: pos}
}

// checkIAM makes IAM's checks in IAM's order: each looks at the whole document
// before the next begins.
func checkIAM(kind Kind, d *rawDocument) *MalformedError {
	// Trust policies of 2008-10-17 are all over AWS's own guides, that of the
	// ecsTaskExecutionRole among them.
	if d.version != version2012 && kind != Trust && !d.stored {
		return iamFault(d.versionPos, "Policy document must be version 2012-10-17 or greater.")
	}
	checks := []func(*rawStatement) *MalformedError{
		checkLegacy, checkLegacyResources, nil, checkHasActions, checkResourceFormats, checkActionSyntax,
	}
	switch kind {
	case Trust:
		checks = append(checks, checkTrustActions, checkTrust)
	case ResourceControl:
		checks = append(checks, checkHasResources, checkEveryone)
	default:
		checks = append(checks, checkHasResources, checkNoPrincipal)
	}
	for _, check := range checks {
		if check == nil {
			if err := checkSids(d); err != nil {
				return err
			}
			continue
		}
		for i := range d.statements {
			if err := check(&d.statements[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkLegacy wants effects in the right case, and dates that are dates.
func checkLegacy(s *rawStatement) *MalformedError {
	if s.effect.value != "Allow" && s.effect.value != "Deny" {
		err := iamFault(s.effect.pos, legacyFault)
		err.Detail = "Effect is Allow or Deny, in this case of letters"
		return err
	}
	for _, c := range s.conditions {
		if !strings.HasPrefix(c.op.name, "Date") {
			continue
		}
		for _, v := range c.values {
			if _, ok := parseInstant(v.value); !ok {
				err := iamFault(v.pos, legacyFault)
				err.Detail = "not a date: " + v.value
				return err
			}
		}
	}
	return nil
}

// checkLegacyResources wants ARNs with all their colons. An ARN whose format
// has its own message waits for it.
func checkLegacyResources(s *rawStatement) *MalformedError {
	if s.resource == nil {
		return nil
	}
	for _, r := range s.resource.values {
		if resourceFault(r.value) != "" {
			return nil
		}
	}
	for _, r := range s.resource.values {
		if legacyResource(r.value) {
			err := iamFault(r.pos, legacyFault)
			err.Detail = "not an ARN: " + r.value
			return err
		}
	}
	return nil
}

// checkSids wants statement ids that differ, and are of letters and digits.
func checkSids(d *rawDocument) *MalformedError {
	seen := map[string]bool{}
	for _, s := range d.statements {
		if s.sid.value != "" && seen[s.sid.value] {
			return iamFault(s.sid.pos, "Statement IDs (SID) in a single policy must be unique.")
		}
		seen[s.sid.value] = true
		if strings.IndexFunc(s.sid.value, notLetterOrDigit) >= 0 {
			return iamFault(s.sid.pos, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		}
	}
	return nil
}

func notLetterOrDigit(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func checkHasActions(s *rawStatement) *MalformedError {
	if s.action == nil || len(s.action.values) == 0 {
		return iamFault(s.pos, "Policy statement must contain actions.")
	}
	return nil
}

func checkHasResources(s *rawStatement) *MalformedError {
	if s.resource == nil || len(s.resource.values) == 0 {
		return iamFault(s.pos, "Policy statement must contain resources.")
	}
	return nil
}

func checkNoPrincipal(s *rawStatement) *MalformedError {
	if s.principal != nil {
		return iamFault(s.principal.pos, "Policy document should not specify a principal.")
	}
	return nil
}

// checkEveryone wants the one principal that a resource control policy may name.
// See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html.
func checkEveryone(s *rawStatement) *MalformedError {
	if s.principal == nil {
		return iamFault(s.pos, missingPrincipal)
	}
	if s.principal.not || !s.principal.everyone {
		return syntax{ResourceControl}.fault(s.principal.pos, `the principal of a resource control policy is "*"`)
	}
	return nil
}

func checkActionSyntax(s *rawStatement) *MalformedError {
	for _, a := range s.action.values {
		if message := actionFault(a.value); message != "" {
			return iamFault(a.pos, message)
		}
	}
	return nil
}

// actionFault says what is wrong with an action, or nothing. Services and
// actions that do not exist are no fault.
func actionFault(action string) string {
	if action == "*" {
		return ""
	}
	vendor, name, found := strings.Cut(action, ":")
	switch {
	case !found:
		return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	case strings.Contains(name, ":"):
		return "Actions/Condition can contain only one colon."
	case strings.IndexFunc(vendor, func(r rune) bool { return notLetterOrDigit(r) && r != '-' && r != '.' }) >= 0:
		return "Vendor " + vendor + " is not valid"
	}
	return ""
}
