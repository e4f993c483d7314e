//go:build linux && !mirage

package tap

import (
	"errors"
	"internal/mirage/device"
	"sync"
	"syscall"
	"unsafe"
)

// A Tap is one queue of a tap device. Frames are written to it at once, so that nothing waits in Transmit.
type Tap struct {
	fd   int
	poll int    // epoll of fd and of wake
	wake [2]int // a pipe; closing its writing end stops the reader
	mac  [6]byte
	mtu  int

	mu   sync.Mutex
	free []*device.Frame
	done chan struct{}
}

// maxFree is how many frames are kept for reuse; frameLen their capacity in octets.
const (
	maxFree  = 64
	frameLen = 2048
)

// ifreq is struct ifreq of linux/if.h with the member ifr_flags.
type ifreq struct {
	name  [16]byte
	flags uint16
	_     [22]byte
}

// Open attaches to the tap device of that name, or makes it. mac is the card's address on the host's far side: the
// stack's, not that of the host's interface. mtu is in octets.
func Open(name string, mac [6]byte, mtu int) (*Tap, error) {
	if len(name) >= 16 || mtu+14 > frameLen {
		return nil, errors.New("tap: name or MTU too long")
	}
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	r := ifreq{flags: syscall.IFF_TAP | syscall.IFF_NO_PI}
	copy(r.name[:], name)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&r))); e != 0 {
		syscall.Close(fd)
		return nil, e
	}
	t := &Tap{fd: fd, mac: mac, mtu: mtu, done: make(chan struct{})}
	if err := t.watch(); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return t, nil
}

// watch makes the epoll that the reader waits on.
func (t *Tap) watch() (err error) {
	if err = syscall.Pipe2(t.wake[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	if t.poll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for _, fd := range []int{t.fd, t.wake[0]} {
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
		if err = syscall.EpollCtl(t.poll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			return err
		}
	}
	return nil
}

// Close ends reception, waits for the receive function to return, and detaches.
func (t *Tap) Close() {
	syscall.Close(t.wake[1])
	<-t.done
	syscall.Close(t.poll)
	syscall.Close(t.wake[0])
	syscall.Close(t.fd)
}

func (t *Tap) MAC() [6]byte              { return t.mac }
func (t *Tap) MTU() int                  { return t.mtu }
func (t *Tap) LinkUp() bool              { return true }
func (t *Tap) Offloads() device.Offloads { return 0 }
func (t *Tap) Flush()                    {}
func (t *Tap) Idle() bool                { return true } // Transmit has sent

func (t *Tap) Alloc(n int) *device.Frame {
	if n > frameLen {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.free) - 1
	if last < 0 {
		return &device.Frame{Bytes: make([]byte, n, frameLen)}
	}
	f := t.free[last]
	t.free = t.free[:last]
	*f = device.Frame{Bytes: f.Bytes[:n]}
	return f
}

func (t *Tap) Discard(f *device.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.free) < maxFree {
		t.free = append(t.free, f)
	}
}

// Transmit writes f. A frame for which the host has no room is lost, as on a wire.
func (t *Tap) Transmit(f *device.Frame) {
	syscall.Write(t.fd, f.Bytes)
	t.Discard(f)
}

// Receive reads in a goroutine of its own until Close.
func (t *Tap) Receive(f func(*device.Frame)) {
	go func() {
		defer close(t.done)
		b := make([]byte, frameLen)
		events := make([]syscall.EpollEvent, 2)
		for {
			n, err := syscall.EpollWait(t.poll, events, -1)
			if err == syscall.EINTR {
				continue
			}
			if err != nil {
				return
			}
			for _, e := range events[:n] {
				if int(e.Fd) == t.wake[0] {
					return
				}
			}
			for {
				n, err := syscall.Read(t.fd, b)
				if err != nil || n <= 0 {
					break
				}
				f(&device.Frame{Bytes: b[:n]})
			}
		}
	}()
}
