package linux

// Packet sockets (include/uapi/linux/if_packet.h, if_ether.h; a protocol is in the network's byte order wherever it stands).
const (
	SOL_PACKET = 263

	PACKET_ADD_MEMBERSHIP  = 1
	PACKET_DROP_MEMBERSHIP = 2
	PACKET_STATISTICS      = 6
	PACKET_AUXDATA         = 8

	PACKET_MR_MULTICAST = 0
	PACKET_MR_UNICAST   = 3

	PACKET_HOST      = 0
	PACKET_BROADCAST = 1
	PACKET_MULTICAST = 2
	PACKET_OTHERHOST = 3
	PACKET_OUTGOING  = 4

	ETH_P_ALL   = 3
	ETH_P_802_2 = 4

	TP_STATUS_USER = 1

	SizeofSockaddrLl     = 20
	SizeofPacketMreq     = 16
	SizeofTpacketStats   = 8
	SizeofTpacketAuxdata = 20
)

// Programs that filter what a socket receives (include/uapi/linux/filter.h, asm-generic/socket.h).
const (
	SO_ATTACH_FILTER = 26
	SO_DETACH_FILTER = 27

	BPF_MAXINSNS = 4096

	SizeofSockFprog  = 16
	SizeofSockFilter = 8
)
