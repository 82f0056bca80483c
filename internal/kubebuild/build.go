package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// builder builds one program.
type builder struct {
	dir string
	program
}

// binary is where the program is put; beside it stands which version it is.
func (b *builder) binary() string {
	name := b.name
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(b.dir, "bin", name)
}

func (b *builder) stamp() string { return b.binary() + ".version" }

// built reports whether the version wanted is there.
func (b *builder) built() bool {
	version, err := os.ReadFile(b.stamp())
	if err != nil || string(version) != b.version {
		return false
	}
	_, err = os.Stat(b.binary())
	return err == nil
}

// build builds the program in a module of its own, and puts it in its place
// when it is whole.
func (b *builder) build(ctx context.Context) error {
	module := filepath.Join(b.dir, "module-"+b.name)
	if err := errors.Join(os.MkdirAll(module, 0o755), os.MkdirAll(filepath.Dir(b.binary()), 0o755)); err != nil {
		return err
	}
	upstream, err := b.upstreamGoMod(ctx, module)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(b.goMod(upstream)), 0o644); err != nil {
		return err
	}
	part := b.binary() + ".part"
	_, err = goCommand(ctx, module, "build", "-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags", strings.TrimSpace("-s -w "+b.ldflags), "-o", part, b.path)
	if err != nil {
		return err
	}
	if err := os.Rename(part, b.binary()); err != nil {
		return err
	}
	return os.WriteFile(b.stamp(), []byte(b.version), 0o644)
}

// upstreamGoMod returns the go.mod of the program's module, where it is needed.
func (b *builder) upstreamGoMod(ctx context.Context, module string) (string, error) {
	if b.staging == "" {
		return "", nil
	}
	out, err := goCommand(ctx, module, "mod", "download", "-json", b.module+"@"+b.version)
	if err != nil {
		return "", err
	}
	var downloaded struct{ GoMod string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		return "", fmt.Errorf("go mod download: %w", err)
	}
	text, err := os.ReadFile(downloaded.GoMod)
	return string(text), err
}

// goCommand runs the go command in a folder and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, complaints.String())
	}
	return out.Bytes(), nil
}
