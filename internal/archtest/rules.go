package archtest

import "regexp"

// Rules are what Check holds a module to. Folders are named from the module's
// root.
type Rules struct {
	// Module is the module's import path.
	Module string
	// MayImport names, for every package, the packages of the module that it
	// may import. A package that is not a key is a violation.
	MayImport map[string][]string
	// Free may be imported by every package that NotFree does not name.
	Free    string
	NotFree []string
	// Owners names, for each dependency, the packages that may import it. A
	// key covers the import paths below it. A dependency without an owner is
	// a violation; one with an empty list is for tests.
	Owners map[string][]string
	// Names are identifiers of packages, as "import/path.Name", each with the
	// folders at or below which alone it may be used.
	Names map[string][]string
	// Hidden are identifiers, as in Names, that some folder may not use.
	Hidden map[string][]string
	// MaxLines is the length that no file may exceed, tests excepted.
	MaxLines int
	// Texts match what no text file may hold.
	Texts []*regexp.Regexp
}
