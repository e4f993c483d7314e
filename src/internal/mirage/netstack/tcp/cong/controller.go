package cong

// A Controller decides how much a connection may have in the network.
type Controller interface {
	// Window is how many octets may be in the network.
	Window() int

	// Threshold is where slow start ends, octets; 0 if there has been no loss.
	Threshold() int

	// Acked says that n octets have arrived that were sent while the window was full, outside recovery. rtt is the
	// connection's smoothed round-trip time, nanoseconds, 0 if it is not known.
	Acked(now int64, n int, rtt int64)

	// Lost says that a recovery begins, with flight octets in the network: once a round trip at most.
	Lost(flight int)

	// TimedOut says that the retransmission timer has fired for the first time, with flight octets in the network.
	TimedOut(flight int)

	// Undo says that the last Lost or TimedOut was for nothing.
	Undo()

	// Idle says that nothing has been sent for longer than the retransmission time-out.
	Idle()

	// Resize says that the largest segment has changed to mss octets.
	Resize(mss int)
}

// A window is what both algorithms have.
type window struct {
	mss       int
	size      int // RFC 5681's cwnd
	threshold int // ssthresh

	sizeBefore, thresholdBefore int // the last reduction
}

// largest bounds a window, octets: no path asks for more, and sums stay far from overflow.
const largest = 1 << 30

func newWindow(mss int) window {
	return window{mss: mss, size: initial(mss), threshold: largest}
}

// initial is the initial window: RFC 6928 section 2.
func initial(mss int) int { return min(10*mss, max(2*mss, 14600)) }

func (w *window) Window() int { return w.size }

func (w *window) Threshold() int {
	if w.threshold == largest {
		return 0
	}
	return w.threshold
}

// Idle brings the window back to where it began: RFC 5681 section 4.1.
func (w *window) Idle() { w.size = min(w.size, initial(w.mss)) }

// Resize keeps the number of segments: RFC 5681 section 3.1 counts in them.
func (w *window) Resize(mss int) {
	w.size = max(w.size/w.mss, 1) * mss
	w.mss = mss
}

// slowStart grows the window by what was acknowledged, at most two segments for one acknowledgement (RFC 3465 section
// 2.3), and returns what is left of n once the threshold is reached.
func (w *window) slowStart(n int) (left int) {
	if w.size >= w.threshold {
		return n
	}
	step := min(n, 2*w.mss)
	if w.size+step > w.threshold {
		left = w.size + step - w.threshold
		w.size = w.threshold
		return left
	}
	w.size = min(w.size+step, largest)
	return 0
}

// reduce makes the window begin anew at a threshold.
func (w *window) reduce(threshold int) {
	w.sizeBefore, w.thresholdBefore = w.size, w.threshold
	w.threshold = max(threshold, 2*w.mss)
	w.size = w.threshold
}

// Undo is RFC 4015 section 3, step 4, without its care for bursts: there is as much in the network as before.
func (w *window) Undo() {
	w.size, w.threshold = max(w.size, w.sizeBefore), max(w.threshold, w.thresholdBefore)
}

// timedOut is the loss window: RFC 5681 section 3.1.
func (w *window) timedOut() { w.size = w.mss }
