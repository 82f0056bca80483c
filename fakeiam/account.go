package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) accountOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("CreateAccountAlias", s.aliasTargets, s.createAlias),
		awsapi.Guarded("DeleteAccountAlias", s.aliasTargets, s.deleteAlias),
		awsapi.Guarded("GetAccountAuthorizationDetails", s.accountDetailsTargets, s.getAccountDetails),
		awsapi.Guarded("GetAccountPasswordPolicy", s.passwordPolicyTargets, s.getPasswordPolicy),
		awsapi.Guarded("GetAccountSummary", s.accountSummaryTargets, s.getAccountSummary),
		awsapi.Guarded("ListAccountAliases", s.listAliasesTargets, s.listAliases),
	}
}

type aliasInput struct {
	AccountAlias string `rule:"required,min=3,max=63,pattern=alias"`
}

func (s *Server) aliasTargets(*awsapi.Call, *aliasInput) []awsapi.Target { return []awsapi.Target{{}} }

// createAlias names the account. A name that an account has, be it this one, is
// an error; another name takes the place of the old one (observed).
func (s *Server) createAlias(_ context.Context, call *awsapi.Call, in *aliasInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		for _, id := range d.Snapshot().Accounts() {
			if d.Snapshot().Alias(id) == in.AccountAlias {
				return alreadyExists("The account alias " + in.AccountAlias + " already exists.")
			}
		}
		d.SetAlias(call.Caller.AccountID, in.AccountAlias)
		return nil
	})
}

// deleteAlias takes the account's name away. Another name than it has is
// NoSuchEntity (observed; the text is not recorded).
func (s *Server) deleteAlias(_ context.Context, call *awsapi.Call, in *aliasInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		if d.Snapshot().Alias(call.Caller.AccountID) != in.AccountAlias {
			return noSuchEntity("The account alias with name " + in.AccountAlias + " cannot be found.")
		}
		d.SetAlias(call.Caller.AccountID, "")
		return nil
	})
}

type listAliasesOutput struct {
	AccountAliases []string
	truncation
}

func (s *Server) listAliasesTargets(*awsapi.Call, *page) []awsapi.Target { return []awsapi.Target{{}} }

func (s *Server) listAliases(_ context.Context, call *awsapi.Call, in *page) (*listAliasesOutput, error) {
	var aliases []string
	if alias := s.snapshot().Alias(call.Caller.AccountID); alias != "" {
		aliases = append(aliases, alias)
	}
	aliases, more, err := paginate(*in, present(aliases), func(alias string) string { return alias })
	if err != nil {
		return nil, err
	}
	return &listAliasesOutput{aliases, more}, nil
}

func (s *Server) passwordPolicyTargets(*awsapi.Call, *struct{}) []awsapi.Target {
	return []awsapi.Target{{}}
}

// getPasswordPolicy says that there is none: nobody has a password here.
func (s *Server) getPasswordPolicy(_ context.Context, call *awsapi.Call, _ *struct{}) (*struct{}, error) {
	return nil, noSuchEntity("The Password Policy with domain name " + call.Caller.AccountID + " cannot be found.")
}
