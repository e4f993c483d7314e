//go:build !mirage

package vchan

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/ring"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"math/rand"
	"testing"
)

// A guest is one of two.
type guest struct {
	*System
	domain *xentest.Domain
	store  *xentest.Store
}

func newGuest(t testing.TB, number string) guest {
	t.Helper()
	device.SetReporter(func(string, error) {})
	d := xentest.New()
	s := d.NewStore()
	s.Set("domid", number)
	c, err := store.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	return guest{&System{d, grant.New(d), c}, d, s}
}

const (
	path = "data/test"
	far  = "/local/domain/3/data/test"
)

// pair is a server and a client, which sees in its store what the server offers.
func pair(t testing.TB) (server, client guest) {
	server, client = newGuest(t, "1"), newGuest(t, "2")
	xentest.Pair(server.domain, client.domain)
	return server, client
}

func (g guest) see(server guest) {
	for _, key := range []string{keyRing, keyEvent} {
		g.store.Set(far+key, server.store.Get(path+key))
	}
}

// connected are the two ends of a channel.
func connected(t testing.TB, receive, send int) (s, c *Channel, server, client guest) {
	t.Helper()
	server, client = pair(t)
	s, err := server.Offer(xentest.Peer, path, receive, send)
	if err != nil {
		t.Fatal(err)
	}
	if s.Accepted() {
		t.Error("accepted before anybody came")
	}
	client.see(server)
	if c, err = client.Connect(xentest.Peer, far); err != nil {
		t.Fatal(err)
	}
	if !s.Wait() || !s.Accepted() || s.Lost() || c.Lost() {
		t.Fatal("connected, and the server does not see it")
	}
	return s, c, server, client
}

// libxenvchan.h, struct vchan_interface: where what lies, and what a server writes before the client comes; tools/libs/vchan,
// init.c: who may read the names.
func TestLayout(t *testing.T) {
	server, _ := pair(t)
	s, err := server.Offer(xentest.Peer, path, 4096, 5000)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 24)
	want[16], want[18] = 12, 13 // orders
	want[20], want[21], want[22] = 2, 1, 1
	if got := s.page.Bytes()[:24]; !bytes.Equal(got, want) {
		t.Errorf("% x, want % x", got, want)
	}
	for i := range 3 {
		if page, write := server.domain.Grant(s.page.Load32(24 + 4*i)); page == nil || !write {
			t.Errorf("page %d is not shared", i)
		}
	}
	for _, key := range []string{keyRing, keyEvent} {
		if got := server.store.Permissions(path + key); got != "n1 r3" {
			t.Errorf("%s: %s", key, got)
		}
	}
	if err := server.Withdraw(path); err != nil || server.store.Get(path+keyRing) != "" {
		t.Errorf("withdrawn, and still there: %v", err)
	}
	s.Close()
	if n := server.domain.Grants(); n != 0 {
		t.Errorf("%d pages are shared behind the end", n)
	}
}

// libxenvchan.h, left_order: 10 and 11 lie in the page, not two of the same, and the list of pages must not reach them.
func TestOrders(t *testing.T) {
	for _, c := range []struct{ left, right, wantLeft, wantRight int }{
		{1, 2000, 10, 11}, {2000, 1, 11, 10}, {1, 1, 12, 12}, {2048, 2048, 12, 12}, {2000, 5000, 11, 13}, {4097, 4096, 13, 12},
		{1, 1 << 20, 12, 20}, {1 << 20, 1 << 20, 20, 20}, {1 << 21, 1500, 20, 11},
	} {
		if l, r := orders(c.left, c.right); l != c.wantLeft || r != c.wantRight || check(l, r) != nil {
			t.Errorf("%d, %d bytes: orders %d, %d", c.left, c.right, l, r)
		}
	}
	for _, bad := range [][2]int{{10, 10}, {11, 11}, {9, 12}, {12, 21}, {10, 20}, {0, 0}, {65535, 12}} {
		if check(bad[0], bad[1]) == nil {
			t.Errorf("orders %d", bad)
		}
	}
}

// What one side writes the other reads, both ways at once, with rings of all kinds; who finds nothing, or no room, gets an event.
func TestBothWays(t *testing.T) {
	for _, size := range [][2]int{{1024, 2048}, {2048, 1024}, {4096, 4096}, {100000, 5000}, {1 << 20, 1 << 20}} {
		s, c, server, client := connected(t, size[0], size[1])
		done := make(chan bool, 4)
		for i, end := range []*Channel{s, c} {
			news := [2]chan bool{make(chan bool, 1), make(chan bool, 1)}
			go func() {
				for end.Wait() {
					for _, n := range news {
						select {
						case n <- true:
						default:
						}
					}
				}
			}()
			const total = 300000
			go func() { done <- send(end, byte(i), total, news[0]) }()
			go func() { done <- receive(end, byte(1-i), total, news[1]) }()
		}
		for range 4 {
			if !<-done {
				t.Errorf("%d: not what was written", size)
			}
		}
		c.Close()
		s.Close()
		if n := server.domain.Grants(); n != 0 || server.domain.Ports() != 1 || client.domain.Ports() != 1 {
			t.Errorf("%d: %d pages are shared behind the end, %d and %d ports", size, n, server.domain.Ports(), client.domain.Ports())
		}
	}
}

