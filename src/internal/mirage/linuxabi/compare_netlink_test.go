//go:build !mirage

package linuxabi

import (
	"fmt"
	"net"
	"syscall"
	"testing"

	"internal/mirage/linuxabi/linux"
)

// askNetlink sends one request to a new socket and notes what comes back: kinds and lengths of time apart, the attributes named.
func (l *streamLog) askNetlink(what string, kind, flags uint16, body []byte, attributes ...uint16) {
	fd := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	defer l.w.do(syscall.SYS_CLOSE, fd)
	request := append(make([]byte, linux.SizeofNlmsghdr), body...)
	put32(request, uint32(len(request)))
	put16(request[4:], kind)
	put16(request[6:], linux.NLM_F_REQUEST|flags)
	put32(request[8:], 7)
	l.w.must(l.t, syscall.SYS_SENDTO, fd, request, len(request), 0, netlinkAddr(0), 12)
	for b := make([]byte, 1<<16); ; {
		n, e := l.w.do(syscall.SYS_RECVFROM, fd, b, len(b), linux.MSG_DONTWAIT, 0, 0)
		if e != 0 {
			l.note(what+": at the end", n, e)
			return
		}
		messages, err := syscall.ParseNetlinkMessage(b[:n])
		if err != nil {
			l.t.Fatal(err)
		}
		for _, m := range messages {
			line := fmt.Sprintf("%s: type %d seq %d multi %v", what, m.Header.Type, m.Header.Seq, m.Header.Flags&linux.NLM_F_MULTI != 0)
			if m.Header.Type == linux.NLMSG_ERROR {
				line += fmt.Sprintf(" error %d", int32(get32(m.Data)))
			} else {
				for _, a := range attributes {
					line += fmt.Sprintf(" %d: %x", a, attribute(l.t, m, a))
				}
			}
			l.lines = append(l.lines, line)
		}
	}
}

// netlinkAttr is an attribute (struct rtattr).
func netlinkAttr(kind uint16, value string) []byte {
	b := make([]byte, 4, 8+len(value))
	put16(b, uint16(4+len(value)))
	put16(b[2:], kind)
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// TestNetlinkAskAsHost asks for single links and routes (rtnetlink(7); RFC 3549 sections 2.3.2.2 and 3.1).
func TestNetlinkAskAsHost(t *testing.T) {
	both(t, func(l *streamLog) {
		link := func(index uint32, more ...byte) []byte {
			b := make([]byte, 16)
			put32(b[4:], index)
			return append(b, more...)
		}
		for _, flags := range []uint16{0, linux.NLM_F_ACK} {
			l.askNetlink("link 1", linux.RTM_GETLINK, flags, link(1), linux.IFLA_IFNAME, linux.IFLA_ADDRESS)
			l.askNetlink("link lo", linux.RTM_GETLINK, flags, link(0, netlinkAttr(linux.IFLA_IFNAME, "lo\x00")...), linux.IFLA_IFNAME)
			l.askNetlink("no link", linux.RTM_GETLINK, flags, link(0))
			l.askNetlink("link 9999", linux.RTM_GETLINK, flags, link(9999))
			l.askNetlink("link nosuch", linux.RTM_GETLINK, flags, link(0, netlinkAttr(linux.IFLA_IFNAME, "nosuch\x00")...))
			for _, a := range []string{"127.0.0.1", "127.1.2.3", "::1"} {
				b, ip := make([]byte, 12), net.ParseIP(a)
				b[0], b[1] = linux.AF_INET6, 128
				if ip4 := ip.To4(); ip4 != nil {
					b[0], b[1], ip = linux.AF_INET, 32, ip4
				}
				l.askNetlink("route to "+a, linux.RTM_GETROUTE, flags, append(b, netlinkAttr(linux.RTA_DST, string(ip))...),
					linux.RTA_DST, linux.RTA_OIF, linux.RTA_GATEWAY, linux.RTA_TABLE)
			}
		}
		l.askNetlink("a short link", linux.RTM_GETLINK, 0, link(1)[:8])
		l.askNetlink("a short route", linux.RTM_GETROUTE, 0, []byte{linux.AF_INET, 32, 0, 0})
	})
}

// TestNetlinkNeighbours: a list of neighbours, of which loopback has none.
func TestNetlinkNeighbours(t *testing.T) {
	w, _ := ourWorld(t)
	if all := w.routes(t, linux.RTM_GETNEIGH); len(all) != 0 {
		t.Errorf("%d neighbours", len(all))
	}
}
