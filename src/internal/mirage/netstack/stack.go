package netstack

import (
	"internal/byteorder"
	"internal/mirage/clock"
	"internal/mirage/netstack/icmp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ipfrag"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// Config is what a Stack needs from its host.
type Config struct {
	Now  func() int64   // monotonic clock, nanoseconds, never 0
	Rand func(p []byte) // fills p from a cryptographic generator
}

// A Stack is one host on any number of links. It implements inet.Network. Its methods may be called from any
// goroutine.
type Stack struct {
	config    Config
	counters  Counters // of IPv4
	counters6 Counters // of IPv6
	timers    inet.Timers
	wake      chan struct{} // the first timer has changed

	transports [256]atomic.Pointer[inet.Transport] // by IP protocol number
	tap        atomic.Pointer[inet.Tap]            // sees what comes before them; nil if nobody does
	hooks      atomic.Pointer[hooks]               // filters of frames; nil if there are none
	ethers     atomic.Pointer[map[uint16]EtherHandler]
	view       atomic.Pointer[view] // what packets are looked up in

	fragments *ipfrag.Table
	fragTimer inet.Timer
	errors    *icmp.Limiter
	idents    identifiers
	pathTimer inet.Timer
	loops     loops
	redirects inet.Bucket // changes of paths that others ask for; under mu

	mu       sync.Mutex // serialises changes of what follows, and of view
	ifaces   []*Interface
	routes   []RouteEntry // those that were added, without those that follow from addresses
	paths    map[wire.Addr]path
	watchers []func()
}

// New makes a Stack with the loopback interface lo (index 1, 127.0.0.1/8 and ::1).
func New(c Config) *Stack {
	s := &Stack{config: c, wake: make(chan struct{}, 1), fragments: ipfrag.NewTable()}
	s.errors = icmp.NewLimiter(s.random64())
	s.idents.seed(c.Rand)
	s.fragTimer.F = s.expireFragments
	s.pathTimer.F = s.expirePaths
	s.loops.timer.F = s.takeLoops
	s.view.Store(&view{})
	s.redirects = inet.Bucket{Rate: pathRate, Burst: pathRate}
	s.Register(wire.ProtoICMP, &icmpInput{s})
	s.Register(wire.ProtoICMPv6, &icmp6Input{s})
	s.Register(wire.ProtoIGMP, &igmpInput{s})
	lo := s.addNIC("lo", link.NewLoopback(), true)
	lo.AddAddr(wire.Prefix{Addr: wire.Loopback4, Bits: 8})
	lo.AddAddr(wire.Prefix{Addr: wire.Loopback6, Bits: 128})
	return s
}

// Register makes t the receiver of an IP protocol number. Once per number.
func (s *Stack) Register(protocol uint8, t inet.Transport) {
	if !s.transports[protocol].CompareAndSwap(nil, &t) {
		panic("netstack: two transports for one protocol number")
	}
}

// SetTap makes t see what comes before its transport does; nil ends that.
func (s *Stack) SetTap(t inet.Tap) {
	if t == nil {
		s.tap.Store(nil)
		return
	}
	s.tap.Store(&t)
}

// failed tells who sent a datagram of a protocol that it came to nothing, and learns what the way there takes if that is why.
func (s *Stack) failed(protocol uint8, e *inet.SendError) {
	sent := false
	if tap := s.tap.Load(); tap != nil {
		sent = (*tap).Error(protocol, e)
	}
	if t := s.transports[protocol].Load(); t != nil && (*t).Error(e) {
		sent = true
	}
	if sent && e.Errno == inet.EMSGSIZE && s.Local(e.Dst, 0) == inet.Foreign {
		s.learnMTU(e.Dst, e.Room)
	}
}

// Counters returns the stack's counters of IPv4, Counters6 those of IPv6, which go on counting.
func (s *Stack) Counters() *Counters { return &s.counters }

func (s *Stack) Counters6() *Counters { return &s.counters6 }

// Fragments returns how many datagrams wait for fragments that they lack, of both families, and the octets that they take.
func (s *Stack) Fragments() (datagrams, octets int) { return s.fragments.Held() }

// Now is the monotonic clock in nanoseconds.
func (s *Stack) Now() int64 { return s.config.Now() }

// Random fills p from a cryptographic generator.
func (s *Stack) Random(p []byte) { s.config.Rand(p) }

func (s *Stack) random64() uint64 {
	var b [8]byte
	s.config.Rand(b[:])
	return byteorder.LEUint64(b[:])
}

// Schedule arranges that t fires at a time, or, if it is already waiting, that it fires at the new time.
func (s *Stack) Schedule(t *inet.Timer, at int64) {
	if s.timers.Schedule(t, at) {
		s.hurry()
	}
}

// noLater arranges that t fires at a time or before, when it may find that nothing is due: see inet.Timers.NoLater.
func (s *Stack) noLater(t *inet.Timer, at int64) {
	if s.timers.NoLater(t, at) {
		s.hurry()
	}
}

// hurry has Start's goroutine look at the first timer.
func (s *Stack) hurry() {
	select {
	case s.wake <- struct{}{}:
	default: // it has not looked at the last change yet
	}
}

// Cancel makes t not fire. The function may be running already.
func (s *Stack) Cancel(t *inet.Timer) { s.timers.Cancel(t) }

// Poll does what is due at now and returns when the next thing will be, or 0 if there is none. Tests call it
// with virtual time.
func (s *Stack) Poll(now int64) (next int64) { return s.timers.Run(now) }

// Start runs the stack's timers in a goroutine of their own, until stop is called. Without it the caller calls Poll. While
// nothing is due, no timer waits: with one the scheduler reads the clock each time it chooses a goroutine.
func (s *Stack) Start() (stop func()) {
	done := make(chan struct{})
	go func() {
		alarm, due := clock.NewTimer(clock.Hour)
		defer alarm.Stop()
		for {
			now := s.Now()
			if next := s.Poll(now); next != 0 {
				alarm.Reset(max(next-now, 0))
			} else {
				alarm.Stop()
			}
			select {
			case <-done:
				return
			case <-s.wake:
			case <-due:
			}
		}
	}()
	return func() { close(done) }
}

// Watch makes f be called, without locks held, after each change of addresses, routes or resolver.
func (s *Stack) Watch(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, f)
}

// change makes a change under the lock and, unless it fails, lets packets see it and tells those who wait and the watchers.
func (s *Stack) change(f func() error) error {
	s.mu.Lock()
	err := f()
	if err != nil {
		s.mu.Unlock()
		return err
	}
	s.view.Store(newView(s))
	for _, i := range s.ifaces {
		i.announce()
	}
	watchers := s.watchers
	s.mu.Unlock()
	for _, w := range watchers {
		w()
	}
	return nil
}
