package apps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// A reply is what a client wrote and how it ended.
type reply struct {
	out, err string
	code     int
}

// ask runs a client's command line, with {at PORT} and the like put in, and input for it if there is any. The test is skipped if the
// client is not installed.
func (m *machine) ask(input []byte, line string, more ...string) (reply, error) {
	m.t.Helper()
	words := append(strings.Fields(m.expand(line)), more...)
	for i, word := range words {
		words[i] = m.expand(word)
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		m.t.Skipf("%s is not installed", words[0])
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &errs
	err := cmd.Run()
	r := reply{out: out.String(), err: errs.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		r.code = exit.ExitCode()
		return r, fmt.Errorf("%s: %w\n%s%s", strings.Join(words, " "), err, tail(r.out, 500), tail(r.err, 500))
	}
	return r, err
}

// up asks until the server answers, and returns the answer.
func (m *machine) up(line string, more ...string) string {
	m.t.Helper()
	var r reply
	m.eventually(line, func() (err error) {
		r, err = m.ask(nil, line, more...)
		return err
	})
	return r.out
}

// wants asks and requires that the answer has a text in it.
func (m *machine) wants(text, line string, more ...string) {
	m.t.Helper()
	r, err := m.ask(nil, line, more...)
	if err != nil || !strings.Contains(r.out, m.expand(text)) {
		m.t.Errorf("%s %s: %v\n%s\nis without %q", line, strings.Join(more, " "), err, tail(r.out, 1000), text)
	}
}

// curl is the beginning of its command lines: silent, but for errors, and not for ever.
const curl = "curl -sS -m 60 "
