package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// row is one line of the table.
type row struct {
	what       string
	ours, bare float64 // bare is 0 where there is nothing to compare with
	unit       func(float64) string
	aim        string
}

// aims are what the benchmarks are held to, by their names: a share of the bare
// server's speed, or a time.
var aims = map[string]struct{ what, aim string }{
	"Assume":      {"AssumeRoleWithWebIdentity", "0.85"},
	"S3/get=1KiB": {"S3: GET of 1 KiB", "0.80"}, "S3/get=1MiB": {"S3: GET of 1 MiB", "0.80"},
	"S3/put=1KiB": {"S3: PUT of 1 KiB", "0.80"}, "S3/put=1MiB": {"S3: PUT of 1 MiB", "0.80"},
	"S3/list=100": {"S3: list 100 keys", "0.80"},
	"Decide":      {"a decision", "1 µs"},
}

// parse reads what go test prints of benchmarks, in its order. Of those that ran
// more than once it takes the median.
func parse(printed string) []row {
	var order []string
	ours, bare := map[string][]float64{}, map[string][]float64{}
	for line := range strings.Lines(printed) {
		name, figures, ok := benchmark(line)
		if _, wanted := aims[name]; !ok || !wanted {
			continue
		}
		if ours[name] == nil {
			order = append(order, name)
		}
		own, compared := figures["ns/irsatz"]
		if !compared {
			own = figures["ns/op"]
		}
		ours[name] = append(ours[name], own)
		bare[name] = append(bare[name], figures["ns/bare"])
	}
	var rows []row
	for _, name := range order {
		a := aims[name]
		rows = append(rows, row{a.what, median(ours[name]), median(bare[name]), duration, a.aim})
	}
	return rows
}

// benchmark reads a line such as "BenchmarkAssume-2 100 8 ns/op 5 ns/bare".
func benchmark(line string) (name string, figures map[string]float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil, false
	}
	name = strings.TrimPrefix(fields[0], "Benchmark")
	if dash := strings.LastIndexByte(name, '-'); dash >= 0 { // GOMAXPROCS
		name = name[:dash]
	}
	figures = map[string]float64{}
	for pair := range slices.Chunk(fields[2:], 2) {
		if value, err := strconv.ParseFloat(pair[0], 64); err == nil && len(pair) == 2 {
			figures[pair[1]] = value
		}
	}
	return name, figures, true
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// duration prints nanoseconds, memory kilobytes.
func duration(ns float64) string {
	switch {
	case ns < 100e3:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	case ns < 1e6:
		return fmt.Sprintf("%.0f µs", ns/1e3)
	}
	return fmt.Sprintf("%.1f ms", ns/1e6)
}

func memory(kB float64) string { return fmt.Sprintf("%.1f MB", kB/1e3) }
