//go:build !mirage

package dhcp6

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"testing"
)

// FuzzClient: whatever a server says, and whenever, the client never hangs nor sends without pause, and an address that it
// has is one that it was given.
func FuzzClient(f *testing.F) {
	ia := func(t1, t2, preferred, valid uint32) []byte {
		b := byteorder.BEAppendUint32(nil, 0x00000001)
		b = byteorder.BEAppendUint32(byteorder.BEAppendUint32(b, t1), t2)
		a := make([]byte, 16)
		a[0], a[1], a[15] = 0x20, 1, 9
		a = byteorder.BEAppendUint32(byteorder.BEAppendUint32(a, preferred), valid)
		return wire.AppendDHCP6Option(nil, wire.DHCP6IANA, wire.AppendDHCP6Option(b, wire.DHCP6IAAddr, a...)...)
	}
	f.Add([]byte{1, wire.DHCP6Advertise, 2, wire.DHCP6Reply, 200, wire.DHCP6Reply}, ia(0, 0, 600, 1000))
	f.Add([]byte{0, wire.DHCP6Reply, 9, wire.DHCP6Reply}, wire.AppendDHCP6Option(ia(1, 2, 3, 4), wire.DHCP6RapidCommit))
	f.Add([]byte{255, wire.DHCP6Reply, 255, wire.DHCP6Reply}, ia(^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)))
	f.Fuzz(func(t *testing.T, script, options []byte) {
		random := rand.New(rand.NewPCG(1, 2))
		c := NewClient(Config{MAC: 0x020000000001, Random: random.Uint64})
		now := int64(5 * second)
		sent := 0
		do := func(o Output) {
			if o.Message != nil {
				sent++
				if m, ok := wire.ParseDHCP6(o.Message); !ok || m.XID() != c.xid {
					t.Fatalf("% x", o.Message)
				}
			}
			if o.Event == Bound && o.Lease.Addr != wire.Any6 && (o.Lease.Addr.Is4() || o.Lease.Valid <= now) {
				t.Fatalf("%+v", o.Lease)
			}
		}
		do(c.Start(now, len(script)%3 != 0))
		for ; len(script) >= 2; script = script[2:] {
			end := now + int64(script[0])*second
			for rounds := 0; c.Next() != 0 && c.Next() <= end; rounds++ {
				if now = max(now, c.Next()); rounds > 600 {
					t.Fatalf("%d rounds in %d s", rounds, script[0])
				}
				do(c.Expire(now))
			}
			now = end
			if script[1] == 0 {
				do(c.Decline(now))
				continue
			}
			b := wire.AppendDHCP6(nil, script[1], c.xid)
			b = wire.AppendDHCP6Option(b, wire.DHCP6ClientID, c.duid...)
			b = wire.AppendDHCP6Option(b, wire.DHCP6ServerID, 0, 3, 0, 1)
			do(c.Input(now, append(b, options...)))
		}
		if sent > 5000 {
			t.Fatalf("%d messages", sent)
		}
	})
}
