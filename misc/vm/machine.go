package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Why a machine ended before its program did.
var (
	ErrTimeLimit = errors.New("the time limit is over")
	ErrStopped   = errors.New("the machine was stopped")
)

// A Machine is a running QEMU.
type Machine struct {
	arch     string
	cmd      *exec.Cmd
	remove   func()         // the temporary files
	copying  sync.WaitGroup // the streams that come from QEMU
	messages messages
	exit     lastByte
	signals  *os.File   // nil for a machine without a console
	keys     *os.File   // the input of a Raspberry Pi's serial port; nil for other machines
	xen      xenMachine // nil for other machines than Xen's guests
	limit    *time.Timer

	mu     sync.Mutex
	reason error // why it was killed
}

// Start makes the machine that c describes and boots its image.
func (c Config) Start() (*Machine, error) {
	if err := c.settle(); err != nil {
		return nil, err
	}
	m := &Machine{arch: c.Arch, remove: func() {}}
	start := c.startQEMU
	if c.isXen() {
		start = c.startXen
	}
	if err := start(m); err != nil {
		m.remove()
		return nil, err
	}
	if c.TimeLimit > 0 {
		m.limit = time.AfterFunc(c.TimeLimit, func() { m.kill(ErrTimeLimit) })
	}
	return m, nil
}

// startQEMU starts a machine in which the image runs by itself.
func (c *Config) startQEMU(m *Machine) (err error) {
	kernel, remove, err := c.kernel()
	if err != nil {
		return err
	}
	m.remove = remove
	args, err := c.arguments(kernel)
	if err != nil {
		return err
	}
	m.cmd = exec.Command(c.qemu, args...)
	m.cmd.Stderr = &m.messages
	m.cmd.SysProcAttr = childAttributes()
	return m.start(c)
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// start starts QEMU with its standard input from c's, a pipe to each of the outputs, as firstFile and so on, and behind them
// the port for signals. QEMU gets pipes and never the files themselves: it would change a terminal's mode and write at
// offsets of its own.
func (m *Machine) start(c *Config) error {
	outputs := []io.Writer{orDiscard(c.Stderr), orDiscard(c.Stdout), &m.exit}
	var ours, theirs []*os.File
	defer func() { closeAll(theirs) }()
	for range outputs {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ours)
			return err
		}
		ours, theirs = append(ours, r), append(theirs, w)
	}
	if !c.NoConsole {
		mine, its, err := socketPair("signals")
		if err != nil {
			closeAll(ours)
			return err
		}
		m.signals, theirs = mine, append(theirs, its)
	}
	m.cmd.ExtraFiles = theirs
	if c.isPi() {
		m.cmd.Stdout = theirs[1]
	}
	var input *os.File
	if c.Stdin != nil || c.isPi() {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(append(ours, m.signals))
			return err
		}
		m.cmd.Stdin, input = r, w
		theirs = append(theirs, r)
	}
	if err := m.cmd.Start(); err != nil {
		closeAll(append(ours, input, m.signals))
		return err
	}
	for i, r := range ours {
		m.copying.Go(func() {
			io.Copy(outputs[i], r)
			io.Copy(io.Discard, r) // a writer that fails does not hold QEMU up
			r.Close()
		})
	}
	if c.isPi() {
		m.keys = input // a serial port's input has no end, and keys may be pressed after c.Stdin's
	}
	if c.Stdin != nil {
		go func() {
			io.Copy(input, c.Stdin)
			if m.keys == nil {
				input.Close()
			}
		}()
	}
	return nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// Stop ends the machine at once. Wait then returns ErrStopped.
func (m *Machine) Stop() { m.kill(ErrStopped) }

func (m *Machine) kill(reason error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reason == nil {
		m.reason = reason
		if m.xen != nil {
			m.xen.destroy()
			return
		}
		m.cmd.Process.Kill()
	}
}

// Process is QEMU's process.
func (m *Machine) Process() *os.Process { return m.cmd.Process }

// Wait waits until the machine has ended and all its output is written, and returns the program's exit code. The
// error is ErrTimeLimit, ErrStopped, or what QEMU said when it failed. Called once.
func (m *Machine) Wait() (code int, err error) {
	err = m.cmd.Wait()
	m.copying.Wait()
	m.signals.Close()
	m.keys.Close()
	m.remove()
	if m.limit != nil {
		m.limit.Stop()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reason != nil {
		return 0, m.reason
	}
	if m.xen != nil {
		return m.xen.result(err)
	}
	if code, said := m.exit.value(); said {
		return code, nil
	}
	var status *exec.ExitError
	switch failed := m.messages.errors(); {
	case err == nil && m.arch == "arm64":
		return 0, nil
	case err == nil:
		return 0, errors.New("the machine stopped without an exit code")
	case !errors.As(err, &status):
		return 0, err
	case m.arch == "arm64" && status.Exited() && failed == "":
		return status.ExitCode(), nil // by SYS_EXIT_EXTENDED
	case failed == "":
		return 0, fmt.Errorf("QEMU ended with %w", err)
	default:
		return 0, fmt.Errorf("QEMU: %s", failed)
	}
}

// lastByte is a Writer that keeps the last byte written.
type lastByte struct {
	mu   sync.Mutex
	last int
	any  bool
}

func (b *lastByte) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(p) > 0 {
		b.last, b.any = int(p[len(p)-1]), true
	}
	return len(p), nil
}

func (b *lastByte) value() (last int, any bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last, b.any
}

// messages is a Writer that keeps the beginning of what a program says.
type messages struct {
	mu   sync.Mutex
	text strings.Builder
}

// maxMessages bounds what is kept, in bytes.
const maxMessages = 64 << 10

func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text.Write(p[:min(len(p), maxMessages-m.text.Len())])
	return len(p), nil
}

// errors returns QEMU's messages that are not warnings, in one line and without QEMU's name.
func (m *messages) errors() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var kept []string
	for line := range strings.Lines(m.text.String()) {
		line = strings.TrimSpace(line)
		if name, rest, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(name, "qemu") {
			line = rest
		}
		if line != "" && !strings.HasPrefix(line, "warning:") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[:min(len(kept), 3)], "; ")
}

// all is what is kept.
func (m *messages) all() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.String()
}

// end is the last of what is kept, some lines.
func (m *messages) end() string {
	const most = 2000
	text := strings.ReplaceAll(m.all(), "\r", "")
	return text[max(len(text)-most, 0):]
}
