//go:build !mirage

package linuxabi

import (
	"bytes"
	"net"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/wire"
)

// sockaddr makes a struct sockaddr_in.
func sockaddr(a, b, c, d byte, port uint16) []byte {
	s := putInet(wire.AddrPort{Addr: wire.V4(a, b, c, d), Port: port})
	return s[:]
}

// udpOn makes a UDP socket on a port of 127.0.0.1 and returns its address too.
func (w *world) udpOn(t *testing.T, flags int) (fd int, addr []byte) {
	fd = w.must(t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_DGRAM|flags, 0)
	w.must(t, syscall.SYS_BIND, fd, sockaddr(127, 0, 0, 1, 0), 16)
	addr = make([]byte, 16)
	size := int32(16)
	w.must(t, syscall.SYS_GETSOCKNAME, fd, addr, unsafe.Pointer(&size))
	return fd, addr
}

func TestUDP(t *testing.T) {
	w, _ := ourWorld(t)
	one, oneAddr := w.udpOn(t, 0)
	two, twoAddr := w.udpOn(t, 0)
	b, from, size := make([]byte, 10), make([]byte, 28), int32(28)
	receive := w.start(t, syscall.SYS_RECVFROM, two, b, len(b), 0, from, unsafe.Pointer(&size))
	receive.blocks()
	w.must(t, syscall.SYS_SENDTO, one, []byte("hello"), 5, 0, twoAddr, 16)
	receive.wants(5, 0)
	if size != 16 || !bytes.Equal(from[:16], oneAddr) {
		t.Errorf("it came from %x, %d bytes, want %x", from, size, oneAddr)
	}
	w.must(t, syscall.SYS_CONNECT, one, twoAddr, 16)
	w.must(t, syscall.SYS_WRITE, one, []byte("a longer datagram"), 17)
	w.start(t, syscall.SYS_RECVFROM, two, b, len(b), linux.MSG_PEEK|linux.MSG_TRUNC, 0, 0).wants(17, 0)
	w.start(t, syscall.SYS_READ, two, b, len(b)).wants(10, 0)
	if string(b) != "a longer d" {
		t.Errorf("read %q", b)
	}
	if _, e := w.do(syscall.SYS_RECVFROM, two, b, len(b), linux.MSG_DONTWAIT, 0, 0); e != syscall.EAGAIN {
		t.Errorf("nothing is left: %v", e)
	}
}

// A control message says where a datagram was sent to and its time to live (ip(7)).
func TestPacketInfo(t *testing.T) {
	w, _ := ourWorld(t)
	one, _ := w.udpOn(t, 0)
	two, twoAddr := w.udpOn(t, 0)
	on := int32(1)
	w.must(t, syscall.SYS_SETSOCKOPT, two, linux.IPPROTO_IP, linux.IP_PKTINFO, unsafe.Pointer(&on), 4)
	w.must(t, syscall.SYS_SETSOCKOPT, two, linux.IPPROTO_IP, linux.IP_RECVTTL, unsafe.Pointer(&on), 4)
	w.must(t, syscall.SYS_SENDTO, one, []byte("abcdef"), 6, 0, twoAddr, 16)
	first, second, control := make([]byte, 2), make([]byte, 10), make([]byte, 100)
	iov := [2]linux.Iovec{{Base: addressOf(&first[0]), Len: 2}, {Base: addressOf(&second[0]), Len: 10}}
	h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 2, Control: addressOf(&control[0]), Controllen: 100}
	w.start(t, syscall.SYS_RECVMSG, two, unsafe.Pointer(&h), 0).wants(6, 0)
	if string(first)+string(second[:4]) != "abcdef" || h.Flags != 0 {
		t.Errorf("received %q %q, flags %x", first, second, h.Flags)
	}
	messages, err := syscall.ParseSocketControlMessage(control[:h.Controllen])
	if err != nil || len(messages) != 2 {
		t.Fatalf("control messages %v: %v", messages, err)
	}
	if m := messages[0]; m.Header.Type != linux.IP_PKTINFO || !bytes.Equal(m.Data, []byte{1, 0, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1}) {
		t.Errorf("packet info %+v", m)
	}
	if m := messages[1]; m.Header.Type != linux.IP_TTL || get32(m.Data) != 64 {
		t.Errorf("time to live %+v", m)
	}
	h.Controllen = 30 // has room for the first alone (cmsg(3), MSG_CTRUNC)
	w.must(t, syscall.SYS_SENDTO, one, []byte("abcdef"), 6, 0, twoAddr, 16)
	w.start(t, syscall.SYS_RECVMSG, two, unsafe.Pointer(&h), 0).wants(6, 0)
	if h.Flags&linux.MSG_CTRUNC == 0 || h.Controllen > 30 {
		t.Errorf("flags %x, %d bytes of control", h.Flags, h.Controllen)
	}
}

