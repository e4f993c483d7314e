package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// A result is a line of the program ask.
type result struct {
	count        int
	seconds, cpu float64
}

// results are by measure and system, with the measures in their order.
type results struct {
	names []string
	of    map[[2]string]result
}

const (
	linux  = "linux"
	mirage = "mirage"
)

// read reads what dom0/init reports that the guests' scripts have said.
func read(out []byte, guests []string) (*results, error) {
	rs := &results{of: map[[2]string]result{}}
	for line := range strings.Lines(strings.ReplaceAll(string(out), "\r", "")) {
		_, report, _ := strings.Cut(line, "LAB ")
		guest, said, _ := strings.Cut(report, " asked ")
		system, _, _ := strings.Cut(guest, "-")
		if !slices.Contains(guests, guest) {
			continue
		}
		var name string
		var r result
		if _, err := fmt.Sscanf(said, "measured %s %d %f %f", &name, &r.count, &r.seconds, &r.cpu); err != nil {
			return nil, fmt.Errorf("%s: %s", guest, said)
		}
		if !slices.Contains(rs.names, name) {
			rs.names = append(rs.names, name)
		}
		rs.of[[2]string{name, system}] = r
	}
	for _, name := range rs.names {
		for _, system := range []string{linux, mirage} {
			if rs.of[[2]string{name, system}].count == 0 {
				return nil, fmt.Errorf("no %s on %s", name, system)
			}
		}
	}
	if len(rs.names) == 0 {
		return nil, fmt.Errorf("nothing was measured")
	}
	return rs, nil
}

// print prints a table.
func (rs *results) print(w io.Writer, clock bool) {
	unit := "instructions"
	if clock {
		unit = "ns"
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "measure\tmirage\tlinux\trate\tmirage\tlinux\t%s of the guest per\t\n", unit)
	for _, name := range rs.names {
		m, l := rs.of[[2]string{name, mirage}], rs.of[[2]string{name, linux}]
		rate, of, per, n := "MB/s", 1e6, "KiB", 1024.0
		if name == "dns" {
			rate, of, per, n = "queries/s", 1, "query", 1
		}
		speed := func(r result) float64 { return float64(r.count) / of / r.seconds }
		cost := func(r result) float64 { return r.cpu * 1e9 / float64(r.count) * n }
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%s\t%.0f\t%.0f\t%s\t\n", name, speed(m), speed(l), rate, cost(m), cost(l), per)
	}
	t.Flush()
}
