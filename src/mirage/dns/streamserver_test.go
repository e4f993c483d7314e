package dns

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// serveStreams makes t serve on a port of loopback.
func serveStreams(t testing.TB, s *StreamServer) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func dialStream(t testing.TB, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// framed puts messages behind their lengths.
func framed(messages ...[]byte) (b []byte) {
	for _, m := range messages {
		b = append(appendBE16(b, uint16(len(m))), m...)
	}
	return b
}

// readFramed reads one message, nil at the end.
func readFramed(t testing.TB, c io.Reader) []byte {
	t.Helper()
	var n [2]byte
	if _, err := io.ReadFull(c, n[:]); err != nil {
		return nil
	}
	b := make([]byte, be16(n[:]))
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// queryWithID is a query with the ID id.
func queryWithID(t testing.TB, id uint16, name string) []byte {
	q := makeQuery(t, name, TypeA, nil)
	q[0], q[1] = byte(id>>8), byte(id)
	return q
}

// RFC 7766 section 6.2.1.1: queries are pipelined, and an end of the client's side is no reason not to answer
// (RFC 7766 section 6.2.4 leaves closing to the client).
func TestStreamPipelined(t *testing.T) {
	c := dialStream(t, serveStreams(t, &StreamServer{Handle: ruleServer(t, Options{}).HandleStream}))
	const n = 2000
	go func() {
		var b []byte
		for i := range uint16(n) {
			b = append(b, framed(queryWithID(t, i, "web.example"))...)
		}
		for len(b) > 0 { // in odd pieces
			k := min(len(b), 1001)
			c.Write(b[:k])
			b = b[k:]
		}
		c.(*net.TCPConn).CloseWrite()
	}()
	for i := range uint16(n) {
		b := readFramed(t, c)
		if m, err := ParseMessage(b); err != nil || m.ID != i || brief(m) != "ok aa | web.example. A 192.0.2.3 | |" {
			t.Fatalf("%d: %x: %v", i, b, err)
		}
	}
	if b := readFramed(t, c); b != nil {
		t.Errorf("%x", b)
	}
}

// RFC 7766 section 6.2.1.1 and 7: an answer that takes long does not hold up others.
func TestStreamConcurrent(t *testing.T) {
	first := make(chan bool)
	s := &StreamServer{Concurrent: 2, Handle: func(s *Stream, query []byte) {
		if query[1] == 1 {
			<-first
		}
		s.Send(query)
	}}
	c := dialStream(t, serveStreams(t, s))
	c.Write(framed(queryWithID(t, 1, "a."), queryWithID(t, 2, "b."), queryWithID(t, 3, "c.")))
	for _, want := range []byte{2, 3, 1} {
		if b := readFramed(t, c); b == nil || b[1] != want {
			t.Fatalf("%x, want %d", b, want)
		}
		if want == 3 {
			close(first)
		}
	}
}

// RFC 7766 section 8: over TCP an answer is whole whatever size the client says with EDNS, and RFC 1035 section 4.2.2.
func TestStreamNotTruncated(t *testing.T) {
	text := soa
	for range 200 {
		text += "big TXT " + strings.Repeat("x", 200) + strconv.Itoa(len(text)) + "\n"
	}
	for range 400 {
		text += "huge TXT " + strings.Repeat("x", 200) + strconv.Itoa(len(text)) + "\n"
	}
	s, err := NewServer(Options{}, readZone(t, text))
	if err != nil {
		t.Fatal(err)
	}
	c := dialStream(t, serveStreams(t, &StreamServer{Handle: s.HandleStream}))
	for range 3 {
		for _, e := range []*EDNS{nil, {UDPSize: 512}, {UDPSize: 4096}} {
			q := makeQuery(t, "big.example", TypeTXT, e)
			if m, err := ParseMessage(s.Answer(nil, q, 1232)); err != nil || !m.Truncated {
				t.Error("not cut in a datagram")
			}
			c.Write(framed(q))
			b := readFramed(t, c)
			if m, err := ParseMessage(b); err != nil || m.Truncated || len(m.Answers) != 200 {
				t.Fatalf("%d bytes, %v", len(b), err)
			}
			c.Write(framed(makeQuery(t, "huge.example", TypeTXT, e)))
			b = readFramed(t, c)
			if m, err := ParseMessage(b); err != nil || !m.Truncated || len(m.Answers) != 0 {
				t.Fatalf("%d bytes, %v", len(b), err)
			}
		}
	}
}

// RFC 7828: section 3.3.2, the option goes with answers to clients that send it; section 3.2.1, it means nothing in a
// datagram.
func TestKeepAlive(t *testing.T) {
	s := ruleServer(t, Options{})
	c := dialStream(t, serveStreams(t, &StreamServer{Handle: s.HandleStream, Idle: 12300 * time.Millisecond}))
	with := makeQuery(t, "web.example", TypeA, &EDNS{UDPSize: 1232, Options: []Option{{OptionKeepAlive, nil}}})
	without := makeQuery(t, "web.example", TypeA, &EDNS{UDPSize: 1232})
	for range 3 {
		for i, q := range [][]byte{with, without} {
			c.Write(framed(q))
			for j, b := range [][]byte{readFramed(t, c), s.Answer(nil, q, 1232)} {
				m, err := ParseMessage(b)
				if err != nil {
					t.Fatal(err)
				}
				e, _, _ := m.EDNS()
				if want := i+j == 0; want != (len(e.Options) == 1) {
					t.Fatal(i, j, e.Options)
				} else if want && (e.Options[0].Code != OptionKeepAlive || !bytes.Equal(e.Options[0].Data, []byte{0, 123})) {
					t.Fatal(e.Options)
				}
			}
		}
	}
}

// ended reports whether the server has closed c.
func ended(c net.Conn) bool {
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := c.Read(make([]byte, 1))
	var ne net.Error
	return err != nil && !(errors.As(err, &ne) && ne.Timeout())
}

// RFC 7766 section 6.2.3: connections without queries end, and so do those whose query does not arrive.
func TestStreamTimeouts(t *testing.T) {
	addr := serveStreams(t, &StreamServer{Handle: ruleServer(t, Options{}).HandleStream, Idle: 200 * time.Millisecond, Timeout: 200 * time.Millisecond})
	silent := dialStream(t, addr)
	slow := dialStream(t, addr)
	started := time.Now()
	go func() {
		for _, b := range framed(makeQuery(t, "web.example", TypeA, nil)) { // each byte is in time, but not all
			slow.Write([]byte{b})
			time.Sleep(50 * time.Millisecond)
		}
	}()
	if !ended(silent) || !ended(slow) {
		t.Error("still there")
	}
	if d := time.Since(started); d < 150*time.Millisecond {
		t.Error(d)
	}
}

// A client that asks and does not read costs no more than what the kernel keeps, for as long as the time-out.
func TestStreamSlowReader(t *testing.T) {
	handled := make(chan bool, 1<<20)
	answer := make([]byte, 60000)
	s := &StreamServer{Timeout: 300 * time.Millisecond, Handle: func(s *Stream, query []byte) {
		handled <- true
		s.Send(answer)
	}}
	c := dialStream(t, serveStreams(t, s))
	q := framed(makeQuery(t, "web.example", TypeA, nil))
	c.SetWriteDeadline(time.Now().Add(5 * time.Second))
	for { // the host's buffers may take megabytes
		if _, err := c.Write(q); err != nil {
			break
		}
	}
	if n := len(handled); n > 1000 {
		t.Error(n, "answers were made for nobody")
	}
}

// What is no query ends the connection.
func TestStreamBadMessages(t *testing.T) {
	addr := serveStreams(t, &StreamServer{Handle: ruleServer(t, Options{}).HandleStream})
	answer := makeQuery(t, "web.example", TypeA, nil)
	answer[2] |= 0x80
	for _, b := range [][]byte{{0, 0}, {0, 16}, {0xff, 0xff}, {0x10, 0x01}, framed(answer)} {
		c := dialStream(t, addr)
		c.Write(append(framed(makeQuery(t, "web.example", TypeA, nil)), b...))
		if readFramed(t, c) == nil {
			t.Errorf("%x: the query before is not answered", b)
		}
		if !ended(c) {
			t.Errorf("%x: still there", b)
		}
	}
}

// RFC 7766 section 6.2.2 and 10: the connections are limited, in all and of a client.
func TestStreamLimits(t *testing.T) {
	ask := func(c net.Conn) bool {
		c.Write(framed(makeQuery(t, "web.example", TypeA, nil)))
		return readFramed(t, c) != nil
	}
	h := ruleServer(t, Options{}).HandleStream
	addr := serveStreams(t, &StreamServer{Handle: h, MaxPerClient: 3})
	var list []net.Conn
	for range 3 {
		list = append(list, dialStream(t, addr))
		if !ask(list[len(list)-1]) {
			t.Fatal("refused")
		}
	}
	if !ended(dialStream(t, addr)) {
		t.Error("a fourth connection")
	}
	for _, c := range list {
		if !ask(c) {
			t.Error("an old connection ended")
		}
	}

	addr = serveStreams(t, &StreamServer{Handle: h, MaxStreams: 3})
	list = nil
	for range 3 {
		list = append(list, dialStream(t, addr))
		ask(list[len(list)-1])
		time.Sleep(10 * time.Millisecond)
	}
	ask(list[0])
	if c := dialStream(t, addr); !ask(c) {
		t.Error("no place was made")
	}
	if !ended(list[1]) || !ask(list[0]) || !ask(list[2]) {
		t.Error("it was not the one that waited longest that ended")
	}
}

// Close lets the answers go that are being made.
func TestStreamClose(t *testing.T) {
	in, out := make(chan bool), make(chan bool)
	s := &StreamServer{Handle: func(s *Stream, query []byte) {
		in <- true
		<-out
		s.Send(query)
	}}
	c := dialStream(t, serveStreams(t, s))
	q := makeQuery(t, "web.example", TypeA, nil)
	c.Write(framed(q))
	<-in
	closed := make(chan bool)
	go func() {
		s.Close()
		close(closed)
	}()
	time.Sleep(20 * time.Millisecond)
	select {
	case <-closed:
		t.Error("Close did not wait")
	default:
	}
	close(out)
	if b := readFramed(t, c); !bytes.Equal(b, q) {
		t.Errorf("%x", b)
	}
	<-closed
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err != nil || s.Serve(l) != net.ErrClosed {
		t.Error("it serves after Close", err)
	}
}

// A long query's buffer is given up once the query is handled, and what comes then is read into a new one.
func TestStreamAfterLongQuery(t *testing.T) {
	var got []int
	client, c := net.Pipe()
	s := &Stream{server: &StreamServer{Handle: func(s *Stream, query []byte) { got = append(got, len(query)) }}, conn: c}
	go func() {
		for _, n := range []int{2000, 1000, 17} {
			client.Write(framed(make([]byte, n)))
		}
		client.Close()
	}()
	s.serve()
	if !slices.Equal(got, []int{2000, 1000, 17}) {
		t.Error(got)
	}
}

func FuzzStream(f *testing.F) {
	f.Add(framed(makeQuery(f, "web.example", TypeA, nil), makeQuery(f, "example", TypeAXFR, nil)))
	f.Add([]byte{0, 12, 0})
	server := ruleServer(f, Options{})
	f.Fuzz(func(t *testing.T, b []byte) {
		client, c := net.Pipe()
		s := &Stream{server: &StreamServer{Handle: server.HandleStream}, conn: c}
		go func() {
			client.Write(b)
			client.Close()
		}()
		go io.Copy(io.Discard, client)
		s.serve()
		if s.w > 2+maxQuery || len(s.in) > 2*maxQuery {
			t.Error(s.w, len(s.in))
		}
	})
}
