package dot

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"internal/byteorder"
	"io"
	"mirage/dns"
	"net"
	"sync"
	"time"
)

// A conn is a connection with queries under way: RFC 7858 section 3.3 wants them sent without waiting for each other's answers.
type conn struct {
	net  net.Conn
	idle time.Duration
	done chan struct{} // closed when it is over

	mu      sync.Mutex
	waiting map[uint16]chan *dns.Message // takes one answer each
	asked   bool                         // since the last answer
	err     error                        // why it is over

	writing sync.Mutex
}

// maxWaiting bounds the queries of one connection, so that free IDs are found soon.
const maxWaiting = 4096

var errBusy = errors.New("dot: too many queries at a time")

func newConn(n net.Conn, idle time.Duration) *conn {
	k := &conn{net: n, idle: idle, done: make(chan struct{}), waiting: map[uint16]chan *dns.Message{}}
	go k.read()
	return k
}

// over reports whether nothing can be asked any more.
func (k *conn) over() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// end closes the connection; all who wait hear why. Only the first call does anything.
func (k *conn) end(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.err = err
		k.net.Close()
		close(k.done)
	}
}

// exchange sends a query and waits for the answer.
func (k *conn) exchange(ctx context.Context, query *dns.Message) (*dns.Message, error) {
	id, answer, err := k.add()
	if err != nil {
		return nil, err
	}
	defer k.remove(id)
	if err := k.send(ctx, id, query); err != nil {
		return nil, err
	}
	select {
	case a := <-answer:
		if len(a.Questions) > 1 || len(a.Questions) == 1 && (len(query.Questions) != 1 || a.Questions[0] != query.Questions[0]) {
			return nil, errAnswer
		}
		a.ID = query.ID
		return a, nil
	case <-k.done:
		return nil, k.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// add takes an ID that no other query has.
func (k *conn) add() (id uint16, answer chan *dns.Message, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.err != nil:
		return 0, nil, k.err
	case len(k.waiting) >= maxWaiting:
		return 0, nil, errBusy
	}
	answer = make(chan *dns.Message, 1)
	for {
		var b [2]byte
		rand.Read(b[:])
		if id = byteorder.BEUint16(b[:]); k.waiting[id] == nil {
			k.waiting[id] = answer
			return id, answer, nil
		}
	}
}

func (k *conn) remove(id uint16) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.waiting, id)
}

// send writes a query behind its length: RFC 1035 section 4.2.2, both in one record of TLS.
func (k *conn) send(ctx context.Context, id uint16, query *dns.Message) error {
	m := *query
	m.ID = id
	b, err := padded(&m)
	if err != nil {
		return err
	}
	b = append(byteorder.BEAppendUint16(nil, uint16(len(b))), b...)
	k.writing.Lock()
	defer k.writing.Unlock()
	deadline, _ := ctx.Deadline()
	k.net.SetWriteDeadline(deadline)
	k.expect(true)
	if _, err := k.net.Write(b); err != nil {
		k.end(err) // part of it may have been sent
		return err
	}
	return nil
}

// expect begins the time within which an answer has to come: with an answer, and with the first query after it. Later queries do not
// begin it anew, so that one who asks often finds out that the server is gone.
func (k *conn) expect(query bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !query || !k.asked {
		k.net.SetReadDeadline(time.Now().Add(k.idle))
	}
	k.asked = query
}

// Padding: RFC 8467 section 4.1 has queries be multiples of 128 octets long.
const (
	optionPadding = 12 // RFC 7830
	block         = 128
	overhead      = 4 // an option's code and length
)

// padded writes a query with its OPT record, if it has one, padded.
func padded(m *dns.Message) ([]byte, error) {
	b, err := m.Append(nil)
	e, ok, _ := m.EDNS()
	if err != nil || !ok {
		return b, err
	}
	fill := make([]byte, (block-(len(b)+overhead)%block)%block)
	e.Options = append(e.Options, dns.Option{Code: optionPadding, Data: fill})
	more := make([]dns.Record, 0, len(m.Additionals))
	for _, r := range m.Additionals {
		if r.Type == dns.TypeOPT {
			r = e.Record()
		}
		more = append(more, r)
	}
	m.Additionals = more
	return m.Append(nil)
}

// read hands out answers until the connection is over. What nobody waits for any more is passed over.
func (k *conn) read() {
	in := bufio.NewReader(k.net)
	for {
		var n [2]byte
		if _, err := io.ReadFull(in, n[:]); err != nil {
			k.end(err)
			return
		}
		b := make([]byte, byteorder.BEUint16(n[:]))
		if _, err := io.ReadFull(in, b); err != nil {
			k.end(err)
			return
		}
		k.expect(false)
		a, err := dns.ParseMessage(b)
		if err != nil || !a.Response {
			k.end(errAnswer)
			return
		}
		k.mu.Lock()
		answer := k.waiting[a.ID]
		delete(k.waiting, a.ID)
		k.mu.Unlock()
		if answer != nil {
			answer <- a
		}
	}
}
