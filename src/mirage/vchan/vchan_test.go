//go:build !mirage

package vchan

import (
	"bytes"
	"context"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/store"
	wire "internal/mirage/drivers/xen/vchan"
	"internal/mirage/drivers/xen/xentest"
	"io"
	"math/rand"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

var (
	_ net.Conn     = (*Conn)(nil)
	_ net.Listener = (*Listener)(nil)
)

// Both guests call each other xentest.Peer.
const peer = xentest.Peer

// A world is two guests: here is one of them at a time.
type world struct {
	servers, clients     *wire.System
	serverDom, clientDom *xentest.Domain
	serverSt, clientSt   *xentest.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	device.SetReporter(func(string, error) {})
	w := &world{}
	open := func(number string) (*wire.System, *xentest.Domain, *xentest.Store) {
		d := xentest.New()
		s := d.NewStore()
		s.Set("domid", number)
		c, err := store.Open(d)
		if err != nil {
			t.Fatal(err)
		}
		return &wire.System{Hypervisor: d, Grants: grant.New(d), Store: c}, d, s
	}
	w.servers, w.serverDom, w.serverSt = open("1")
	w.clients, w.clientDom, w.clientSt = open("2")
	xentest.Pair(w.serverDom, w.clientDom)
	t.Cleanup(func() { wire.Use(nil) })
	return w
}

func (w *world) listen(t *testing.T) *Listener {
	t.Helper()
	wire.Use(w.servers)
	l, err := ListenConfig{Receive: 4096, Send: 8192}.Listen(peer, "data/x")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// see has the client's store say what the server's does.
func (w *world) see() {
	for _, key := range []string{"/ring-ref", "/event-channel"} {
		if v := w.serverSt.Get("data/x" + key); v != "" {
			w.clientSt.Set("/local/domain/3/data/x"+key, v)
		}
	}
}

func (w *world) dial(t *testing.T) *Conn {
	t.Helper()
	wire.Use(w.clients)
	w.see()
	c, err := Dial(peer, "data/x")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) connect(t *testing.T) (l *Listener, server net.Conn, client *Conn) {
	t.Helper()
	l = w.listen(t)
	client = w.dial(t)
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return l, server, client
}

func TestTransfer(t *testing.T) {
	l, s, c := newWorld(t).connect(t)
	defer l.Close()
	data := make([]byte, 1<<20)
	rand.New(rand.NewSource(1)).Read(data)
	for _, ends := range [][2]net.Conn{{s, c}, {c, s}} {
		go func() {
			if n, err := ends[0].Write(data); n != len(data) || err != nil {
				t.Errorf("wrote %d: %v", n, err)
			}
		}()
		got := make([]byte, len(data))
		if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("not what was written: %v", err)
		}
	}
	if n, err := c.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d %v", n, err)
	}
	if c.RemoteAddr().String() != "3:data/x" || c.LocalAddr().String() != "2:data/x" || l.Addr().Network() != "vchan" {
		t.Error(c.RemoteAddr(), c.LocalAddr(), l.Addr())
	}
}

// net.Conn: deadlines hold for those who wait already, pass, and may be set anew.
func TestDeadlines(t *testing.T) {
	l, s, c := newWorld(t).connect(t)
	defer l.Close()
	timedOut := func(err error) bool {
		var e net.Error
		return errors.Is(err, os.ErrDeadlineExceeded) && errors.As(err, &e) && e.Timeout()
	}
	c.SetDeadline(time.Now().Add(-time.Second))
	if _, err := c.Read(make([]byte, 1)); !timedOut(err) {
		t.Error(err)
	}
	if _, err := c.Write(make([]byte, 1)); !timedOut(err) {
		t.Error(err)
	}
	c.SetDeadline(time.Time{})
	if _, err := c.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if n, err := s.Read(make([]byte, 10)); n != 1 || err != nil {
		t.Error(n, err)
	}
	c.SetReadDeadline(time.Now().Add(time.Hour))
	failed := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		failed <- err
	}()
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if err := <-failed; !timedOut(err) {
		t.Error(err)
	}
	if n, err := s.Write(make([]byte, 8192)); n != 8192 || err != nil {
		t.Errorf("written into a ring of 8192: %d %v", n, err)
	}
	s.SetWriteDeadline(time.Now().Add(time.Millisecond))
	if n, err := s.Write(make([]byte, 100000)); n != 0 || !timedOut(err) {
		t.Errorf("written into a ring that is full: %d %v", n, err)
	}
}