func send(c *Channel, seed byte, total int, news chan bool) bool {
	random := rand.New(rand.NewSource(1))
	for at := 0; at < total; {
		p := make([]byte, min(1+random.Intn(5000), total-at))
		for i := range p {
			p[i] = seed + byte((at+i)%251)
		}
		for len(p) > 0 {
			n, err := c.Write(p)
			if err != nil {
				return false
			}
			at += n
			if p = p[n:]; len(p) > 0 {
				<-news
			}
		}
	}
	return true
}

func receive(c *Channel, seed byte, total int, news chan bool) bool {
	random := rand.New(rand.NewSource(2))
	for at := 0; at < total; {
		p := make([]byte, 1+random.Intn(7000))
		n, err := c.Read(p)
		if err != nil {
			return false
		}
		for i, b := range p[:n] {
			if b != seed+byte((at+i)%251) {
				return false
			}
		}
		if at += n; n == 0 {
			<-news
		}
	}
	return true
}

// libxenvchan.h, cli_live and srv_live: what was written before a side closed is read, then there is the end.
func TestClose(t *testing.T) {
	for _, serverCloses := range []bool{true, false} {
		s, c, server, _ := connected(t, 4096, 4096)
		if !serverCloses {
			s, c = c, s
		}
		s.Write([]byte("last words"))
		s.Close()
		p := make([]byte, 100)
		if n, err := c.Read(p); string(p[:n]) != "last words" || err != nil {
			t.Errorf("%q %v", p[:n], err)
		}
		if n, err := c.Read(p); n != 0 || err != ErrClosed {
			t.Errorf("%d %v", n, err)
		}
		if n, err := c.Write(p); n != 0 || err != ErrClosed {
			t.Errorf("%d %v", n, err)
		}
		c.Close()
		server.Grants.Alloc(xentest.Peer, 1, false) // frees what the client had mapped when the server closed
		if n := server.domain.Grants(); n != 1 {
			t.Errorf("%d pages are shared behind the end", n-1)
		}
	}
}

// While the client has the memory mapped it is nobody else's.
func TestMemoryIsHeld(t *testing.T) {
	s, c, server, _ := connected(t, 4096, 4096)
	s.Close()
	if _, err := server.Grants.Alloc(xentest.Peer, 1, false); err != nil {
		t.Fatal(err)
	}
	if n := server.domain.Grants(); n != 4 {
		t.Errorf("%d pages are shared, want the channel's three and another", n)
	}
	c.Close()
}

// A domain that ends says nothing.
func TestLost(t *testing.T) {
	s, c, server, client := connected(t, 4096, 4096)
	server.domain.End()
	if !c.Lost() {
		t.Error("the client does not notice")
	}
	c.Close()
	s, _, _, client = connected(t, 4096, 4096)
	client.domain.End()
	if !s.Lost() {
		t.Error("the server does not notice")
	}
}

// Why there may be no channel.
func TestConnectFails(t *testing.T) {
	server, client := pair(t)
	if _, err := client.Connect(xentest.Peer, far); err != ErrNobody {
		t.Errorf("nothing there: %v", err)
	}
	client.store.Fail = func(uint32, string) string { return "EACCES" }
	if _, err := client.Connect(xentest.Peer, far); err != ErrNobody {
		t.Errorf("not for us: %v", err)
	}
	client.store.Fail = nil
	s, err := server.Offer(xentest.Peer, path, 4096, 4096)
	if err != nil {
		t.Fatal(err)
	}
	client.see(server)
	good := s.page.Load32(leftOrder)
	s.page.Store32(leftOrder, 10<<16|10)
	if _, err := client.Connect(xentest.Peer, far); err != errLayout {
		t.Errorf("rings on top of each other: %v", err)
	}
	s.page.Store32(leftOrder, good)
	ref := s.page.Load32(grants + 4)
	s.page.Store32(grants+4, 7)
	if _, err := client.Connect(xentest.Peer, far); err == nil {
		t.Error("a ring that is not shared")
	}
	s.page.Store32(grants+4, ref)
	if n := client.domain.Ports(); n != 1 {
		t.Errorf("%d ports are left", n)
	}
	if _, err := client.Connect(xentest.Peer, far); err != nil {
		t.Errorf("the server cannot be connected to any more: %v", err)
	}
	if _, err := client.Connect(xentest.Peer, far); err != ErrBusy {
		t.Errorf("a second client: %v", err)
	}
	for _, v := range []string{"x", "-1", "4294967296", ""} {
		client.store.Set(far+keyEvent, v)
		if _, err := client.Connect(xentest.Peer, far); err != errNumber {
			t.Errorf("%q: %v", v, err)
		}
	}
}

