package fakests

// Operation is a row of the table of everything STS can do.
type Operation struct {
	Name   string
	Signed bool // false: needs no credentials; meaningful where it is served
	Served bool // false: answered with NotImplemented
}

// Operations returns the table that requests are understood by: what is served
// before what is not.
func Operations() []Operation {
	table := new(Server).table()
	var all []Operation
	for _, o := range table.Operations {
		all = append(all, Operation{Name: o.Name, Signed: o.Signed, Served: true})
	}
	for _, name := range table.Planned {
		all = append(all, Operation{Name: name})
	}
	return all
}
