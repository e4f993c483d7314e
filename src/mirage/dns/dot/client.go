package dot

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"mirage/dns"
	"net"
	"sync"
	"time"
)

// A Client asks one server. Its fields must not change once it is used; its methods may be called at the same time.
type Client struct {
	Addr       string         // host and port
	ServerName string         // what the certificate has to be good for; empty: Addr's host
	Roots      *x509.CertPool // who may have signed it; nil: whom the system trusts
	Idle       time.Duration  // how long a connection is kept without an answer; 0 is 30 s

	// Dial is how the server is reached; nil is net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	once    sync.Once
	turn    chan struct{} // holds a token while nobody connects
	current *conn         // by whose turn it is
}

const defaultIdle = 30 * time.Second

// Exchange sends a query, with an ID and padding of its own, and returns the answer to it. A connection that the server has closed
// meanwhile, as it may at any time (RFC 7766 section 6.2.3), is made anew.
func (c *Client) Exchange(ctx context.Context, query *dns.Message) (*dns.Message, error) {
	for {
		k, fresh, err := c.connection(ctx)
		if err != nil {
			return nil, err
		}
		a, err := k.exchange(ctx, query)
		if err == nil || fresh || ctx.Err() != nil || !k.over() {
			return a, err
		}
	}
}

// Close closes the connection. Another is made for the next query.
func (c *Client) Close() {
	c.once.Do(c.init)
	<-c.turn
	if c.current != nil {
		c.current.end(net.ErrClosed)
	}
	c.turn <- struct{}{}
}

func (c *Client) init() {
	c.turn = make(chan struct{}, 1)
	c.turn <- struct{}{}
}

// connection returns the connection that there is, or a fresh one.
func (c *Client) connection(ctx context.Context) (k *conn, fresh bool, err error) {
	c.once.Do(c.init)
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	defer func() { c.turn <- struct{}{} }()
	if c.current != nil && !c.current.over() {
		return c.current, false, nil
	}
	t, err := c.connect(ctx)
	if err != nil {
		return nil, false, err
	}
	idle := c.Idle
	if idle == 0 {
		idle = defaultIdle
	}
	c.current = newConn(t, idle)
	return c.current, true, nil
}

func (c *Client) connect(ctx context.Context) (*tls.Conn, error) {
	name := c.ServerName
	if name == "" {
		host, _, err := net.SplitHostPort(c.Addr)
		if err != nil {
			return nil, err
		}
		name = host
	}
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	plain, err := dial(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, err
	}
	t := tls.Client(plain, &tls.Config{ServerName: name, RootCAs: c.Roots, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12})
	if err := t.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return t, nil
}

var errAnswer = errors.New("dot: an answer to something else")
