//go:build !mirage

package ndp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"testing"
)

// RFC 7217 section 5: an identifier is always the same in a network, another in another, and never a reserved one.
func TestStableAddr(t *testing.T) {
	k, mac := inet.SecretFrom("secret"), wire.MAC(0x020000000001)
	one, _ := wire.ParseAddr("2001:db8:1::")
	two, _ := wire.ParseAddr("2001:db8:2::")
	a := StableAddr(k, mac, one, 0)
	if a != StableAddr(k, mac, one, 0) || a.CommonPrefix(one) < 64 {
		t.Errorf("%v is not stable", a)
	}
	seen := map[uint64]bool{}
	for _, b := range []wire.Addr{
		a, StableAddr(k, mac, two, 0), StableAddr(k, mac+1, one, 0), StableAddr(k, mac, one, 1), StableAddr(inet.SecretFrom("other"), mac, one, 0),
	} {
		_, id := b.Words()
		if seen[id] || reserved(id) {
			t.Errorf("%v", b)
		}
		seen[id] = true
	}
	for _, id := range []uint64{0, 0x02005efffe000000, 0x02005efffe005213, 0xfdffffffffffff80, 0xfdffffffffffffff} {
		if !reserved(id) {
			t.Errorf("%x is reserved: RFC 5453", id)
		}
	}
}

// FuzzHost: whatever routers say, and whenever, a Host stays within its bounds and asks for its time no more often than things
// happen.
func FuzzHost(f *testing.F) {
	f.Add([]byte{1, 200}, []byte{134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 64, 0xc0, 0, 0, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0x20, 1, 13, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, script, message []byte) {
		random := rand.New(rand.NewPCG(1, 2))
		h := NewHost(HostConfig{MAC: 2, Auto: true, Temporary: true, Random: random.Uint64})
		now := int64(5 * second)
		h.Start(now)
		for ; len(script) >= 2; script = script[2:] {
			for end, rounds := now+int64(script[0])*3600*second, 0; h.Next() != 0 && h.Next() <= end; rounds++ {
				if now = max(now, h.Next()); rounds > 5000 {
					t.Fatalf("%d rounds in %d hours", rounds, script[0])
				}
				h.Expire(now)
				if h.Next() != 0 && h.Next() <= now {
					t.Fatal("what is due is not done")
				}
			}
			m := append(wire.ICMPv6(nil), message...)
			for k := range m {
				if k > 15 && k%7 == int(script[1])%7 {
					m[k] ^= script[1] >> 4
				}
			}
			if a, ok := wire.ParseRouterAdvert(m); ok {
				h.Advertised(now, wire.LinkLocal6.Addr.WithID(uint64(script[1])), &a)
			}
			s := h.State()
			if len(s.Routers) > maxRouters || len(s.Prefixes) > maxPrefixes || len(s.Addrs) > maxAddrs || len(s.Servers) > maxServers {
				t.Fatalf("%+v", s)
			}
			if len(s.Addrs) > 0 && script[1]&1 != 0 {
				h.Duplicate(now, s.Addrs[0].Prefix.Addr)
			}
		}
	})
}
