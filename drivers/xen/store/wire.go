package store

import "internal/byteorder"

// The page.
const (
	requestData  = 0
	replyData    = 1024
	ringSize     = 1024
	requestTaken = 2048
	requestPut   = 2052
	replyTaken   = 2056
	replyPut     = 2060
)

// A kind is the type of a message.
type kind uint32

const (
	directory        kind = 1
	read             kind = 2
	watch            kind = 4
	unwatch          kind = 5
	transactionStart kind = 6
	transactionEnd   kind = 7
	write            kind = 11
	remove           kind = 13
	setPermissions   kind = 14
	watchEvent       kind = 15
	failure          kind = 16
)

const (
	headerSize = 16
	maxBody    = 4096 // XENSTORE_PAYLOAD_MAX
)

// A header is struct xsd_sockmsg.
type header struct {
	kind        kind
	request     uint32 // the number of the request, also in its answer
	transaction Transaction
	size        uint32 // of the body
}

func (h header) append(b []byte) []byte {
	b = byteorder.LEAppendUint32(b, uint32(h.kind))
	b = byteorder.LEAppendUint32(b, h.request)
	b = byteorder.LEAppendUint32(b, uint32(h.transaction))
	return byteorder.LEAppendUint32(b, h.size)
}

func parseHeader(b []byte) header {
	return header{
		kind:        kind(byteorder.LEUint32(b)),
		request:     byteorder.LEUint32(b[4:]),
		transaction: Transaction(byteorder.LEUint32(b[8:])),
		size:        byteorder.LEUint32(b[12:]),
	}
}

// splitNUL returns the strings of a body, each of which ends with a NUL.
func splitNUL(b []byte) (all []string) {
	for start, i := 0, 0; i < len(b); i++ {
		if b[i] == 0 {
			all = append(all, string(b[start:i]))
			start = i + 1
		}
	}
	return all
}