// An offer that cannot be made leaves nothing behind.
func TestOfferFails(t *testing.T) {
	for _, kind := range []uint32{2, 6, 7, 11, 14} { // XS_READ, XS_TRANSACTION_START, _END, XS_WRITE, XS_SET_PERMS
		server, _ := pair(t)
		server.store.Fail = func(k uint32, _ string) string {
			if k == kind {
				return "EQUOTA"
			}
			return ""
		}
		if _, err := server.Offer(xentest.Peer, path, 4096, 4096); err != store.Error("EQUOTA") {
			t.Errorf("%d: %v", kind, err)
		}
		if server.domain.Grants() != 0 || server.domain.Ports() != 1 {
			t.Errorf("%d: %d pages, %d ports are left", kind, server.domain.Grants(), server.domain.Ports())
		}
	}
	server, _ := pair(t)
	if _, err := server.Offer(77, path, 4096, 4096); err == nil || server.domain.Grants() != 0 {
		t.Errorf("a domain that there is not: %v", err)
	}
	server.store.Set("domid", "x")
	if _, err := server.Offer(xentest.Peer, path, 4096, 4096); err != errDomain {
		t.Errorf("%v", err)
	}
}

// Counts are the other side's: more bytes than the ring holds end the channel for good.
func TestHostileCounts(t *testing.T) {
	for _, count := range []int{leftTaken, leftPut, rightTaken, rightPut} {
		for _, v := range []uint32{4097, 1 << 31, ^uint32(0)} {
			s, c, _, _ := connected(t, 4096, 4096)
			s.page.Store32(count, v)
			for _, end := range []*Channel{s, c} {
				_, readErr := end.Read(make([]byte, 10))
				n, writeErr := end.Write(make([]byte, 10))
				reads := (end == s) == (count < rightTaken)
				if put := count == leftPut || count == rightPut; !put && v == ^uint32(0) {
					continue // one byte, which nobody wrote: they may say so
				}
				if reads && readErr != ring.ErrIndex || !reads && (writeErr != ring.ErrIndex || n != 0) {
					t.Errorf("word %d is %#x: read %v, written %d %v", count, v, readErr, n, writeErr)
				}
			}
		}
	}
}

// FuzzHostile lets the input decide what the other side does with the page, whoever that is.
func FuzzHostile(f *testing.F) {
	f.Add([]byte{0, 10, 0, 1, 20, 0, 2, 1, 200, 2, 5, 0, 0, 1, 1})
	f.Add([]byte{2, 0, 255, 2, 1, 7, 0, 100, 0, 1, 100, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		s, c, _, _ := connected(t, 1024, 4096)
		ends := []*Channel{s, c}
		for ; len(in) >= 3; in = in[3:] {
			a, b := int(in[1]), in[2]
			end := ends[b&1]
			switch in[0] % 3 {
			case 0:
				if n, _ := end.Write(make([]byte, a*16)); n < 0 || n > a*16 || n > dma.PageSize {
					t.Fatalf("wrote %d", n)
				}
			case 1:
				if n, _ := end.Read(make([]byte, a*16)); n < 0 || n > a*16 || n > dma.PageSize {
					t.Fatalf("read %d", n)
				}
			case 2:
				s.page.Store32(a%32*4, uint32(int8(b))*64)
			}
		}
		c.Close()
		s.Close()
	})
}

// FuzzPage has the client connect to a page of anything.
func FuzzPage(f *testing.F) {
	f.Add([]byte{12, 0, 12, 0, 2, 1, 1, 0, 8, 0, 0, 0})
	f.Add([]byte{10, 0, 11, 0, 2, 1, 1, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		server, client := pair(t)
		s, err := server.Offer(xentest.Peer, path, 1024, 4096)
		if err != nil {
			t.Fatal(err)
		}
		client.see(server)
		copy(s.page.Bytes()[leftOrder:], in)
		if c, err := client.Connect(xentest.Peer, far); err == nil {
			c.Write(make([]byte, 5000))
			c.Read(make([]byte, 5000))
			c.Close()
		}
		if n := client.domain.Ports(); n != 1 {
			t.Fatalf("%d ports are left", n)
		}
	})
}
