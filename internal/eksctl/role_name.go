package eksctl

import (
	"crypto/sha256"
	"regexp"
	"strings"
)

// What CloudFormation makes of a stack's name, for the 64 characters that a
// role's name may have: as seen in eksctl-eksdemo1-addon-iamserviceaccount-defa-Role1-JTO29BVZMA2N.
const (
	stackChars  = 44
	suffixChars = 12
)

// generated is the part of a generated name that follows from the stack's.
func (s *ServiceAccount) generated() string {
	stack := s.Stack()
	return strings.TrimRight(stack[:min(len(stack), stackChars)], "-") + "-Role1-"
}

var suffix = regexp.MustCompile(`^[0-9A-Za-z]{12,13}$`)

// roleName is the name that the role is given, or that it has already, or one
// like CloudFormation's. The end of that is chance on AWS; here it follows from
// the ServiceAccount, so that a role is called the same at every start.
func (s *ServiceAccount) roleName() string {
	if s.RoleName != "" {
		return s.RoleName
	}
	if name, ok := strings.CutPrefix(s.RoleARN, "arn:aws:iam::"+s.AccountID+":role/"); ok {
		if end, ok := strings.CutPrefix(name, s.generated()); ok && suffix.MatchString(end) {
			return name
		}
	}
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte(s.AccountID + " " + s.Stack()))
	end := make([]byte, suffixChars)
	for i := range end {
		end[i] = letters[int(sum[i])%len(letters)]
	}
	return s.generated() + string(end)
}
