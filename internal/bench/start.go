package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

const (
	starts    = 9
	lookEvery = 200 * time.Microsecond
	// settling is how long a server is left alone before its memory is looked at:
	// the issuer's key is made meanwhile.
	settling  = time.Second
	startTime = 30 * time.Second
)

// measureStart starts the binary a few times: how long it takes until both ports
// accept, and how large the process then is, where the system says it.
func measureStart(ctx context.Context, binary string) ([]row, error) {
	dir, err := os.MkdirTemp("", "irsatz-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var times, sizes []float64
	for n := range starts {
		took, size, err := start(ctx, binary, filepath.Join(dir, strconv.Itoa(n)+".json"))
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", binary, err)
		}
		times = append(times, took)
		if size > 0 {
			sizes = append(sizes, size)
		}
	}
	rows := []row{{what: "start, until both ports accept", ours: median(times), unit: duration, aim: "25 ms"}}
	if len(sizes) > 0 {
		rows = append(rows, row{what: "memory at rest", ours: median(sizes), unit: memory, aim: "25 MB"})
	}
	return rows, nil
}

// start runs the server once, which writes the endpoints when it is ready. Size
// is 0 where it is not known.
func start(ctx context.Context, binary, endpoints string) (took, size float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--endpoints-file", endpoints)
	began := clock.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for !written(endpoints) {
		if err := wait(ctx, lookEvery); err != nil {
			return 0, 0, errors.Join(errors.New("it did not get ready"), err)
		}
	}
	took = float64(clock.Now().Sub(began))
	if err := wait(ctx, settling); err != nil {
		return 0, 0, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if errors.Is(err, fs.ErrNotExist) {
		return took, 0, nil
	}
	return took, resident(string(status)), err
}

func written(file string) bool {
	text, err := os.ReadFile(file)
	return err == nil && json.Valid(text)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// resident reads the kilobytes that a process has in memory from its status.
func resident(status string) float64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kB
		}
	}
	return 0
}
