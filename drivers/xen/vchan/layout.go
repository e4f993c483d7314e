package vchan

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/ring"
)

// The page: struct vchan_interface. The left ring is what the client writes and the server reads, the right ring the other.
const (
	leftTaken  = 0 // cons
	leftPut    = 4 // prod
	rightTaken = 8
	rightPut   = 12
	leftOrder  = 16 // 16 bits: the ring has 2^order bytes
	rightOrder = 18
	state      = 20 // four bytes, below
	grants     = 24 // the left ring's pages, then the right one's
)

// The bytes in state, as shifts: whether a side is there, and what the other side wants to be told of by it.
const (
	clientLive   = 0
	serverLive   = 8
	clientNotify = 16
	serverNotify = 24
)

// Values of clientLive and serverLive.
const (
	gone    = 0
	here    = 1
	awaited = 2 // the client has not yet come
)

// Bits of clientNotify and serverNotify: tell me when you have
const (
	written = 1 // VCHAN_NOTIFY_WRITE
	taken   = 2 // VCHAN_NOTIFY_READ
)

// A ring of 2^10 or of 2^11 bytes lies in the page itself, at an offset as large as it is; others have pages of their own.
const (
	minOrder  = 10
	pageOrder = 12
	maxOrder  = 20
)

// MaxBuffer is the most bytes that a ring has.
const MaxBuffer = 1 << maxOrder

var errLayout = errors.New("vchan: the server has made rings that cannot be")

// pages is how many pages of its own a ring has.
func pages(order int) int {
	if order < pageOrder {
		return 0
	}
	return 1 << (order - pageOrder)
}

// check checks the orders of the two rings: their pages must fit into the list, which must not reach a ring in the page.
func check(left, right int) error {
	end := grants + 4*(pages(left)+pages(right))
	for _, order := range [2]int{left, right} {
		if order < minOrder || order > maxOrder || order < pageOrder && end > 1<<order {
			return errLayout
		}
	}
	if left == right && left < pageOrder {
		return errLayout
	}
	return nil
}

// orders are the orders of rings with room for so many bytes.
func orders(left, right int) (int, int) {
	l, r := order(left), order(right)
	if check(l, r) != nil {
		l, r = max(l, pageOrder), max(r, pageOrder)
	}
	return l, r
}

func order(n int) int {
	o := minOrder
	for o < maxOrder && 1<<o < n {
		o++
	}
	return o
}

// leftRing and rightRing are the rings of a page, where mem has the data of one that has pages of its own.
func leftRing(page, mem *dma.Memory, order int) ring.Bytes {
	return ringOf(page, mem, order, leftTaken, leftPut)
}

func rightRing(page, mem *dma.Memory, order int) ring.Bytes {
	return ringOf(page, mem, order, rightTaken, rightPut)
}

func ringOf(page, mem *dma.Memory, order, taken, put int) ring.Bytes {
	off := 0
	if order < pageOrder {
		mem, off = page, 1<<order
	}
	return ring.Bytes{Mem: mem, Data: off, Size: 1 << order, Counts: page, Taken: taken, Put: put}
}
