// Command bench says how fast irsatz is, and how fast it wants to be.
//
//	go run ./internal/bench BINARY
//
// It runs the benchmarks that compare irsatz with servers that check nothing, and
// starts the binary a few times. What it prints depends on what else the machine
// does; see docs/PERFORMANCE.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"text/tabwriter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// benchmarks are the arguments of go test, one line for each run.
var benchmarks = [][]string{
	{"./emulator", "-bench", "^BenchmarkAssume$", "-benchtime", "2s"},
	{"./emulator", "-bench", "^BenchmarkS3$", "-benchtime", "1s"},
	{"./iam/policy", "-bench", "^BenchmarkDecide$", "-benchtime", "20000x", "-count", "7"},
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("want the binary")
	}
	var rows []row
	for _, b := range benchmarks {
		cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-run", "^$"}, b...)...)
		cmd.Stderr = os.Stderr
		printed, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("go test %s: %w\n%s", b[0], err, printed)
		}
		rows = append(rows, parse(string(printed))...)
	}
	started, err := measureStart(ctx, args[0])
	if err != nil {
		return err
	}
	return write(out, append(rows, started...))
}

// write prints the table.
func write(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "what\tirsatz\tbare\tspeed\taim\t")
	for _, r := range rows {
		bare, speed := "", ""
		if r.bare > 0 {
			bare, speed = r.unit(r.bare), fmt.Sprintf("%.2f", r.bare/r.ours)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", r.what, r.unit(r.ours), bare, speed, r.aim)
	}
	return w.Flush()
}
