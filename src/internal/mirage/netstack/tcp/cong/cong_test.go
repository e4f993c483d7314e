//go:build !mirage

package cong

import (
	"math"
	"testing"
)

const mss = 1000

// RFC 6928 section 2.
func TestInitialWindow(t *testing.T) {
	for m, want := range map[int]int{536: 5360, 1460: 14600, 4000: 14600, 9000: 18000} {
		if got := NewNewReno(m).Window(); got != want {
			t.Errorf("segments of %d octets: %d, want %d", m, got, want)
		}
	}
}

// round acknowledges a whole window, segment by segment.
func round(c Controller, now, rtt int64) {
	for left := c.Window(); left > 0; left -= mss {
		c.Acked(now, mss, rtt)
	}
}

func both(f func(name string, c Controller)) {
	f("NewReno", NewNewReno(mss))
	f("CUBIC", NewCubic(mss))
}

// RFC 5681 section 3.1: slow start doubles the window each round trip.
func TestSlowStart(t *testing.T) {
	both(func(name string, c Controller) {
		round(c, 1e9, 1e8)
		if c.Window() != 20*mss {
			t.Errorf("%s: %d after a round trip", name, c.Window())
		}
		c.Acked(2e9, 50*mss, 1e8)
		if c.Window() != 22*mss { // RFC 3465 section 2.3: an acknowledgement of very much counts for two
			t.Errorf("%s: %d after a stretched acknowledgement", name, c.Window())
		}
	})
}

// RFC 5681 section 3.1, formulas (2) and (4).
func TestNewReno(t *testing.T) {
	c := NewNewReno(mss)
	c.Lost(20 * mss)
	if c.Window() != 10*mss {
		t.Errorf("%d after a loss", c.Window())
	}
	for i := 1; i <= 5; i++ {
		round(c, 1e9, 1e8)
		if c.Window() != (10+i)*mss {
			t.Errorf("%d after %d round trips", c.Window(), i)
		}
	}
	c.Lost(mss)
	if c.Window() != 2*mss { // formula (4): not less than two segments
		t.Errorf("%d after a loss of the last one", c.Window())
	}
}

// RFC 5681 section 3.1: the loss window is one segment, and slow start goes on to half of what was in flight.
func TestTimeOut(t *testing.T) {
	both(func(name string, c Controller) {
		c.TimedOut(40 * mss)
		if c.Window() != mss {
			t.Errorf("%s: %d", name, c.Window())
		}
		for range 4 {
			round(c, 1e9, 1e8)
		}
		if c.Window() < 16*mss || c.Window() > 20*mss {
			t.Errorf("%s: %d after four round trips", name, c.Window())
		}
	})
}

// RFC 5681 section 4.1.
func TestIdle(t *testing.T) {
	both(func(name string, c Controller) {
		round(c, 1e9, 1e8)
		c.Idle()
		if c.Window() != 10*mss {
			t.Errorf("%s: %d", name, c.Window())
		}
	})
}

// RFC 9438 sections 4.2 and 4.6: the window falls to 0.7 of what it was and is there again after K seconds, flat around it.
func TestCubic(t *testing.T) {
	c := NewCubic(mss)
	for c.Window() < 400*mss {
		round(c, 1, 1e8)
	}
	w := float64(c.Window()) / mss
	c.Lost(c.Window())
	if got := float64(c.Window()) / mss; math.Abs(got-0.7*w) > 1 {
		t.Fatalf("%.1f segments after a loss at %.1f", got, w)
	}
	k := math.Cbrt(w * 0.3 / 0.4)
	const rtt = int64(1e8)
	at := func(s float64) float64 { return 0.4*math.Pow(s-k, 3) + w }
	for now := int64(1e9); now < int64((2*k+1)*1e9); now += rtt {
		round(c, now, rtt)
		got, s := float64(c.Window())/mss, float64(now-1e9+rtt)/1e9
		if want := at(s); s > 0.5 && math.Abs(got-want) > 0.06*want {
			t.Fatalf("%.1f segments after %.1f s, the cubic is at %.1f", got, s, want)
		}
	}
}

// RFC 9438 section 4.3: on a short path it is not slower than NewReno.
func TestRenoFriendly(t *testing.T) {
	c, r := NewCubic(mss), NewNewReno(mss)
	c.Lost(20 * mss)
	r.Lost(20 * mss)
	const rtt = int64(1e6)
	for i := range int64(200) {
		round(c, 1e9+i*rtt, rtt)
		round(r, 1e9+i*rtt, rtt)
	}
	if c.Window() < r.Window()*8/10 {
		t.Errorf("CUBIC has %d, NewReno %d", c.Window(), r.Window())
	}
}

// RFC 9438 section 4.7: who loses again before it was back leaves room for others.
func TestFastConvergence(t *testing.T) {
	c := NewCubic(mss)
	c.size = 100 * mss
	c.Lost(100 * mss)
	c.Lost(70 * mss)
	if want := 70 * 0.85; math.Abs(c.wMax-want) > 0.1 {
		t.Errorf("the next plateau is at %.1f, want %.1f", c.wMax, want)
	}
}

func TestResize(t *testing.T) {
	both(func(name string, c Controller) {
		c.Resize(500)
		if c.Window() != 5000 {
			t.Errorf("%s: %d", name, c.Window())
		}
	})
}