func TestManyMessages(t *testing.T) {
	w, _ := ourWorld(t)
	one, _ := w.udpOn(t, 0)
	two, twoAddr := w.udpOn(t, 0)
	var text, buf [3][4]byte
	var iov [6]linux.Iovec
	var out, in [3]linux.Mmsghdr
	for i := range 3 {
		copy(text[i][:], "msg"+string(rune('0'+i)))
		iov[i] = linux.Iovec{Base: addressOf(&text[i]), Len: 4}
		iov[3+i] = linux.Iovec{Base: addressOf(&buf[i]), Len: 4}
		out[i].Hdr = linux.Msghdr{Name: addressOf(&twoAddr[0]), Namelen: 16, Iov: addressOf(&iov[i]), Iovlen: 1}
		in[i].Hdr = linux.Msghdr{Iov: addressOf(&iov[3+i]), Iovlen: 1}
	}
	if n := w.must(t, linux.SYS_SENDMMSG, one, unsafe.Pointer(&out), 3, 0); n != 3 || out[2].Len != 4 {
		t.Errorf("sent %d, the last of %d bytes", n, out[2].Len)
	}
	for got := 0; got < 3; {
		n := w.must(t, syscall.SYS_RECVMMSG, two, unsafe.Pointer(&in[got]), 3-got, linux.MSG_WAITFORONE, 0)
		got += n
	}
	if text != buf {
		t.Errorf("received %q", buf)
	}
}

func TestTimeout(t *testing.T) {
	w, _ := ourWorld(t)
	fd, _ := w.udpOn(t, 0)
	w.must(t, syscall.SYS_SETSOCKOPT, fd, linux.SOL_SOCKET, linux.SO_RCVTIMEO, unsafe.Pointer(&linux.Timeval{Usec: 1000}), 16)
	w.start(t, syscall.SYS_READ, fd, make([]byte, 4), 4).wants(0, syscall.EAGAIN)
	w.start(t, syscall.SYS_RECVFROM, fd, make([]byte, 4), 4, 0, 0, 0).wants(0, syscall.EAGAIN)
}

// What package net asks when it finds out what there is (net/ipsock_posix.go), and what is not there.
func TestFamilies(t *testing.T) {
	w, _ := ourWorld(t)
	for _, c := range []struct {
		domain, kind, protocol int
		want                   syscall.Errno
	}{
		{syscall.AF_INET, syscall.SOCK_STREAM, syscall.IPPROTO_TCP, 0},
		{syscall.AF_INET, syscall.SOCK_DGRAM, 0, 0},
		{syscall.AF_INET6, syscall.SOCK_STREAM, syscall.IPPROTO_TCP, 0},
		{syscall.AF_INET6, syscall.SOCK_DGRAM, 0, 0},
		{syscall.AF_INET6, syscall.SOCK_RAW, 58, 0},
		{syscall.AF_PACKET, syscall.SOCK_RAW, 0, 0},
		{syscall.AF_PACKET, syscall.SOCK_STREAM, 0, syscall.ESOCKTNOSUPPORT},
		{syscall.AF_INET, syscall.SOCK_RAW, 0, syscall.EPROTONOSUPPORT},
		{syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_TCP, syscall.EPROTONOSUPPORT},
		{syscall.AF_INET, 99, 0, syscall.EINVAL},
		{-1, syscall.SOCK_DGRAM, 0, syscall.EAFNOSUPPORT},
		{syscall.AF_NETLINK, syscall.SOCK_RAW, 4, syscall.EPROTONOSUPPORT},
		{syscall.AF_UNIX, syscall.SOCK_STREAM, 7, syscall.EPROTONOSUPPORT},
	} {
		if _, e := w.do(syscall.SYS_SOCKET, c.domain, c.kind, c.protocol); e != c.want {
			t.Errorf("socket(%d, %d, %d): %v, want %v", c.domain, c.kind, c.protocol, e, c.want)
		}
	}
}

