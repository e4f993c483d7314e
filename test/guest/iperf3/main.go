// Command iperf3 answers iperf3 clients over TCP: one test at a time, either direction, any number of streams. With it
// TCP in an image is measured beside iperf3 in a Linux guest.
//
//	mirage run -p 5201:5201 ./test/guest/iperf3
//	iperf3 -c 127.0.0.1
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// States that the two sides tell each other in an octet of the control connection: iperf_api.h.
const (
	testStart       = 1
	testRunning     = 2
	testEnd         = 4
	paramExchange   = 9
	createStreams   = 10
	exchangeResults = 13
	displayResults  = 14
	done            = 16
	accessDenied    = 0xff
)

const cookieLen = 37

// maxText bounds what is read of a client's parameters and results, octets.
const maxText = 1 << 20

func main() {
	address := flag.String("listen", ":5201", "where to listen")
	flag.Parse()
	l, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("listening on ", l.Addr())
	for {
		control, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		if err := serve(l, control); err != nil {
			log.Print(err)
		}
		control.Close()
	}
}

// A test is what one client asks for.
type test struct {
	TCP      bool `json:"tcp"`
	Parallel int  `json:"parallel"`
	Reverse  bool `json:"reverse"`
	Both     bool `json:"bidirectional"`
	Length   int  `json:"len"`
	cookie   [cookieLen]byte
	streams  []*stream
	ended    atomic.Bool
	began    time.Time
}

// A stream is one of its connections.
type stream struct {
	net.Conn
	octets atomic.Int64
}

func serve(l net.Listener, control net.Conn) error {
	control.SetDeadline(time.Now().Add(time.Hour))
	t := &test{}
	if _, err := io.ReadFull(control, t.cookie[:]); err != nil {
		return err
	}
	say(control, paramExchange)
	if err := readText(control, t); err != nil {
		return err
	}
	if !t.TCP || t.Both || t.Parallel < 1 || t.Parallel > 128 || t.Length < 1 || t.Length > 1<<20 {
		say(control, accessDenied)
		return fmt.Errorf("not a test that is known here: %+v", t)
	}
	say(control, createStreams)
	if err := t.accept(l); err != nil {
		return err
	}
	say(control, testStart)
	say(control, testRunning)
	var group sync.WaitGroup
	t.began = time.Now()
	for _, s := range t.streams {
		group.Go(func() { t.move(s) })
	}
	err := t.finish(control)
	for _, s := range t.streams {
		s.Close()
	}
	group.Wait()
	return err
}

func say(c net.Conn, state byte) { c.Write([]byte{state}) }

// accept takes the connections of a test's streams.
func (t *test) accept(l net.Listener) error {
	for len(t.streams) < t.Parallel {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		var cookie [cookieLen]byte
		c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(c, cookie[:]); err != nil || cookie != t.cookie {
			say(c, accessDenied)
			c.Close()
			continue
		}
		c.SetDeadline(time.Time{})
		t.streams = append(t.streams, &stream{Conn: c})
	}
	return nil
}

// move sends, or receives, until the test is over.
func (t *test) move(s *stream) {
	b := make([]byte, t.Length)
	f := s.Read
	if t.Reverse {
		f = s.Write
	}
	for !t.ended.Load() {
		n, err := f(b)
		s.octets.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// finish waits until the client has had enough, and exchanges results with it.
func (t *test) finish(control net.Conn) error {
	if err := expect(control, testEnd); err != nil {
		return err
	}
	t.ended.Store(true)
	seconds := time.Since(t.began).Seconds()
	say(control, exchangeResults)
	if err := readText(control, &struct{}{}); err != nil {
		return err
	}
	if err := writeText(control, t.results(seconds)); err != nil {
		return err
	}
	say(control, displayResults)
	return expect(control, done)
}

func expect(c net.Conn, state byte) error {
	var b [1]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return err
	}
	if b[0] != state {
		return fmt.Errorf("the client says %d where %d is due", b[0], state)
	}
	return nil
}

// results are a test's, as the client wants them.
func (t *test) results(seconds float64) any {
	type streamResult struct {
		ID          int     `json:"id"`
		Bytes       int64   `json:"bytes"`
		Retransmits int     `json:"retransmits"`
		Jitter      int     `json:"jitter"`
		Errors      int     `json:"errors"`
		Packets     int     `json:"packets"`
		Start       float64 `json:"start_time"`
		End         float64 `json:"end_time"`
	}
	r := struct {
		CPU         float64        `json:"cpu_util_total"`
		User        float64        `json:"cpu_util_user"`
		System      float64        `json:"cpu_util_system"`
		Retransmits int            `json:"sender_has_retransmits"`
		Streams     []streamResult `json:"streams"`
	}{}
	for i, s := range t.streams {
		id := i + 1
		if i > 0 {
			id = i + 2 // so iperf3 numbers them
		}
		r.Streams = append(r.Streams, streamResult{ID: id, Bytes: s.octets.Load(), End: seconds})
	}
	return r
}

// readText reads JSON with its length before it.
func readText(c net.Conn, v any) error {
	var n uint32
	if err := binary.Read(c, binary.BigEndian, &n); err != nil {
		return err
	}
	if n > maxText {
		return errors.New("too long a text")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

func writeText(c net.Conn, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}
