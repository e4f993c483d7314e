//go:build !mirage

package linuxabi

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// streamSlots is how many descriptors the comparison of pipes, sockets and polling has, and epollSlots how many of
// those are for epoll.
const (
	streamSlots = 10
	epollSlots  = 2
)

// A streamWorld is a world with such descriptors.
type streamWorld struct {
	*world
	fds   [streamSlots]uintptr
	moved [streamSlots]int // bytes written since the descriptor was made
	// other is a datagram socket's partner, which is closed with it: what happens to a queue whose partner has gone is
	// not the same in every version of Linux.
	other [streamSlots]int
}

func (w *streamWorld) close(slot int) string {
	fd := w.fds[slot]
	w.fds[slot] = noFd
	if other := w.other[slot]; other != 0 {
		w.other[slot] = 0
		if w.other[other] == slot {
			w.close(other)
		}
	}
	return success(w.do(syscall.SYS_CLOSE, fd))
}

// makePair puts what call makes, with its two descriptors stored at its argument number where, into slots.
func (w *streamWorld) makePair(slots [2]int, where int, call uintptr, a ...any) string {
	for _, s := range slots {
		if w.fds[s] != noFd {
			w.close(s)
		}
	}
	var pair [2]int32
	a = slices.Insert(a, where, any(unsafe.Pointer(&pair)))
	_, e := w.do(call, a...)
	if e == 0 {
		w.fds[slots[0]], w.fds[slots[1]] = uintptr(pair[0]), uintptr(pair[1])
		for _, s := range slots {
			w.moved[s], w.other[s] = 0, 0
		}
	}
	return success(0, e)
}

type streamOperation struct {
	what string
	do   func(w *streamWorld) string
}

var streamSizes = []int{0, 1, 7, 8, 8, 100, 4096, 4097, 20000}

func streamOp(r *rand.Rand) streamOperation {
	slot, other := epollSlots+r.Intn(streamSlots-epollSlots), epollSlots+r.Intn(streamSlots-epollSlots)
	if other == slot {
		other = epollSlots + (slot+1-epollSlots)%(streamSlots-epollSlots)
	}
	size := streamSizes[r.Intn(len(streamSizes))]
	switch r.Intn(16) {
	case 0:
		return streamOperation{fmt.Sprintf("pipe %d %d", slot, other), func(w *streamWorld) string {
			return w.makePair([2]int{slot, other}, 0, syscall.SYS_PIPE2, syscall.O_NONBLOCK)
		}}
	case 1:
		kind := []int{syscall.SOCK_STREAM, syscall.SOCK_DGRAM, syscall.SOCK_SEQPACKET}[r.Intn(3)]
		return streamOperation{fmt.Sprintf("socketpair %d %d of type %d", slot, other, kind), func(w *streamWorld) string {
			e := w.makePair([2]int{slot, other}, 3, syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, kind|syscall.SOCK_NONBLOCK, 0)
			if kind == syscall.SOCK_DGRAM {
				w.other[slot], w.other[other] = other, slot
			}
			return e
		}}
	case 2:
		n, flags := r.Intn(3), r.Intn(2)
		return streamOperation{fmt.Sprintf("eventfd %d of %d, flags %d", slot, n, flags), func(w *streamWorld) string {
			if w.fds[slot] != noFd {
				w.close(slot)
			}
			fd, e := w.do(syscall.SYS_EVENTFD2, n, flags|syscall.O_NONBLOCK)
			w.fds[slot] = uintptr(fd)
			return success(0, e)
		}}
	case 3, 4, 5:
		data := make([]byte, max(size, 1)) // Linux sometimes overlooks an empty message that was not read
		for i := range data {
			data[i] = byte(i / 9 % 251) // as a counter, too, it is small
		}
		return streamOperation{fmt.Sprintf("write %d to %d", len(data), slot), func(w *streamWorld) string {
			if w.moved[slot] += len(data); w.moved[slot] > 40_000 {
				return "" // when it is full is an affair of how its buffer is made
			}
			return result(w.do(syscall.SYS_WRITE, w.fds[slot], data, len(data)))
		}}
	case 6, 7, 8:
		return streamOperation{fmt.Sprintf("read %d from %d", size, slot), func(w *streamWorld) string {
			b := make([]byte, size)
			n, e := w.do(syscall.SYS_READ, w.fds[slot], b, len(b))
			return result(n, e) + string(b)
		}}
	case 9:
		return streamOperation{fmt.Sprintf("close %d", slot), func(w *streamWorld) string { return w.close(slot) }}
	case 10:
		how := r.Intn(4)
		return streamOperation{fmt.Sprintf("shutdown %d %d", slot, how), func(w *streamWorld) string {
			return result(w.do(syscall.SYS_SHUTDOWN, w.fds[slot], how))
		}}
	case 11:
		return streamOperation{fmt.Sprintf("FIONREAD %d", slot), func(w *streamWorld) string {
			var n int32
			_, e := w.do(syscall.SYS_IOCTL, w.fds[slot], linux.FIONREAD, unsafe.Pointer(&n))
			return result(int(n), e)
		}}
	case 12:
		return streamOperation{"poll", (*streamWorld).poll}
	case 13, 14:
		return epollOp(r, slot)
	}
	ep := r.Intn(epollSlots)
	return streamOperation{fmt.Sprintf("epoll_wait %d", ep), func(w *streamWorld) string { return w.wait(ep) }}
}

