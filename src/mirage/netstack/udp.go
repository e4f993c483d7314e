package netstack

import "net/netip"

// A Handler answers one datagram. query is its payload; the answer is appended to dst, which has length 0 and the
// capacity of one packet, and is returned; an empty one sends nothing. It keeps neither slice. It is called at once from
// several goroutines, must not block, and answers the sender: to call, rather than answer, is what sockets are for.
type Handler func(dst, query []byte, from netip.AddrPort) []byte

// A UDP is a port whose datagrams a Handler answers.
type UDP struct {
	addr  netip.AddrPort
	done  chan struct{} // closed when it serves no more
	err   error         // why, read after done
	close func()
}

// HandleUDP makes h answer what comes to addr: an address of this machine, or an unspecified one for all, and a port.
// The errors are those of net.ListenUDP.
func HandleUDP(addr netip.AddrPort, h Handler) (*UDP, error) {
	u := &UDP{addr: addr, done: make(chan struct{})}
	if err := u.open(h); err != nil {
		return nil, err
	}
	return u, nil
}

// Addr is where it serves.
func (u *UDP) Addr() netip.AddrPort { return u.addr }

// Wait returns when it serves no more: net.ErrClosed after Close, else what went wrong.
func (u *UDP) Wait() error {
	<-u.done
	return u.err
}

// Close ends serving.
func (u *UDP) Close() { u.close() }