// What was written is read, then comes the end; writing to one who is gone is in vain.
func TestClose(t *testing.T) {
	l, s, c := newWorld(t).connect(t)
	defer l.Close()
	s.Write([]byte("last"))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(c); string(got) != "last" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
	for _, err := range []error{s.Close(), s.SetDeadline(time.Now())} {
		if !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	failed := make(chan error)
	go func() {
		_, err := s.Read(make([]byte, 1))
		failed <- err
	}()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	c.Close()
}

// Close wakes those who wait.
func TestCloseWakes(t *testing.T) {
	l, s, c := newWorld(t).connect(t)
	failed := make(chan error, 2)
	go func() {
		_, err := c.Read(make([]byte, 1))
		failed <- err
	}()
	go func() {
		_, err := c.Write(make([]byte, 100000))
		failed <- err
	}()
	c.Close()
	for range 2 {
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	accepted := make(chan error)
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	s.Close()
}

// A domain that ends says nothing, and is noticed all the same.
func TestDeath(t *testing.T) {
	w := newWorld(t)
	l, s, c := w.connect(t)
	defer l.Close()
	s.Write([]byte("last"))
	w.serverDom.End()
	got, err := io.ReadAll(c)
	if string(got) != "last" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := c.Write(make([]byte, 100000)); !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

// One client after the other, and several at a time.
func TestManyClients(t *testing.T) {
	w := newWorld(t)
	l := w.listen(t)
	var all []net.Conn
	for i := range 5 {
		c := w.dial(t)
		wire.Use(w.servers)
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte{byte(i)})
		all = append(all, c, s)
	}
	for i := range 5 {
		var p [2]byte
		if n, err := all[2*i+1].Read(p[:]); n != 1 || p[0] != byte(i) {
			t.Errorf("connection %d: %v %v", i, p[:n], err)
		}
	}
	for _, c := range all {
		c.Close()
	}
	l.Close()
	if n, ports := w.serverDom.Grants(), w.serverDom.Ports(); n > 0 && ports != 1 {
		t.Errorf("%d pages, %d ports are left", n, ports)
	}
}

func TestErrors(t *testing.T) {
	w := newWorld(t)
	if _, err := Dial(3, "x"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := Listen(3, "x"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := Domain(); err != ErrNone {
		t.Error(err)
	}
	wire.Use(w.clients)
	if n, err := Domain(); n != 2 || err != nil {
		t.Error(n, err)
	}
	if _, err := Dial(peer, "data/x"); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
	for _, n := range []int{-1, 0x7ff0, 1 << 16} {
		if _, err := Dial(n, "data/x"); !errors.Is(err, errDomain) {
			t.Error(n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := DialContext(ctx, peer, "data/x"); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
}

// DialContext waits for a server.
func TestDialWaits(t *testing.T) {
	w := newWorld(t)
	wire.Use(w.clients)
	connected := make(chan *Conn)
	begun := make(chan bool)
	w.clientSt.Fail = func(uint32, string) string {
		select {
		case begun <- true:
		default:
		}
		return ""
	}
	go func() {
		c, err := DialContext(t.Context(), peer, "data/x")
		if err != nil {
			t.Error(err)
		}
		connected <- c
	}()
	<-begun
	l := w.listen(t)
	w.see()
	c := <-connected
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.Close()
	l.Close()
}

// xenstored lets nobody read what was written before their domain was made: an offer that waits is made anew.
func TestOfferIsRenewed(t *testing.T) {
	w := newWorld(t)
	l := w.listen(t)
	accepted := make(chan error)
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	w.serverSt.Delete("data/x/ring-ref")
	for w.serverSt.Get("data/x/ring-ref") == "" {
		runtime.Gosched()
	}
	l.Close()
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
