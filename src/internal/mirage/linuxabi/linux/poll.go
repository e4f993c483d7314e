package linux

// Readiness, the same bits for poll and epoll (include/uapi/linux/eventpoll.h, asm-generic/poll.h).
const (
	EPOLLIN     = 0x1
	EPOLLPRI    = 0x2
	EPOLLOUT    = 0x4
	EPOLLERR    = 0x8
	EPOLLHUP    = 0x10
	POLLNVAL    = 0x20
	EPOLLRDNORM = 0x40
	EPOLLRDBAND = 0x80
	EPOLLWRNORM = 0x100
	EPOLLWRBAND = 0x200
	EPOLLMSG    = 0x400
	EPOLLRDHUP  = 0x2000

	EPOLLEXCLUSIVE = 1 << 28
	EPOLLWAKEUP    = 1 << 29
	EPOLLONESHOT   = 1 << 30
	EPOLLET        = 1 << 31

	EPOLL_CTL_ADD = 1
	EPOLL_CTL_DEL = 2
	EPOLL_CTL_MOD = 3
	EPOLL_CLOEXEC = 0x80000
)

// Flags of eventfd2 and timerfd.
const (
	EFD_SEMAPHORE = 0x1
	EFD_NONBLOCK  = 0x800
	EFD_CLOEXEC   = 0x80000

	TFD_NONBLOCK             = 0x800
	TFD_CLOEXEC              = 0x80000
	TFD_TIMER_ABSTIME        = 0x1
	TFD_TIMER_CANCEL_ON_SET  = 0x2
	GRND_NONBLOCK            = 0x1
	GRND_RANDOM              = 0x2
	GRND_INSECURE            = 0x4
	TIMER_ABSTIME            = 0x1
	CLOCK_REALTIME           = 0
	CLOCK_MONOTONIC          = 1
	CLOCK_PROCESS_CPUTIME_ID = 2
	CLOCK_THREAD_CPUTIME_ID  = 3
	CLOCK_MONOTONIC_RAW      = 4
	CLOCK_REALTIME_COARSE    = 5
	CLOCK_MONOTONIC_COARSE   = 6
	CLOCK_BOOTTIME           = 7
	CLOCK_TAI                = 11
)

// A Pollfd is struct pollfd.
type Pollfd struct {
	Fd      int32
	Events  int16
	Revents int16
}

// An Itimerspec is struct itimerspec.
type Itimerspec struct {
	Interval Timespec
	Value    Timespec
}
