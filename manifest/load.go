package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/syntax"
)

// maxFile bounds one file, and standard input.
const maxFile = 32 << 20

// Load reads the documents of all paths, in order. A path is a file, a folder
// (all its *.yaml, *.yml and *.json files in the order of their names, those of
// subfolders not), or "-" for stdin. A file that is reached twice is read once.
//
// The error is an Errors with every reason found; the State is nil then.
func Load(paths []string, stdin io.Reader) (*State, error) {
	l := loader{state: &State{}, mayReadFiles: true}
	seen := map[string]bool{}
	for _, path := range paths {
		for _, file := range l.expand(path) {
			id := file
			if abs, err := filepath.Abs(file); err == nil && file != "-" {
				id = abs
			}
			if seen[id] || l.problems.full() {
				continue
			}
			seen[id] = true
			l.file(file, stdin)
		}
	}
	return l.finish()
}

// Parse reads the documents in content, which name is used for in errors (a
// name that ends in .json makes it JSON only). References to files are refused:
// it is for documents that come over the wire, from people who may not be those
// whose files lie here.
func Parse(name string, content []byte) (*State, error) {
	l := loader{state: &State{}}
	if len(content) > maxFile {
		l.problems.add(Pos{File: name}, "larger than %d MiB", maxFile>>20)
		return l.finish()
	}
	l.documents(name, ".", content)
	return l.finish()
}

// Recognises reports whether a document is of a form that is loaded, or will be
// once: it says which API it belongs to. Policy documents do not.
func Recognises(v *syntax.Value) bool { return v.Get("apiVersion") != nil || isDetails(v) }

type loader struct {
	state        *State
	problems     problems
	mayReadFiles bool
	dir          string  // folder of the current file: where relative references start
	current      string  // the current file
	account      string  // of the current document
	region       string  // of the current document
	skipped      skipped // of the current file
	homes        homes
	pages        pages
	partial      partial
}

func (l *loader) finish() (*State, error) {
	l.completeUsers()
	l.completeRoles()
	if l.problems.err() == nil {
		l.state.joinClusters(&l.problems)
		l.state.fillDefaults()
		l.settle()
		l.notePages()
		l.state.checkDuplicates(&l.problems)
	}
	if err := l.problems.err(); err != nil {
		return nil, err
	}
	return l.state, nil
}

// expand returns the files a path stands for.
func (l *loader) expand(path string) []string {
	if path == "-" {
		return []string{path}
	}
	info, err := os.Stat(path)
	if err != nil {
		l.problems.add(Pos{File: path}, "%w", pathless(err))
		return nil
	}
	if !info.IsDir() {
		return []string{path}
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		l.problems.add(Pos{File: path}, "%w", pathless(err))
		return nil
	}
	var files []string
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, ext) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		l.problems.add(Pos{File: path}, "the folder has no *.yaml, *.yml or *.json file")
	}
	return files
}

// pathless takes the path out of an error that is reported beside the path.
func pathless(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

func (l *loader) file(path string, stdin io.Reader) {
	var content []byte
	var err error
	if path == "-" {
		if stdin == nil {
			stdin = strings.NewReader("")
		}
		content, err = readBounded(stdin, maxFile)
	} else {
		content, err = readFile(path, maxFile)
	}
	if err != nil {
		l.problems.add(Pos{File: path}, "%w", pathless(err))
		return
	}
	dir := "."
	if path != "-" {
		dir = filepath.Dir(path)
	}
	l.documents(path, dir, content)
}

func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	// A fifo is fine (shells make them for <(…)), a folder is not.
	if info.IsDir() {
		return nil, errors.New("is a folder, expected a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f, limit)
}

func readBounded(r io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("larger than %d MiB", limit>>20)
	}
	return content, nil
}

func (l *loader) documents(file, dir string, content []byte) {
	l.current, l.dir = file, dir
	empty := true
	for root, bad := range syntax.Documents(file, content) {
		empty = false
		if bad != nil {
			l.problems.add(Pos{File: file, Line: bad.Line}, "%s", bad.Msg)
		} else {
			l.document(cursor{loader: l, value: root, line: root.Line})
		}
		if l.problems.full() {
			break
		}
	}
	l.noteSkipped()
	if empty {
		l.note(Pos{File: file}, "no documents in it")
	}
}

func (l *loader) note(at Pos, format string, args ...any) {
	l.state.Notes = append(l.state.Notes, Note{Pos: at, Text: fmt.Sprintf(format, args...)})
}

// document recognises a document by its shape.
func (l *loader) document(c cursor) {
	l.account, l.region = "", ""
	version := c.peek("apiVersion")
	switch {
	case !c.is(syntax.Mapping):
		c.fail("unrecognised document: expected a mapping, found %s", c.value.What())
	case version == nativeVersion:
		l.native(c)
	case strings.HasPrefix(version, "irsatz/"):
		c.fail("apiVersion %q is not known, expected %s", version, nativeVersion)
	case strings.HasPrefix(version, "eksctl.io/"):
		l.clusterConfig(c)
	case version != "" && c.peek("kind") != "":
		l.kubernetes(c)
	case c.has("AWSTemplateFormatVersion") || c.has("Resources"):
		c.notImplemented("CloudFormation template")
	case isDetails(c.value):
		l.details(c)
	case c.has("format_version") || c.has("terraform_version"):
		c.notImplemented("output of terraform show -json")
	default:
		c.fail("unrecognised document: expected apiVersion: %s or a Kubernetes manifest with apiVersion and kind", nativeVersion)
	}
}
