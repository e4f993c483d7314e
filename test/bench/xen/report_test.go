package main

import (
	"strings"
	"testing"
)

// A table has what both systems said, whatever the machine writes besides.
func TestReport(t *testing.T) {
	out := "(XEN) booted\r\n" +
		"LAB linux-dns asked measured dns 1000 0.5 0.02\r\n" +
		"LAB mirage-dns asked measured dns 1000 0.25 0.01\r\n" +
		"LAB linux-tcp asked measured tcp-to-guest 1024000000 2 1\r\n" +
		"(XEN) LAB mirage-tcp asked measured tcp-to-guest 1024000000 1 0.5\r\n" +
		"LAB mirage-tcp ended destroyed\r\n"
	guests := []string{"linux-dns", "mirage-dns", "linux-tcp", "mirage-tcp"}
	rs, err := read([]byte(out), guests)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	rs.print(&b, false)
	var got []string
	for line := range strings.Lines(b.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"measure mirage linux rate mirage linux instructions of the guest per",
		"dns 4000.0 2000.0 queries/s 10000 20000 query",
		"tcp-to-guest 1024.0 512.0 MB/s 500 1000 KiB",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// What a guest says instead of a measure is the error, and so is a measure that one system lacks.
func TestReportErrors(t *testing.T) {
	guests := []string{"linux-dns", "mirage-dns"}
	for name, test := range map[string]struct{ out, want string }{
		"complaint": {"LAB linux-dns asked iperf3: exit status 1\n", "iperf3: exit status 1"},
		"one":       {"LAB linux-dns asked measured dns 1000 0.5 0.02\n", "no dns on mirage"},
		"none":      {"(XEN) booted\n", "nothing was measured"},
	} {
		if _, err := read([]byte(test.out), guests); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