// routes asks a netlink socket for a dump, as syscall.NetlinkRIB does.
func (w *world) routes(t *testing.T, kind uint16) (all []syscall.NetlinkMessage) {
	fd := w.must(t, syscall.SYS_SOCKET, syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	defer w.do(syscall.SYS_CLOSE, fd)
	w.must(t, syscall.SYS_BIND, fd, netlinkAddr(0), 12)
	request := make([]byte, 17)
	put32(request, 17)
	put16(request[4:], kind)
	put16(request[6:], linux.NLM_F_DUMP|linux.NLM_F_REQUEST)
	put32(request[8:], 1)
	w.must(t, syscall.SYS_SENDTO, fd, request, len(request), 0, netlinkAddr(0), 12)
	own, size := make([]byte, 12), int32(12)
	w.must(t, syscall.SYS_GETSOCKNAME, fd, own, unsafe.Pointer(&size))
	b := make([]byte, 4096)
	for {
		n := w.must(t, syscall.SYS_RECVFROM, fd, b, len(b), 0, 0, 0)
		messages, err := syscall.ParseNetlinkMessage(slices.Clone(b[:n]))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			if m.Header.Seq != 1 || m.Header.Pid != get32(own[4:]) {
				t.Errorf("the answer is to %d of %d", m.Header.Seq, m.Header.Pid)
			}
			switch m.Header.Type {
			case syscall.NLMSG_DONE:
				return all
			case syscall.NLMSG_ERROR:
				t.Fatalf("error %d", int32(get32(m.Data)))
			}
			all = append(all, m)
		}
	}
}

// attribute returns an attribute of a routing message.
func attribute(t *testing.T, m syscall.NetlinkMessage, kind uint16) []byte {
	all, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Attr.Type == kind {
			return a.Value
		}
	}
	return nil
}

// RFC 3549 sections 2.3.3.1 and 2.3.3.2.
func TestNetlink(t *testing.T) {
	w, _ := ourWorld(t)
	links := w.routes(t, linux.RTM_GETLINK)
	if len(links) != 1 {
		t.Fatalf("%d links", len(links))
	}
	if name := attribute(t, links[0], linux.IFLA_IFNAME); string(name) != "lo\x00" {
		t.Errorf("link %q", name)
	}
	if flags := get32(links[0].Data[8:]); flags&(linux.IFF_UP|linux.IFF_LOOPBACK) != linux.IFF_UP|linux.IFF_LOOPBACK {
		t.Errorf("flags %x", flags)
	}
	addrs := w.routes(t, linux.RTM_GETADDR)
	if len(addrs) != 2 {
		t.Fatalf("%d addresses", len(addrs))
	}
	if a := attribute(t, addrs[1], linux.IFA_ADDRESS); !net.IP(a).Equal(net.IPv6loopback) || addrs[1].Data[0] != linux.AF_INET6 ||
		addrs[1].Data[1] != 128 {
		t.Errorf("address %v/%d", net.IP(a), addrs[1].Data[1])
	}
	if a := attribute(t, addrs[0], linux.IFA_LOCAL); !net.IP(a).Equal(net.IPv4(127, 0, 0, 1)) || addrs[0].Data[1] != 8 {
		t.Errorf("address %v/%d", net.IP(a), addrs[0].Data[1])
	}
	w.routes(t, linux.RTM_GETROUTE)
}

