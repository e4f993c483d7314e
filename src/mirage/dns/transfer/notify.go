package transfer

import (
	"context"
	"crypto/rand"
	"internal/byteorder"
	"mirage/dns"
	"mirage/dns/tsig"
	"time"
)

// RFC 1996 section 3.6: how often a notification is sent until it is answered, and how long the first waits; each
// further one waits twice as long.
const (
	notifyTries = 6
	notifyWait  = 2 * time.Second
)

// randomID returns an ID that others cannot guess (RFC 5452 section 9.2).
func randomID() uint16 {
	var b [2]byte
	rand.Read(b[:])
	return byteorder.BEUint16(b[:])
}

// tell tells all targets that the zone is now v, in place of what they were being told of it. st.mu is held.
func (st *Store) tell(v *version) {
	if st.closed || len(st.options.Notify) == 0 {
		return
	}
	name := v.zone.Origin().Lower()
	if cancel := st.telling[name]; cancel != nil {
		cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	st.telling[name] = cancel
	for _, target := range st.options.Notify {
		st.tellers.Go(func() { st.notify(ctx, target, v) })
	}
}

// notify tells target until it answers.
func (st *Store) notify(ctx context.Context, target Target, v *version) {
	wait := notifyWait
	for range notifyTries {
		if st.notifyOnce(ctx, target, v, wait) {
			return
		}
		wait *= 2
	}
}

// notifyOnce sends a notification (RFC 1996 section 3) and reports whether it is answered within wait.
func (st *Store) notifyOnce(ctx context.Context, target Target, v *version, wait time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	c, err := st.options.Dial(ctx, "udp", target.Addr.String())
	if err != nil {
		<-ctx.Done()
		return false
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	m := dns.Message{
		Header:    dns.Header{ID: randomID(), Opcode: dns.OpcodeNotify, Authoritative: true},
		Questions: []dns.Question{{Name: v.zone.Origin(), Type: dns.TypeSOA, Class: dns.ClassIN}},
		Answers:   []dns.Record{v.soa},
	}
	b, err := m.Append(nil)
	if err != nil {
		return true
	}
	session := tsig.Session{Key: target.Key}
	if target.Key != nil {
		b = session.Sign(b, time.Now())
	}
	c.Write(b)
	for in := make([]byte, 4096); ; {
		n, err := c.Read(in)
		if err != nil {
			<-ctx.Done() // refused is not answered: it may be starting
			return false
		}
		answer := in[:n]
		if target.Key != nil {
			once := session // a forged answer must not disturb the true one
			if answer, err = once.Verify(answer, time.Now()); err != nil {
				continue
			}
		}
		if a, err := dns.ParseMessage(answer); err == nil && a.ID == m.ID && a.Response && a.Opcode == dns.OpcodeNotify {
			return true
		}
	}
}

// notified answers a notification for a zone that has a Secondary, and wakes that if it comes from where it may. Others get
// nil: the server refuses them.
func (st *Store) notified(m *dns.Message, r *request) []byte {
	if m.Opcode != dns.OpcodeNotify || m.Response || len(m.Questions) != 1 || m.Questions[0].Type != dns.TypeSOA {
		return nil
	}
	st.mu.Lock()
	s := st.hears[m.Questions[0].Name.Lower()]
	st.mu.Unlock()
	if s == nil {
		return nil
	}
	answer := head(m)
	if s.mayNotify(r) {
		s.wake()
	} else {
		answer.Rcode = dns.RcodeRefused
	}
	b, _ := answer.Append(nil)
	return r.sign(b)
}
