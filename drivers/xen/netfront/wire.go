package netfront

// Entries of the rings, as little-endian words of 32 bits: xen/include/public/io/netif.h.
//
//	netif_tx_request: the reference of the page; offset in it, flags << 16; name, size << 16
//	netif_tx_response: name, status << 16
//	netif_rx_request: name; the reference of the page
//	netif_rx_response: name, offset in the page << 16; flags, status << 16, which is the length or negative
const (
	txSize = 12
	rxSize = 8
)

// Flags of a frame that is sent.
const (
	txBlank     = 1 << 0 // NETTXF_csum_blank: the checksum field has the pseudo-header's sum
	txValidated = 1 << 1 // NETTXF_data_validated
)

// Flags of a frame that was received.
const (
	rxValidated = 1 << 0 // NETRXF_data_validated
	rxBlank     = 1 << 1 // NETRXF_csum_blank: it never left the host
	rxMore      = 1 << 2 // NETRXF_more_data: it goes on in the next buffer
	rxExtra     = 1 << 3 // NETRXF_extra_info: the next entry is no buffer
)
