package vchan

import (
	"errors"
	"net"
	"strconv"
	"strings"

	wire "internal/mirage/drivers/xen/vchan"
)

// ErrNone says that there is no Xen.
var ErrNone = errors.New("the machine is not a guest of Xen with a xenstore")

var errDomain = errors.New("no number of a domain")

// An Addr is one end of a connection: a domain's number, and the path in the server's folder.
type Addr struct {
	Domain int
	Path   string
}

// Network implements net.Addr.
func (a Addr) Network() string { return "vchan" }

func (a Addr) String() string { return strconv.Itoa(a.Domain) + ":" + a.Path }

// fails is an error of what was done with a connection.
func (a Addr) fails(op string, err error) error {
	return &net.OpError{Op: op, Net: a.Network(), Addr: a, Err: err}
}

// absolute is a path in a domain's folder as others name it.
func (a Addr) absolute() string {
	if strings.HasPrefix(a.Path, "/") {
		return a.Path
	}
	return "/local/domain/" + strconv.Itoa(a.Domain) + "/" + a.Path
}

// Domain is the machine's own number. It is another one after the machine was restored or has migrated.
func Domain() (int, error) {
	s := wire.Machine()
	if s == nil {
		return 0, ErrNone
	}
	n, err := s.Domain()
	return int(n), err
}

// system is what connections to a domain are made with.
func (a Addr) system() (*wire.System, error) {
	s := wire.Machine()
	switch {
	case s == nil:
		return nil, ErrNone
	case a.Domain < 0 || a.Domain >= 0x7ff0: // DOMID_FIRST_RESERVED
		return nil, errDomain
	}
	return s, nil
}
