package linux

// Address families, socket types and protocols (include/linux/socket.h, include/uapi/linux/in.h).
const (
	AF_UNSPEC  = 0
	AF_UNIX    = 1
	AF_INET    = 2
	AF_INET6   = 10
	AF_NETLINK = 16
	AF_PACKET  = 17
	AF_MAX     = 46

	SOCK_STREAM    = 1
	SOCK_DGRAM     = 2
	SOCK_RAW       = 3
	SOCK_SEQPACKET = 5
	SOCK_MAX       = 11
	SOCK_TYPE_MASK = 0xf
	SOCK_NONBLOCK  = 0x800
	SOCK_CLOEXEC   = 0x80000

	IPPROTO_IP     = 0
	IPPROTO_ICMP   = 1
	IPPROTO_TCP    = 6
	IPPROTO_UDP    = 17
	IPPROTO_IPV6   = 41
	IPPROTO_ICMPV6 = 58
	IPPROTO_RAW    = 255

	SHUT_RD   = 0
	SHUT_WR   = 1
	SHUT_RDWR = 2

	SizeofSockaddrIn  = 16
	SizeofSockaddrIn6 = 28
	SizeofSockaddrNl  = 12
	SizeofSockaddrUn  = 110
	SizeofSockaddr    = 128 // sockaddr_storage, the longest
)

// Flags of send and recv.
const (
	MSG_OOB          = 0x1
	MSG_PEEK         = 0x2
	MSG_DONTROUTE    = 0x4
	MSG_CTRUNC       = 0x8
	MSG_TRUNC        = 0x20
	MSG_DONTWAIT     = 0x40
	MSG_EOR          = 0x80
	MSG_WAITALL      = 0x100
	MSG_CONFIRM      = 0x800
	MSG_ERRQUEUE     = 0x2000
	MSG_NOSIGNAL     = 0x4000
	MSG_MORE         = 0x8000
	MSG_WAITFORONE   = 0x10000
	MSG_CMSG_CLOEXEC = 0x40000000
)

// Options (include/uapi/asm-generic/socket.h, linux/in.h).
const (
	SOL_SOCKET = 1

	SO_DEBUG        = 1
	SO_REUSEADDR    = 2
	SO_TYPE         = 3
	SO_ERROR        = 4
	SO_DONTROUTE    = 5
	SO_BROADCAST    = 6
	SO_SNDBUF       = 7
	SO_RCVBUF       = 8
	SO_KEEPALIVE    = 9
	SO_OOBINLINE    = 10
	SO_PRIORITY     = 12
	SO_LINGER       = 13
	SO_REUSEPORT    = 15
	SO_PASSCRED     = 16
	SO_PEERCRED     = 17
	SO_RCVLOWAT     = 18
	SO_SNDLOWAT     = 19
	SO_RCVTIMEO     = 20
	SO_SNDTIMEO     = 21
	SO_BINDTODEVICE = 25
	SO_TIMESTAMP    = 29
	SO_ACCEPTCONN   = 30
	SO_SNDBUFFORCE  = 32
	SO_RCVBUFFORCE  = 33
	SO_TIMESTAMPNS  = 35
	SO_MARK         = 36
	SO_PROTOCOL     = 38
	SO_DOMAIN       = 39
	SO_BUSY_POLL    = 46
	SO_INCOMING_CPU = 49

	SO_PREFER_BUSY_POLL = 69

	IP_TOS                  = 1
	IP_TTL                  = 2
	IP_HDRINCL              = 3
	IP_PKTINFO              = 8
	IP_MTU_DISCOVER         = 10
	IP_RECVERR              = 11
	IP_RECVTTL              = 12
	IP_RECVTOS              = 13
	IP_MTU                  = 14
	IP_FREEBIND             = 15
	IP_MINTTL               = 21
	IP_BIND_ADDRESS_NO_PORT = 24
	IP_MULTICAST_IF         = 32
	IP_MULTICAST_TTL        = 33
	IP_MULTICAST_LOOP       = 34
	IP_ADD_MEMBERSHIP       = 35
	IP_DROP_MEMBERSHIP      = 36
	IP_MULTICAST_ALL        = 49

	IP_UNBLOCK_SOURCE         = 37 // these with a struct ip_mreq_source
	IP_BLOCK_SOURCE           = 38
	IP_ADD_SOURCE_MEMBERSHIP  = 39
	IP_DROP_SOURCE_MEMBERSHIP = 40

	IP_PMTUDISC_DONT  = 0
	IP_PMTUDISC_WANT  = 1
	IP_PMTUDISC_DO    = 2
	IP_PMTUDISC_PROBE = 3
	IP_PMTUDISC_OMIT  = 5

	MCAST_JOIN_GROUP         = 42 // of either family, with a struct group_req
	MCAST_BLOCK_SOURCE       = 43 // these with a struct group_source_req
	MCAST_UNBLOCK_SOURCE     = 44
	MCAST_LEAVE_GROUP        = 45
	MCAST_JOIN_SOURCE_GROUP  = 46
	MCAST_LEAVE_SOURCE_GROUP = 47

	SO_EE_ORIGIN_LOCAL = 1
	SO_EE_ORIGIN_ICMP  = 2
	SO_EE_ORIGIN_ICMP6 = 3

	SCM_RIGHTS      = 1
	SCM_CREDENTIALS = 2
)

