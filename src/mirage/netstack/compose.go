//go:build !mirage

package netstack

import (
	"crypto/rand"
	"internal/mirage/device"
	"internal/mirage/netstack"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"net/netip"
	"os"
	"time"
)

// patience is how long Wait waits for an address.
const patience = 5 * time.Second

// compose makes a stack on a card.
func compose(c Config, card device.NIC) (*Stack, error) {
	begun := time.Now()
	under := netstack.New(netstack.Config{
		Now:  func() int64 { return int64(time.Since(begun)) + 1 },
		Rand: func(p []byte) { rand.Read(p) },
	})
	s := &Stack{under: under, udp: udp.New(under), close: under.Start()}
	i := under.AddNIC("eth0", card)
	s.ready = func() {
		select {
		case <-i.Configured():
		case <-i.IPv6Configured():
		case <-time.After(patience):
		}
	}
	if err := s.configure(i, c); err != nil {
		s.close()
		return nil, failed("configure", err)
	}
	return s, nil
}

// configure gives the card the address that c says, or has it get one.
func (s *Stack) configure(i *netstack.Interface, c Config) error {
	fixed := netstack.Static{Addr: wire.Prefix{Addr: toWire(c.Addr.Addr()), Bits: uint8(max(c.Addr.Bits(), 0))}}
	if c.Gateway.IsValid() {
		fixed.Gateway = toWire(c.Gateway)
	}
	var seed [16]byte
	rand.Read(seed[:])
	auto := !c.Addr.IsValid()
	if err := i.StartIPv6(netstack.IPv6Options{Secret: inet.SecretFrom(string(seed[:])), Auto: auto, Temporary: true}); err != nil {
		return err
	}
	if !auto {
		return i.Configure(fixed)
	}
	name, _ := os.Hostname()
	if _, err := netstack.StartDHCP(s.under, s.udp, i, netstack.DHCPOptions{Hostname: name}); err != nil {
		return err
	}
	_, err := netstack.StartDHCPv6(s.under, s.udp, i)
	return err
}

// Pair makes two stacks, 10.0.0.1/24 and 10.0.0.2/24, on one wire in memory: for tests of what is to run on one. There is none on
// GOOS=mirage.
func Pair() (a, b *Stack, err error) {
	left, right := link.NewPair(link.ChannelConfig{})
	for i, card := range []*link.Channel{left, right} {
		s, err := compose(Config{Addr: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)}, card)
		if err != nil {
			if b != nil {
				b.close()
			}
			return nil, nil, err
		}
		timers, stop := s.close, card.Start() // once the stack is there to receive; what comes before waits
		s.close = func() { stop(); timers() }
		a, b = b, s
	}
	return a, b, nil
}
