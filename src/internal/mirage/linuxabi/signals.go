package linuxabi

import (
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
)

// Signals: those that the program sends itself, and those of whoever runs the machine, which come as bytes. What becomes of
// a signal is the runtime's affair.

// kill serves signals to oneself, which the runtime handles; 0 asks whether the process is there, SIGKILL ends it.
func kill(p *Process, a args) (uintptr, linux.Errno) {
	id, sig := int32(a.a1), a.a2
	if id != pid && id != 0 && id != -pid {
		return 0, linux.ESRCH
	}
	return raise(p, sig)
}

func tkill(p *Process, a args) (uintptr, linux.Errno) {
	if int32(a.a1) != pid {
		return 0, linux.ESRCH
	}
	return raise(p, a.a2)
}

func tgkill(p *Process, a args) (uintptr, linux.Errno) {
	if int32(a.a1) != pid || int32(a.a2) != pid {
		return 0, linux.ESRCH
	}
	return raise(p, a.a3)
}

func raise(p *Process, sig uintptr) (uintptr, linux.Errno) {
	switch {
	case sig == 0:
		return 0, 0
	case sig > linux.SIGMAX:
		return 0, linux.EINVAL
	case sig == linux.SIGKILL:
		return exit(p, args{a1: 128 + linux.SIGKILL})
	case sig == linux.SIGSTOP:
		return 0, linux.ENOSYS // nothing can stop the machine
	}
	switch sig {
	case linux.SIGHUP, linux.SIGINT, linux.SIGQUIT, linux.SIGTERM:
		p.syncMounts(true) // without a handler the machine ends at once
	}
	signalMachine(uint32(sig))
	return 0, 0
}

// Bytes that a terminal's driver takes for signals, with the settings that a terminal begins with (termios(3), ISIG, VINTR
// and VQUIT).
const (
	interruptByte = 3  // Ctrl-C
	quitByte      = 28 // Ctrl-\
)

// keySignals takes the bytes that are signals out of b, in place, and sends the signals.
func (c *console) keySignals(b []byte) []byte {
	kept := b[:0]
	for _, key := range b {
		switch key {
		case interruptByte:
			c.signal(linux.SIGINT)
		case quitByte:
			c.signal(linux.SIGQUIT)
		default:
			kept = append(kept, key)
		}
	}
	return kept
}

// endByte is what a terminal's driver takes for the end of what is typed (termios(3), ICANON and VEOF): Ctrl-D.
const endByte = 4

// keyEnd takes such bytes out of b, in place, and reports whether the last byte was one. The input has ended then until more is typed.
func keyEnd(b []byte) (kept []byte, end bool) {
	kept = b[:0]
	for _, c := range b {
		if end = c == endByte; !end {
			kept = append(kept, c)
		}
	}
	return kept, end
}

// signalPort is the port through which the host sends the program signals, each a byte with its number.
const signalPort = "signals"

// obey sends the program what comes by port, until that ends.
func (p *Process) obey(port device.Console) {
	var b [16]byte
	for {
		n, err := port.Read(b[:])
		if n <= 0 || err != nil {
			return
		}
		for _, sig := range b[:n] {
			raise(p, uintptr(sig)) // one that there is not is no signal
		}
	}
}

// sigprocmask keeps a mask, which no signal meets.
func sigprocmask(p *Process, a args) (uintptr, linux.Errno) {
	const block, unblock, set = 0, 1, 2
	if a.a4 != linux.SIGSETLEN {
		return 0, linux.EINVAL
	}
	old := p.sigmask.Load()
	if a.a2 != 0 {
		m, e := load[uint64](a.a2)
		if e != 0 {
			return 0, e
		}
		switch a.a1 {
		case block:
			m |= old
		case unblock:
			m = old &^ m
		case set:
		default:
			return 0, linux.EINVAL
		}
		p.sigmask.Store(m &^ (1<<(linux.SIGKILL-1) | 1<<(linux.SIGSTOP-1)))
	}
	if a.a3 != 0 {
		return 0, store(a.a3, old)
	}
	return 0, 0
}
