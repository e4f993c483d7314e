package linux

// Routing messages (include/uapi/linux/netlink.h, rtnetlink.h, if_link.h, if_addr.h; RFC 3549).
const (
	NETLINK_ROUTE = 0

	NLMSG_NOOP  = 1
	NLMSG_ERROR = 2
	NLMSG_DONE  = 3

	NLM_F_REQUEST = 0x1
	NLM_F_MULTI   = 0x2
	NLM_F_ACK     = 0x4
	NLM_F_ROOT    = 0x100
	NLM_F_MATCH   = 0x200
	NLM_F_DUMP    = 0x300

	RTM_NEWLINK  = 16
	RTM_GETLINK  = 18
	RTM_NEWADDR  = 20
	RTM_GETADDR  = 22
	RTM_NEWROUTE = 24
	RTM_GETROUTE = 26
	RTM_NEWNEIGH = 28
	RTM_GETNEIGH = 30

	IFLA_ADDRESS   = 1
	IFLA_BROADCAST = 2
	IFLA_IFNAME    = 3
	IFLA_MTU       = 4
	IFLA_TXQLEN    = 13
	IFLA_OPERSTATE = 16
	IFLA_STATS64   = 23

	IFA_ADDRESS   = 1
	IFA_LOCAL     = 2
	IFA_LABEL     = 3
	IFA_BROADCAST = 4
	IFA_FLAGS     = 8

	IFA_F_TEMPORARY  = 0x01
	IFA_F_OPTIMISTIC = 0x04
	IFA_F_DEPRECATED = 0x20
	IFA_F_TENTATIVE  = 0x40
	IFA_F_PERM       = 0x80

	RTA_DST      = 1
	RTA_SRC      = 2
	RTA_OIF      = 4
	RTA_GATEWAY  = 5
	RTA_PRIORITY = 6
	RTA_PREFSRC  = 7
	RTA_TABLE    = 15

	RT_TABLE_MAIN     = 254
	RT_TABLE_LOCAL    = 255
	RTPROT_BOOT       = 3
	RTPROT_RA         = 9
	RT_SCOPE_UNIVERSE = 0
	RT_SCOPE_SITE     = 200
	RT_SCOPE_LINK     = 253
	RT_SCOPE_HOST     = 254
	RTN_UNICAST       = 1
	RTN_LOCAL         = 2
	RTN_BROADCAST     = 3
	RTN_MULTICAST     = 5

	NDA_DST       = 1
	NDA_LLADDR    = 2
	NUD_REACHABLE = 2

	ARPHRD_ETHER    = 1
	ARPHRD_LOOPBACK = 772

	IFF_UP        = 0x1
	IFF_BROADCAST = 0x2
	IFF_LOOPBACK  = 0x8
	IFF_RUNNING   = 0x40
	IFF_MULTICAST = 0x1000
	IFF_LOWER_UP  = 0x10000

	IF_OPER_UNKNOWN = 0
	IF_OPER_DOWN    = 2
	IF_OPER_UP      = 6

	IFNAMSIZ = 16
)

// A Nlmsghdr is struct nlmsghdr.
type Nlmsghdr struct {
	Len   uint32
	Type  uint16
	Flags uint16
	Seq   uint32
	Pid   uint32
}

const SizeofNlmsghdr = 16
