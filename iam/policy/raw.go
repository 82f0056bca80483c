package policy

// text is a string of a document, with its place.
type text struct {
	value string
	pos   int
}

// rawStatement is a statement as it is written. A list that is nil is absent.
type rawStatement struct {
	pos        int
	sid        text
	effect     text
	action     *rawList
	resource   *rawList
	principal  *rawPrincipal
	conditions []rawCondition
}

// rawList is Action, NotAction, Resource or NotResource.
type rawList struct {
	not    bool
	pos    int
	values []text
}

// rawPrincipal is Principal or NotPrincipal: everyone, or types with values.
type rawPrincipal struct {
	not      bool
	pos      int
	everyone bool // the bare "*"
	entries  []rawEntry
}

// rawEntry is one value of a principal, such as AWS and an ARN.
type rawEntry struct {
	kind string
	text
	deleted bool // the unique id of a principal that is no more
}

// rawCondition is one operator with one key.
type rawCondition struct {
	operator text
	op       operator
	key      text
	values   []text
}

// rawDocument is a document as it is written.
type rawDocument struct {
	version    string
	pos        int
	versionPos int
	id         string
	lone       bool // Statement is an object
	stored     bool // AWS took it already
	statements []rawStatement
}
