//go:build unix

package vm

import (
	"errors"
	"os"
	"syscall"
)

// The program in the machine gets this process's signals by a port of the console named "signals": each is a byte with the
// signal's number.

var errNoSignals = errors.New("a machine without a console takes no signals")

// socketPair makes the two ends of a port: ours and QEMU's, which takes a socket only.
func socketPair(name string) (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock() // until neither end is inherited by accident
	defer syscall.ForkLock.RUnlock()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, err
	}
	for _, fd := range pair {
		syscall.CloseOnExec(fd)
	}
	return os.NewFile(uintptr(pair[0]), name), os.NewFile(uintptr(pair[1]), name), nil
}

// Signal sends the program a signal. One that comes before the program has begun waits for it.
func (m *Machine) Signal(s syscall.Signal) error {
	if m.xen != nil {
		return m.xenSignal(s)
	}
	if m.keys != nil {
		_, err := m.keys.Write(piKey(s))
		return err
	}
	if m.signals == nil {
		return errNoSignals
	}
	_, err := m.signals.Write([]byte{byte(s)})
	return err
}
