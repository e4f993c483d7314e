//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// What package runtime asks of an operating system, where the answer is short.

const (
	_EPERM = 1
	_EBADF = 9

	_SI_USER        = 0
	_si_max_size    = 128
	_sigev_max_size = 64
)

func minit() {
	minitSignals()
	mp := getg().m
	mp.procid = uint64(mp.id) + 1
}

// unminit comes before the signal stack goes.
func unminit() {
	unminitSignals()
	getg().m.thread.signalTop = 0
}

func goenvs() { goenvs_unix() }

func initSecureMode()    {}
func isSecureMode() bool { return false }

func getCPUCount() int32 { return int32(nCPUs) }

// write1 writes to the console. It is for panics and print; the program's own output goes through the library OS.
//
//go:nosplit
func write1(fd uintptr, p unsafe.Pointer, n int32) int32 {
	if fd != 1 && fd != 2 {
		return -_EBADF
	}
	consoleWrite(unsafe.Slice((*byte)(p), n))
	return n
}

// consoleWrite writes to the UART with the line ends that a terminal wants.
//
//go:nosplit
//go:nowritebarrierrec
func consoleWrite(b []byte) {
	for _, c := range b {
		if c == '\n' {
			consolePut('\r')
		}
		consolePut(c)
	}
	screenWrite(b)
}

// lastScreen shows what consoleWrite writes, once there is a screen; screenBusy is while it does, so that one that faults is not tried
// again, and what another CPU writes meanwhile is on the UART alone.
var (
	lastScreen func(b []byte)
	screenBusy atomic.Uint32
)

//go:nosplit
//go:nowritebarrierrec
func screenWrite(b []byte) {
	f := lastScreen
	if f == nil || !screenBusy.CompareAndSwap(0, 1) {
		return
	}
	// It keeps nothing of b, which may be on this goroutine's stack: that stays where it is meanwhile.
	p := unsafe.Slice((*byte)(noescape(unsafe.Pointer(unsafe.SliceData(b)))), len(b))
	if onGoroutine() {
		systemstack(func() { f(p) })
	} else {
		f(p)
	}
	screenBusy.Store(0)
}

// onGoroutine reports whether we are on a goroutine's stack, which systemstack leaves: another one is the system's, or a trap handler's,
// which must not look at its m, for that may fault (permanent_mirage.go).
//
//go:nosplit
func onGoroutine() bool {
	gp := getg()
	return gp != &thisCPU().current.trapg && gp == gp.m.curg
}

// powerOff is the library OS's way to turn the machine off, once it knows one.
var powerOff func(code int32)

var exiting bool

// exit ends the machine. Exit codes reach the host if the command line says how (exit=debug). A program without package
// os, and so without a library OS, knows no way to turn an amd64 machine off: it resets it, which QEMU's -no-reboot and
// small virtual machine monitors take for its end. What fails before main began halts, or it would fail again and again.
//
//go:nosplit
func exit(code int32) {
	irqDisable()
	if exitDebug {
		debugExit(code)
	}
	if f := powerOff; f != nil && !exiting {
		exiting = true // a power-off that faults is not tried again
		if onGoroutine() {
			systemstack(func() { f(code) })
		} else {
			f(code)
		}
	}
	if exitDebug || GOARCH == "amd64" && powerOff == nil && mainStarted {
		resetCPU() // with exit=debug the host runs us so that a reset ends us
	}
	for {
		haltForever()
	}
}

// The runtime opens files for its own tuning on other systems; there are none for it here.

//go:nosplit
func open(name *byte, mode, perm int32) int32 { return -1 }

//go:nosplit
func closefd(fd int32) int32 { return -1 }

//go:nosplit
func read(fd int32, p unsafe.Pointer, n int32) int32 { return -_EBADF }

func madvise(addr unsafe.Pointer, n uintptr, flags int32) int32 { return -_ENOSYS }
func pipe2(flags int32) (r, w int32, errno int32)               { return -1, -1, _ENOSYS }

// fcntl is package internal/syscall/unix's. The runtime asks, before there is a library OS, whether descriptors 0 to 2
// are open: they are.
func fcntl(fd, cmd, arg int32) (ret int32, errno int32) {
	if syscallServer == nil {
		return 0, 0
	}
	r, _, e := linux.Syscall6(linux.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg), 0, 0, 0)
	if e != 0 {
		return -1, int32(e)
	}
	return int32(r), 0
}

// The kernel of Linux changes credentials by thread; a program here has none.
const sigPerThreadSyscall = _SIGURG + 1

func runPerThreadSyscall() { throw("runtime: unused") }
