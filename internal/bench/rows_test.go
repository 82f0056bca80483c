package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	rows := parse(`goos: linux
BenchmarkAssume-2   	   12132	    197442 ns/op	         0.7281 bare/irsatz	     60734 ns/bare	     83420 ns/irsatz	   58260 B/op
BenchmarkS3/put=1MiB-16 	     140	   8709800 ns/op	         1.041 bare/irsatz	   3437641 ns/bare	   3300986 ns/irsatz
BenchmarkDecide  	   20000	       700 ns/op
BenchmarkDecide  	   20000	       620 ns/op
BenchmarkDecide  	   20000	       631 ns/op
BenchmarkDecideLarge-2  	   20000	       171 ns/op
PASS
ok  	github.com/irsatz/irsatz/emulator	2.493s
`)
	rows = append(rows,
		row{what: "start, until both ports accept", ours: 8_000_000, unit: duration, aim: "25 ms"},
		row{what: "memory at rest", ours: resident("Name:\tirsatz\nVmHWM:\t   24120 kB\nVmRSS:\t   22584 kB\n"), unit: memory, aim: "25 MB"},
	)
	var out strings.Builder
	if err := write(&out, rows); err != nil {
		t.Fatal(err)
	}
	const want = `
                            what    irsatz      bare  speed    aim
       AssumeRoleWithWebIdentity  83.42 µs  60.73 µs   0.73   0.85
                S3: PUT of 1 MiB    3.3 ms    3.4 ms   1.04   0.80
                      a decision   0.63 µs                    1 µs
  start, until both ports accept    8.0 ms                   25 ms
                  memory at rest   22.6 MB                   25 MB
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
