package vchan

import (
	"context"
	"errors"
	"time"

	wire "internal/mirage/drivers/xen/vchan"
)

// ErrNobody says that no server offers a connection to this machine at that path.
var ErrNobody = wire.ErrNobody

const (
	// busyFor is how long a server may take to offer a new channel when it has accepted a client.
	busyFor = time.Second
	// again is how long it takes until that, or a server that may come, is looked for again.
	again = 20 * time.Millisecond
)

// Dial connects to the server in a domain at a path. The error is ErrNobody when there is none.
func Dial(domain int, path string) (*Conn, error) {
	deadline := time.Now().Add(busyFor)
	return dial(domain, path, func(err error) error {
		if err != wire.ErrBusy || time.Now().After(deadline) {
			return err
		}
		time.Sleep(again)
		return nil
	})
}

// DialContext is Dial, but waits for a server to come until ctx is done.
func DialContext(ctx context.Context, domain int, path string) (*Conn, error) {
	return dial(domain, path, func(err error) error {
		if err != wire.ErrBusy && !errors.Is(err, ErrNobody) {
			return err
		}
		select {
		case <-time.After(again):
			return nil
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	})
}

// dial tries until it is connected or failed returns an error.
func dial(domain int, path string, failed func(error) error) (*Conn, error) {
	remote := Addr{domain, path}
	s, err := remote.system()
	if err != nil {
		return nil, remote.fails("dial", err)
	}
	for {
		c, err := s.Connect(uint16(domain), remote.absolute())
		if err == nil {
			self, _ := s.Domain()
			return newConn(c, Addr{int(self), path}, remote), nil
		}
		if err := failed(err); err != nil {
			return nil, remote.fails("dial", err)
		}
	}
}
