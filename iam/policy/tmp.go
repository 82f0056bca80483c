package policy

type statement struct{}

func (d *Document) parse() *MalformedError {
	return &MalformedError{Code: "MalformedPolicyDocument", Message: "not implemented"}
}