// Options of level IPPROTO_IPV6 (include/uapi/linux/in6.h).
const (
	IPV6_UNICAST_HOPS   = 16
	IPV6_MULTICAST_IF   = 17
	IPV6_MULTICAST_HOPS = 18
	IPV6_MULTICAST_LOOP = 19
	IPV6_JOIN_GROUP     = 20
	IPV6_LEAVE_GROUP    = 21
	IPV6_MTU_DISCOVER   = 23
	IPV6_MTU            = 24
	IPV6_RECVERR        = 25
	IPV6_V6ONLY         = 26
	IPV6_MULTICAST_ALL  = 29
	IPV6_RECVPKTINFO    = 49
	IPV6_PKTINFO        = 50
	IPV6_RECVHOPLIMIT   = 51
	IPV6_HOPLIMIT       = 52
	IPV6_RECVPATHMTU    = 60
	IPV6_PATHMTU        = 61
	IPV6_DONTFRAG       = 62
	IPV6_RECVTCLASS     = 66
	IPV6_TCLASS         = 67
	IPV6_AUTOFLOWLABEL  = 70
	IPV6_MINHOPCOUNT    = 73
	IPV6_FREEBIND       = 78
)

// Options of level IPPROTO_UDP (include/uapi/linux/udp.h).
const (
	UDP_SEGMENT = 103
	UDP_GRO     = 104
)

// Options of raw sockets (include/uapi/linux/icmp.h, icmpv6.h, in6.h).
const (
	SOL_RAW       = 255
	SOL_ICMPV6    = 58
	ICMP_FILTER   = 1
	ICMPV6_FILTER = 1
	IPV6_CHECKSUM = 7
	IPV6_HDRINCL  = 36
)

// Options of level IPPROTO_TCP (include/uapi/linux/tcp.h).
const (
	TCP_NODELAY              = 1
	TCP_MAXSEG               = 2
	TCP_CORK                 = 3
	TCP_KEEPIDLE             = 4
	TCP_KEEPINTVL            = 5
	TCP_KEEPCNT              = 6
	TCP_DEFER_ACCEPT         = 9
	TCP_INFO                 = 11
	TCP_QUICKACK             = 12
	TCP_CONGESTION           = 13
	TCP_THIN_LINEAR_TIMEOUTS = 16
	TCP_USER_TIMEOUT         = 18
	TCP_FASTOPEN             = 23
	TCP_NOTSENT_LOWAT        = 25
	TCP_FASTOPEN_CONNECT     = 30
	TCP_FASTOPEN_NO_COOKIE   = 34

	SizeofTCPInfo = 104 // as far as tcpi_total_retrans
	TCP_TIME_WAIT = 6   // tcpi_state
	TCP_LISTEN    = 10
)

// A Msghdr is struct user_msghdr.
type Msghdr struct {
	Name       uintptr
	Namelen    uint32
	_          uint32
	Iov        uintptr
	Iovlen     uintptr
	Control    uintptr
	Controllen uintptr
	Flags      int32
	_          int32
}

// A Mmsghdr is struct mmsghdr.
type Mmsghdr struct {
	Hdr Msghdr
	Len uint32
	_   uint32
}

// A Linger is struct linger.
type Linger struct{ Onoff, Linger int32 }

// A Ucred is struct ucred.
type Ucred struct {
	Pid      int32
	Uid, Gid uint32
}

// An Inet4Pktinfo is struct in_pktinfo.
type Inet4Pktinfo struct {
	Ifindex int32
	SpecDst [4]byte
	Addr    [4]byte
}

// A Cmsghdr is struct cmsghdr; its data follow, and the next begins at a multiple of eight bytes.
type Cmsghdr struct {
	Len   uint64 // with the header
	Level int32
	Type  int32
}

const SizeofCmsghdr = 16