// A request that is not served is answered with an error, one that is none with nothing.
func TestNetlinkRefuses(t *testing.T) {
	w, _ := ourWorld(t)
	fd := w.must(t, syscall.SYS_SOCKET, syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
	h := linux.Nlmsghdr{Len: 16, Type: 20, Flags: linux.NLM_F_REQUEST, Seq: 5}
	w.must(t, syscall.SYS_SENDTO, fd, unsafe.Pointer(&h), 16, 0, 0, 0)
	b := make([]byte, 100)
	n := w.must(t, syscall.SYS_RECVFROM, fd, b, len(b), linux.MSG_DONTWAIT, 0, 0)
	if n != 36 || get16(b[4:]) != linux.NLMSG_ERROR || int32(get32(b[16:])) != -int32(linux.EOPNOTSUPP) {
		t.Errorf("the answer is %x", b[:n])
	}
	for _, size := range []uint32{0, 15, 17, 1 << 31} {
		h.Len = size
		w.must(t, syscall.SYS_SENDTO, fd, unsafe.Pointer(&h), 16, 0, 0, 0)
		if _, e := w.do(syscall.SYS_RECVFROM, fd, b, len(b), linux.MSG_DONTWAIT, 0, 0); e != syscall.EAGAIN {
			t.Errorf("a request of %d bytes is answered: %v", size, e)
		}
	}
}

func TestInterfaceControl(t *testing.T) {
	w, _ := ourWorld(t)
	fd, _ := w.udpOn(t, 0)
	var r [ifreqSize]byte
	copy(r[:], "lo")
	w.must(t, syscall.SYS_IOCTL, fd, linux.SIOCGIFINDEX, unsafe.Pointer(&r))
	if get32(r[16:]) != 1 {
		t.Errorf("index %d", get32(r[16:]))
	}
	w.must(t, syscall.SYS_IOCTL, fd, linux.SIOCGIFNETMASK, unsafe.Pointer(&r))
	if !bytes.Equal(r[20:24], []byte{255, 0, 0, 0}) {
		t.Errorf("mask %v", r[20:24])
	}
	copy(r[:], "none")
	if _, e := w.do(syscall.SYS_IOCTL, fd, linux.SIOCGIFFLAGS, unsafe.Pointer(&r)); e != syscall.ENODEV {
		t.Errorf("no such interface: %v", e)
	}
	conf := struct {
		size int32
		_    int32
		buf  uintptr
	}{0, 0, 0}
	w.must(t, syscall.SYS_IOCTL, fd, linux.SIOCGIFCONF, unsafe.Pointer(&conf))
	if conf.size != ifreqSize {
		t.Errorf("the list needs %d bytes", conf.size)
	}
}

// The poller of package internal/poll hears what epoll(7) would say edge-triggered, once at first and at each change.
func TestPoller(t *testing.T) {
	w, p := ourWorld(t)
	heard := make(chan string, 10)
	f := func(desc uintptr, mode int32) {
		heard <- string(rune('0'+desc)) + map[int32]string{'r': "r", 'w': "w", 'r' + 'w': "rw"}[mode]
	}
	hostReady.Store(&f)
	t.Cleanup(func() { hostReady.Store(nil) })
	want := func(s string) {
		t.Helper()
		if got := <-heard; got != s {
			t.Errorf("heard %s, want %s", got, s)
		}
	}
	r, wr := w.pipe(t, syscall.O_NONBLOCK)
	if e := p.pollOpen(uintptr(r), 1); e != 0 {
		t.Fatal(e)
	}
	if e := p.pollOpen(uintptr(wr), 2); e != 0 {
		t.Fatal(e)
	}
	want("2w")
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	want("2r") // both ends hear what happens to the pipe: too much is harmless
	want("1r")
	p.pollClose(uintptr(wr))
	w.must(t, syscall.SYS_CLOSE, wr)
	want("1rw")
	file := w.must(t, syscall.SYS_OPENAT, 0, "/f", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	if e := p.pollOpen(uintptr(file), 3); e != int32(linux.EPERM) {
		t.Errorf("a regular file: %d", e) // epoll_ctl(2), EPERM
	}
	w.must(t, syscall.SYS_CLOSE, r) // without pollClose
	if len(heard) != 0 {
		t.Errorf("heard %s after the end", <-heard)
	}
}
