package fakeiam

import (
	"slices"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// Operation is a row of the table of everything IAM can do.
type Operation struct {
	Name   string
	Served bool // false: answered with NotImplemented
}

// Operations returns the table that requests are understood by: what is served
// before what is not.
func Operations() []Operation {
	table := new(Server).table()
	var all []Operation
	for _, o := range table.Operations {
		all = append(all, Operation{Name: o.Name, Served: true})
	}
	for _, name := range table.Planned {
		all = append(all, Operation{Name: name})
	}
	return all
}

// table names every operation of IAM: those served and those not.
func (s *Server) table() awsapi.Query {
	served := slices.Concat(
		s.roleOperations(), s.providerOperations(), s.userOperations(), s.accessKeyOperations(), s.credentialOperations(),
		s.groupOperations(), s.profileOperations(), s.accountOperations(), s.policyOperations(), s.tagOperations(),
	)
	return awsapi.Query{
		Name: "iam", Version: "2010-05-08", Namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		Operations: served, Admits: admits,
		Planned: planned(func(name string) bool {
			return slices.ContainsFunc(served, func(o awsapi.Operation) bool { return o.Name == name })
		}),
	}
}
