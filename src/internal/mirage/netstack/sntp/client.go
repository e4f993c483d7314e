package sntp

import "internal/mirage/netstack/wire"

const second = int64(1e9)

// How often a server is asked. RFC 4330 section 10 wants 15 seconds at least but for a few questions at first, RFC 5905 section
// 7.2 64 to 1024 (2^6 and 2^10).
const (
	burst         = 4 // questions at first,
	burstInterval = 2 * second
	firstInterval = 16 * second // then ever more seldom, until one is answered
	minPoll       = 64 * second
	maxPoll       = 1024 * second
	answerTime    = burstInterval // what comes later is not believed: its error would be large
)

// maxServers bounds the servers that are asked.
const maxServers = 8

// A Request is a message to be sent.
type Request struct {
	To      wire.AddrPort
	Message []byte
}

// A Client keeps the wall clock right. The caller serialises.
type Client struct {
	random    func() uint64
	servers   []*server
	began     int64 // when the first answer came; 0: none has
	clock     discipline
	selection selection
}

// NewClient makes a client without servers. random gives unpredictable numbers.
func NewClient(random func() uint64) *Client { return &Client{random: random} }

// SetServers says who is to be asked from now on. Those who are asked already go on.
func (c *Client) SetServers(now int64, all []wire.AddrPort) {
	var servers []*server
	for _, a := range all[:min(len(all), maxServers)] {
		s := find(c.servers, a)
		if s == nil {
			s = &server{addr: a, due: now, interval: burstInterval, least: minPoll}
		}
		if find(servers, a) == nil {
			servers = append(servers, s)
		}
	}
	c.servers = servers
}

func find(all []*server, a wire.AddrPort) *server {
	for _, s := range all {
		if s.addr == a {
			return s
		}
	}
	return nil
}

// Next returns when Expire has something to do, 0 if never.
func (c *Client) Next() (at int64) {
	for _, s := range c.servers {
		if !s.refused && (at == 0 || s.due < at) {
			at = s.due
		}
	}
	if c.waiting() && (at == 0 || c.began+answerTime < at) {
		at = c.began + answerTime
	}
	return at
}

// waiting reports whether the first answer has come and others may still: one server alone is believed only if the others
// have had their chance to contradict it.
func (c *Client) waiting() bool { return c.began != 0 && !c.clock.set }

// Expire returns the questions that are due, and what is to be done to the clock, which shows wall.
func (c *Client) Expire(now, wall int64) (requests []Request, a Adjustment, ok bool) {
	for _, s := range c.servers {
		if s.refused || s.due > now {
			continue
		}
		requests = append(requests, Request{s.addr, s.ask(now, c.random())})
	}
	if c.waiting() && now >= c.began+answerTime {
		c.began = 0 // if there is no majority yet, the next answer may make one
		a, ok = c.decide(now, wall)
	}
	return requests, a, ok
}

// Input takes a message that came at a time, and says what is to be done to the clock, which shows wall at now.
func (c *Client) Input(now, wall, came int64, from wire.AddrPort, b []byte) (a Adjustment, ok bool) {
	s := find(c.servers, from)
	m, fits := wire.ParseNTP(b)
	if s == nil || !fits || !s.take(came, m) {
		return a, false
	}
	if c.began == 0 {
		c.began = now
	}
	if c.waiting() && now < c.began+answerTime && !c.allAnswered() {
		return a, false
	}
	return c.decide(now, wall)
}

// allAnswered reports whether nobody else can have an opinion.
func (c *Client) allAnswered() bool {
	for _, s := range c.servers {
		if s.count == 0 && !s.refused {
			return false
		}
	}
	return true
}

// decide looks what most servers agree on, and what follows.
func (c *Client) decide(now, wall int64) (Adjustment, bool) {
	best, ok := c.selection.choose(now, c.servers)
	if !ok {
		return Adjustment{}, false
	}
	a, ok := c.clock.update(now, wall, best)
	if ok {
		for _, s := range c.servers {
			s.adapt(a)
		}
	}
	return a, ok
}
