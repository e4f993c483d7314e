package main

import (
	"fmt"
	"os"
)

// A progress shows on standard error how much of something is done: a line that is written over on a terminal, else a line a tenth.
type progress struct {
	what     string
	total    int64
	shown    int64 // tenths of a percent
	terminal bool
}

func newProgress(what string, total int64) *progress {
	info, err := os.Stderr.Stat()
	return &progress{what: what, total: max(total, 1), shown: -1, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// at says that n bytes are done.
func (p *progress) at(n int64) {
	step := int64(100)
	if p.terminal {
		step = 1
	}
	done := min(n, p.total) * 1000 / p.total / step * step
	if done == p.shown {
		return
	}
	p.shown = done
	end := "\n"
	if p.terminal {
		end = "\r"
	}
	fmt.Fprintf(os.Stderr, "mirage: %s: %3d %% of %d MiB%s", p.what, done/10, (p.total+mebibyte-1)/mebibyte, end)
}

// end says that all is done.
func (p *progress) end() {
	p.at(p.total)
	if p.terminal {
		fmt.Fprintln(os.Stderr)
	}
}
