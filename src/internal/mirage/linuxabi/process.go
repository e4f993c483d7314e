package linuxabi

import (
	"internal/mirage/device"
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"sync"
	"sync/atomic"
)

// A Process is the state that system calls work on: there is one program on the machine, and no other process.
type Process struct {
	fds     descriptors
	fs      *fs.FS
	cwd     atomic.Pointer[fs.Inode]
	umask   atomic.Uint32
	net     *network
	console *console
	disks   disks
	host    hostname
	board   device.Board // nil: none that is known
	unix    unixNames
	mapped  mappedFiles
	mounts  mounts
	name    atomic.Pointer[string] // PR_SET_NAME
	sigmask atomic.Uint64
	kept    [len(keptSettings)]atomic.Uint32
	noNew   atomic.Bool  // PR_SET_NO_NEW_PRIVS
	nice    atomic.Int32 // setpriority
	ioPrio  atomic.Int32 // ioprio_set
	ending  sync.Once
	started int64 // nanotime

	bootLine   string // what the machine's loader said
	bootIDOnce sync.Once
	bootUUID   string
}

// NewProcess makes a process with an empty tree of at most limit bytes, no descriptors and no network but loopback.
func NewProcess(limit int64) *Process {
	p := &Process{fs: fs.New(limit, wallClock), started: nanotime()}
	p.fs.SetPager(newPages)
	p.fds.limit = maxDescriptors
	p.cwd.Store(p.fs.Root())
	p.umask.Store(0o022)
	p.console = newConsole(func(sig uint32) { raise(p, uintptr(sig)) })
	p.net = newNetwork()
	return p
}

// The identities that the only process has, and a superuser's.
const (
	pid  = 1
	ppid = 0
)

func getpid(p *Process, a args) (uintptr, linux.Errno)  { return pid, 0 }
func getppid(p *Process, a args) (uintptr, linux.Errno) { return ppid, 0 }

// getid serves getuid and its kin, all of which answer 0: root.
func getid(p *Process, a args) (uintptr, linux.Errno) { return 0, 0 }

// setid serves setuid and its kin. Only user 0 is mapped here, as in a user namespace of its own, where another ID is
// EINVAL (user_namespaces(7)).
func setid(p *Process, a args) (uintptr, linux.Errno) {
	if int32(a.a1) != 0 {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// setreuid is setid for setreuid and setregid, where -1 leaves an ID as it is.
func setreuid(p *Process, a args) (uintptr, linux.Errno) { return 0, rootOnly(a.a1, a.a2) }

// setresuid is setid for setresuid and setresgid.
func setresuid(p *Process, a args) (uintptr, linux.Errno) { return 0, rootOnly(a.a1, a.a2, a.a3) }

func rootOnly(ids ...uintptr) linux.Errno {
	for _, id := range ids {
		if int32(id) != 0 && int32(id) != -1 {
			return linux.EINVAL
		}
	}
	return 0
}

// getresid serves getresuid and getresgid.
func getresid(p *Process, a args) (uintptr, linux.Errno) {
	for _, ptr := range [...]uintptr{a.a1, a.a2, a.a3} {
		if e := store(ptr, uint32(0)); e != 0 {
			return 0, e
		}
	}
	return 0, 0
}

func getgroups(p *Process, a args) (uintptr, linux.Errno) {
	if int32(a.a1) < 0 {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// setgroups takes the empty list alone.
func setgroups(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1 != 0 {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// mine checks a process ID that a caller means itself by.
func mine(id uintptr) linux.Errno {
	if int32(id) != 0 && int32(id) != pid {
		return linux.ESRCH
	}
	return 0
}

// getpgid serves getpgid and getsid: the process leads its group and its session.
func getpgid(p *Process, a args) (uintptr, linux.Errno) { return pid, mine(a.a1) }

// setpgid refuses, as for a session leader (setpgid(2)).
func setpgid(p *Process, a args) (uintptr, linux.Errno) {
	if e := mine(a.a1); e != 0 {
		return 0, e
	}
	return 0, linux.EPERM
}

// setsid refuses, as for the leader of a process group (setsid(2)).
func setsid(p *Process, a args) (uintptr, linux.Errno) { return 0, linux.EPERM }

// wait answers that there are no children: none can be made.
func wait(p *Process, a args) (uintptr, linux.Errno) { return 0, linux.ECHILD }

// finish lets what the program has written leave before the machine ends: on Linux the kernel goes on sending.
func (p *Process) finish() {
	p.ending.Do(func() {
		p.syncMounts(true)
		p.console.drain()
		p.net.drain()
	})
}

// exit serves exit and exit_group: the runtime decides what remains to be done.
func exit(p *Process, a args) (uintptr, linux.Errno) {
	p.finish()
	exitMachine(int32(a.a1))
	return 0, 0
}

// setTidAddress has no thread whose end to tell of.
func setTidAddress(p *Process, a args) (uintptr, linux.Errno) { return pid, 0 }
