// Command testsum reads the output of go test -json: it prints a line for each
// package and the whole output of each failed test, and writes the numbers of
// passed, failed and skipped tests to the file it is given.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is a line of go test -json; ImportPath is set where a build speaks.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// summary counts tests, subtests among them. A package that fails without a
// failed test (it does not build, it panicked) counts as one failure.
type summary struct {
	passed, failed, skipped int
	failedIn, panicked      map[string]bool        // packages with a failed test; those cut off by a panic
	output                  map[[2]string][]string // by package and test
}

func main() {
	s := &summary{failedIn: map[string]bool{}, panicked: map[string]bool{}, output: map[[2]string][]string{}}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		s.read(line)
		if err != nil {
			break
		}
	}
	counts := fmt.Sprintf("%d %d %d\n", s.passed, s.failed, s.skipped)
	if err := os.WriteFile(os.Args[1], []byte(counts), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

func (s *summary) read(line string) {
	var e event
	if strings.TrimSpace(line) == "" {
		return
	}
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Print(line) // not from go test
		return
	}
	key := [2]string{e.Package + e.ImportPath, e.Test}
	switch e.Action {
	case "output":
		// What follows is of no test, though go test takes it for the last one's.
		if s.panicked[e.Package] = s.panicked[e.Package] || strings.HasPrefix(e.Output, "panic: "); s.panicked[e.Package] {
			key[1] = ""
		}
		s.output[key] = append(s.output[key], e.Output)
	case "build-output":
		fmt.Print(e.Output)
	case "pass", "fail", "skip":
		s.end(e, key)
		delete(s.output, key)
	}
}

func (s *summary) end(e event, key [2]string) {
	if e.Test == "" {
		s.endPackage(e, key)
		return
	}
	switch e.Action {
	case "pass":
		s.passed++
		return
	case "skip":
		s.skipped++
	case "fail":
		s.failed++
		s.failedIn[e.Package] = true
	}
	fmt.Print(strings.Join(s.output[key], ""))
}

func (s *summary) endPackage(e event, key [2]string) {
	fmt.Printf("%-5s %6.1fs %s\n", e.Action, e.Elapsed, e.Package)
	if e.Action != "fail" {
		return
	}
	if !s.failedIn[e.Package] {
		s.failed++
	}
	fmt.Print(strings.Join(s.output[key], ""))
}
