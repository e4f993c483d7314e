package linux

// Process-wide things: signals, resource limits, identities.
const (
	SIGHUP    = 1
	SIGINT    = 2
	SIGQUIT   = 3
	SIGABRT   = 6
	SIGKILL   = 9
	SIGPIPE   = 13
	SIGALRM   = 14
	SIGTERM   = 15
	SIGCHLD   = 17
	SIGCONT   = 18
	SIGSTOP   = 19
	SIGURG    = 23
	SIGWINCH  = 28
	SIGMAX    = 64
	SIGSETLEN = 8 // bytes of the kernel's sigset_t

	RLIMIT_CPU       = 0
	RLIMIT_FSIZE     = 1
	RLIMIT_DATA      = 2
	RLIMIT_STACK     = 3
	RLIMIT_CORE      = 4
	RLIMIT_RSS       = 5
	RLIMIT_NPROC     = 6
	RLIMIT_NOFILE    = 7
	RLIMIT_MEMLOCK   = 8
	RLIMIT_AS        = 9
	RLIMIT_NLIMITS   = 16
	RLIM_INFINITY    = 1<<64 - 1
	RUSAGE_SELF      = 0
	RUSAGE_CHILDREN  = -1
	RUSAGE_THREAD    = 1
	PR_SET_NAME      = 15
	PR_GET_NAME      = 16
	PR_GET_DUMPABLE  = 3
	PR_SET_DUMPABLE  = 4
	PR_SET_PDEATHSIG = 1
	PR_GET_PDEATHSIG = 2
	PR_SET_VMA       = 0x53564d41
	PR_GET_KEEPCAPS  = 7
	PR_SET_KEEPCAPS  = 8
	PR_GET_NO_NEW    = 39
	PR_SET_NO_NEW    = 38
	PR_CAPBSET_READ  = 23

	PR_SET_CHILD_SUBREAPER = 36
	PR_GET_CHILD_SUBREAPER = 37

	// I/O priorities (include/uapi/linux/ioprio.h).
	IOPRIO_CLASS_SHIFT = 13
	IOPRIO_CLASS_NONE  = 0
	IOPRIO_CLASS_RT    = 1
	IOPRIO_CLASS_BE    = 2
	IOPRIO_CLASS_IDLE  = 3

	SIOCOUTQ = 0x5411

	ARCH_GET_FS       = 0x1003
	CAP_LAST_CAP      = 40
	CAP_VERSION_1     = 0x19980330
	CAP_VERSION_2     = 0x20071026
	CAP_VERSION_3     = 0x20080522
	TIOCGWINSZ        = 0x5413
	TCGETS            = 0x5401
	FIONREAD          = 0x541b
	FIONBIO           = 0x5421
	FIOCLEX           = 0x5451
	FIONCLEX          = 0x5450
	SIOCGIFNAME       = 0x8910
	SIOCGIFCONF       = 0x8912
	SIOCGIFFLAGS      = 0x8913
	SIOCGIFADDR       = 0x8915
	SIOCGIFBRDADDR    = 0x8919
	SIOCGIFNETMASK    = 0x891b
	SIOCGIFMTU        = 0x8921
	SIOCGIFHWADDR     = 0x8927
	SIOCGIFINDEX      = 0x8933
	SIOCGIFTXQLEN     = 0x8942
	CLOCK_TICKS       = 100 // USER_HZ
	WNOHANG           = 1
	DEFAULT_HOST_NAME = "mirage"
)

// An Rlimit is struct rlimit64.
type Rlimit struct{ Cur, Max uint64 }

// A Rusage is struct rusage.
type Rusage struct {
	Utime  Timeval
	Stime  Timeval
	Maxrss int64
	_      [13]int64 // kept for getrusage(2)'s other counters, which stay 0
}

// A CapHeader is struct __user_cap_header_struct.
type CapHeader struct {
	Version uint32
	Pid     int32
}

// A CapData is struct __user_cap_data_struct.
type CapData struct{ Effective, Permitted, Inheritable uint32 }

// A Sysinfo is struct sysinfo.
type Sysinfo struct {
	Uptime    int64
	Loads     [3]uint64
	Totalram  uint64
	Freeram   uint64
	Sharedram uint64
	Bufferram uint64
	Totalswap uint64
	Freeswap  uint64
	Procs     uint16
	_         uint16
	_         uint32
	Totalhigh uint64
	Freehigh  uint64
	Unit      uint32
	_         [4]byte
}

// An Utsname is struct new_utsname.
type Utsname struct {
	Sysname    [65]byte
	Nodename   [65]byte
	Release    [65]byte
	Version    [65]byte
	Machine    [65]byte
	Domainname [65]byte
}

// A Tms is struct tms.
type Tms struct{ Utime, Stime, Cutime, Cstime int64 }
