// Package scenarios holds the workshop scenarios, one .txtar each: story,
// files, commands, expected output.
//
// A scenario is a testscript (https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript)
// whose first comment is its title and story. The same engine runs the
// scenarios from the command line and the command's own tests; script.go has
// the words that it adds to the language.
package scenarios

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/nearest"
)

//go:embed *.txtar
var files embed.FS

// Scenario is one exercise.
type Scenario struct {
	Name  string // of its file, without .txtar
	Title string // the first line of its first comment
	Story string // the rest of that comment
	Text  string // the whole file
}

// All returns the scenarios, by name.
func All() []Scenario {
	names, err := files.ReadDir(".")
	if err != nil {
		panic(err) // embedded
	}
	var all []Scenario
	for _, f := range names {
		text, err := files.ReadFile(f.Name())
		if err != nil {
			panic(err) // embedded
		}
		all = append(all, parse(strings.TrimSuffix(f.Name(), path.Ext(f.Name())), string(text)))
	}
	slices.SortFunc(all, func(a, b Scenario) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Find returns the scenario of this name, or an error that names the nearest.
func Find(name string) (Scenario, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	err := fmt.Errorf("there is no scenario %q", name)
	if near, ok := nearest.Of(name, names); ok {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return Scenario{}, err
}

// parse takes title and story from the comment that the file begins with.
func parse(name, text string) Scenario {
	s := Scenario{Name: name, Text: text}
	var story []string
	for line := range strings.SplitSeq(text, "\n") {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		story = append(story, strings.TrimPrefix(comment, " "))
	}
	if len(story) > 0 {
		s.Title, s.Story = story[0], strings.TrimSpace(strings.Join(story[1:], "\n"))
	}
	return s
}
