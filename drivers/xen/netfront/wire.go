package netfront

// Entries of the rings, as little-endian words of 32 bits: xen/include/public/io/netif.h.
//
//	netif_tx_request: the reference of the page; offset in it, flags << 16; name, size << 16
//	netif_tx_response: name, status << 16
//	netif_rx_request: name; the reference of the page
//	netif_rx_response: name, offset in the page << 16; flags, status << 16, which is the length or negative
//	netif_extra_info, in either: type, flags << 8, size << 16; kind of segments
//
// A frame has one entry for each page that it lies in, all but the last with the flag that there are more. Behind the first
// are those with extra information, if that has the flag for it. The first entry of a frame that is sent has the size of the
// whole frame, the others their own.
const (
	txSize = 12
	rxSize = 8
)

// Flags of an entry of a frame that is sent, and what its answer says.
const (
	txBlank     = 1 << 0 // NETTXF_csum_blank: the checksum field has the pseudo-header's sum
	txValidated = 1 << 1 // NETTXF_data_validated
	txMore      = 1 << 2 // NETTXF_more_data: the frame goes on in another page
	txExtra     = 1 << 3 // NETTXF_extra_info: the next entry says more of the frame

	txNull = 1 // NETIF_RSP_NULL: the answer to extra information
)

// Flags of an entry of a frame that was received.
const (
	rxValidated = 1 << 0 // NETRXF_data_validated
	rxBlank     = 1 << 1 // NETRXF_csum_blank: it never left the host
	rxMore      = 1 << 2 // NETRXF_more_data: it goes on in the next buffer
	rxExtra     = 1 << 3 // NETRXF_extra_info: the next entry is no buffer
)

// Extra information.
const (
	extraSegments = 1      // XEN_NETIF_EXTRA_TYPE_GSO: the frame is segments of so many octets
	extraMore     = 1 << 8 // XEN_NETIF_EXTRA_FLAG_MORE: there is more of it
	segments4     = 1      // XEN_NETIF_GSO_TYPE_TCPV4
	segments6     = 2      // XEN_NETIF_GSO_TYPE_TCPV6
)
