package inet

// An Errno is why a socket call failed. The values are Linux's (asm-generic/errno.h), so that the system-call
// layer returns them as they are. Functions that return error return an Errno or nil.
type Errno uint8

const (
	ESRCH         Errno = 3
	EBADF         Errno = 9
	EAGAIN        Errno = 11
	ENOMEM        Errno = 12
	EACCES        Errno = 13
	EEXIST        Errno = 17
	ENODEV        Errno = 19
	EINVAL        Errno = 22
	EPIPE         Errno = 32
	ENONET        Errno = 64
	EPROTO        Errno = 71
	EDESTADDRREQ  Errno = 89
	EMSGSIZE      Errno = 90
	ENOPROTOOPT   Errno = 92
	EOPNOTSUPP    Errno = 95
	EAFNOSUPPORT  Errno = 97
	EADDRINUSE    Errno = 98
	EADDRNOTAVAIL Errno = 99
	ENETDOWN      Errno = 100
	ENETUNREACH   Errno = 101
	ECONNABORTED  Errno = 103
	ECONNRESET    Errno = 104
	ENOBUFS       Errno = 105
	EISCONN       Errno = 106
	ENOTCONN      Errno = 107
	ETIMEDOUT     Errno = 110
	ECONNREFUSED  Errno = 111
	EHOSTDOWN     Errno = 112
	EHOSTUNREACH  Errno = 113
	EALREADY      Errno = 114
	EINPROGRESS   Errno = 115
)

var errnoText = [...]string{
	ESRCH:         "no such entry",
	EBADF:         "socket closed",
	EAGAIN:        "resource temporarily unavailable",
	ENOMEM:        "out of memory",
	EACCES:        "permission denied",
	EEXIST:        "already exists",
	ENODEV:        "no such device",
	EINVAL:        "invalid argument",
	EPIPE:         "broken pipe",
	ENONET:        "source host isolated",
	EPROTO:        "protocol error",
	EDESTADDRREQ:  "destination address required",
	EMSGSIZE:      "message too long",
	ENOPROTOOPT:   "protocol not available",
	EOPNOTSUPP:    "operation not supported",
	EAFNOSUPPORT:  "address family not supported",
	EADDRINUSE:    "address already in use",
	EADDRNOTAVAIL: "cannot assign requested address",
	ENETDOWN:      "network is down",
	ENETUNREACH:   "network is unreachable",
	ECONNABORTED:  "connection aborted",
	ECONNRESET:    "connection reset by peer",
	ENOBUFS:       "no buffer space available",
	EISCONN:       "already connected",
	ENOTCONN:      "not connected",
	ETIMEDOUT:     "connection timed out",
	ECONNREFUSED:  "connection refused",
	EHOSTDOWN:     "host is down",
	EHOSTUNREACH:  "no route to host",
	EALREADY:      "connection already in progress",
	EINPROGRESS:   "connection in progress",
}

func (e Errno) Error() string {
	if int(e) < len(errnoText) && errnoText[e] != "" {
		return errnoText[e]
	}
	return "unknown network error"
}
