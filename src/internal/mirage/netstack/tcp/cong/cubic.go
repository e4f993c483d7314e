package cong

import "math"

// Cubic is RFC 9438's algorithm. The variables have its names, in segments and seconds as there.
type Cubic struct {
	window
	curve
	before curve // the last reduction
}

// A curve is what the window follows in congestion avoidance.
type curve struct {
	epoch   int64   // when congestion avoidance began; 0: with the next acknowledgement
	k       float64 // how long it takes to come back to wMax
	wMax    float64 // the window at the last congestion
	wEst    float64 // what NewReno would have
	prior   float64 // the window before the last congestion
	credit  float64 // parts of an octet that the window is to grow by
	reduced bool    // there has been a congestion
}

// Constants of RFC 9438 sections 4.1 and 4.3: C, beta, and alpha, by which NewReno's growth is imitated.
const (
	cubicC     = 0.4
	cubicBeta  = 0.7
	cubicAlpha = 3 * (1 - cubicBeta) / (1 + cubicBeta)
)

// NewCubic returns the algorithm at its beginning, with segments of mss octets.
func NewCubic(mss int) *Cubic { return &Cubic{window: newWindow(mss)} }

func (c *Cubic) segments() float64 { return float64(c.size) / float64(c.mss) }

// Acked grows the window: RFC 9438 sections 4.2 to 4.5 and 4.10.
func (c *Cubic) Acked(now int64, n int, rtt int64) {
	if n = c.slowStart(n); n == 0 {
		return
	}
	if c.epoch == 0 {
		c.begin(now)
	}
	acked, w := float64(n)/float64(c.mss), c.segments()
	alpha := cubicAlpha
	if c.wEst >= c.prior {
		alpha = 1
	}
	c.wEst += alpha * acked / w // section 4.3, figure 4
	t := float64(now-c.epoch) / 1e9
	target := c.cubic(t + float64(rtt)/1e9)
	target = min(max(target, w), 1.5*w) // section 4.2
	grow := (target - w) / w * acked
	if c.cubic(t) < c.wEst { // section 4.3: the Reno-friendly region
		grow = max(c.wEst-w, 0)
	}
	c.credit += grow * float64(c.mss)
	whole := int(c.credit)
	c.credit -= float64(whole)
	c.size = min(c.size+whole, largest)
}

// begin starts congestion avoidance: section 4.2, and 4.10 if there was no congestion yet.
func (c *Cubic) begin(now int64) {
	c.epoch, c.credit = now, 0
	w := c.segments()
	c.wEst = w
	if !c.reduced || c.wMax < w {
		c.wMax, c.k = w, 0
		return
	}
	c.k = math.Cbrt((c.wMax - w) / cubicC) // figure 2
}

// cubic is W_cubic(t): section 4.2, figure 1.
func (c *Cubic) cubic(t float64) float64 {
	d := t - c.k
	return cubicC*d*d*d + c.wMax
}

// Lost reduces the window: sections 4.6 and 4.7.
func (c *Cubic) Lost(flight int) {
	w := c.segments()
	c.before, c.prior = c.curve, w
	if c.reduced && w < c.wMax {
		c.wMax = w * (1 + cubicBeta) / 2 // fast convergence: somebody new wants a share
	} else {
		c.wMax = w
	}
	c.reduce(int(float64(flight) * cubicBeta))
	c.epoch, c.reduced = 0, true
}

// TimedOut reduces as after a loss and goes back to slow start: section 4.8.
func (c *Cubic) TimedOut(flight int) {
	c.Lost(flight)
	c.timedOut()
}

// Undo goes on as if nothing had happened: section 4.9.
func (c *Cubic) Undo() {
	c.window.Undo()
	c.curve = c.before
}

// Idle lets the time of silence not count: section 4.2, and RFC 5681 section 4.1.
func (c *Cubic) Idle() {
	c.window.Idle()
	c.epoch = 0
}