// poll asks for everything of all descriptors.
func (w *streamWorld) poll() string {
	var fds [streamSlots]linux.Pollfd
	for i := range fds {
		fds[i] = linux.Pollfd{Fd: int32(w.fds[i]), Events: linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLRDHUP}
	}
	n, e := w.do(syscall.SYS_PPOLL, unsafe.Pointer(&fds), len(fds), unsafe.Pointer(&linux.Timespec{}), 0, 0)
	s := result(n, e)
	for i := range fds {
		s += fmt.Sprintf(" %d:%x", i, fds[i].Revents)
	}
	return s
}

func epollOp(r *rand.Rand, slot int) streamOperation {
	ep, op := r.Intn(epollSlots), []int{1, 1, 2, 3, 3}[r.Intn(5)]
	events := []uint32{0, linux.EPOLLIN, linux.EPOLLOUT, linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLRDHUP}[r.Intn(4)]
	if r.Intn(4) == 0 {
		events |= linux.EPOLLONESHOT
	}
	return streamOperation{fmt.Sprintf("epoll_ctl %d %d %d %#x", ep, op, slot, events), func(w *streamWorld) string {
		ev := linux.EpollEvent{Events: events, Data: [2]uint32{uint32(slot), 7}}
		return result(w.do(syscall.SYS_EPOLL_CTL, w.fds[ep], op, w.fds[slot], unsafe.Pointer(&ev)))
	}}
}

// wait lists what epoll_wait finds, without waiting, in an order of its own.
func (w *streamWorld) wait(ep int) string {
	var events [streamSlots]linux.EpollEvent
	n, e := w.do(syscall.SYS_EPOLL_PWAIT, w.fds[ep], unsafe.Pointer(&events), len(events), 0, 0, 0)
	if e != 0 {
		return e.Error()
	}
	var found []string
	for _, ev := range events[:n] {
		found = append(found, fmt.Sprintf("%d:%x", ev.Data[0], ev.Events))
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// TestPollingSameAsHost does the same random calls on pipes, socket pairs, event counters and epolls on the host's
// kernel and here.
func TestPollingSameAsHost(t *testing.T) {
	for i := range *rounds {
		s := *seed + int64(i)
		if !t.Run(fmt.Sprint("seed", s), func(t *testing.T) { pollingSameAsHost(t, s) }) {
			return
		}
	}
}

func pollingSameAsHost(t *testing.T, seed int64) {
	r := rand.New(rand.NewSource(seed))
	ours, _ := ourWorld(t)
	worlds := [2]*streamWorld{{world: hostWorld(t)}, {world: ours}}
	for _, w := range worlds {
		for i := range w.fds {
			w.fds[i] = noFd
		}
		for i := range epollSlots {
			w.fds[i] = uintptr(w.must(t, syscall.SYS_EPOLL_CREATE1, 0))
		}
		t.Cleanup(func() {
			for i := range w.fds {
				w.close(i)
			}
		})
	}
	var done []string
	for range 600 {
		op := streamOp(r)
		done = append(done, op.what)
		want, got := op.do(worlds[0]), op.do(worlds[1])
		if want != got {
			t.Fatalf("%s\nhost:   %.300q\nmirage: %.300q", strings.Join(done[max(0, len(done)-60):], "\n"), want, got)
		}
	}
}
