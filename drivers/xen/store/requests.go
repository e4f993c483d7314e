package store

import "internal/strconv"

// A Transaction groups requests, of which then all or none happen.
type Transaction uint32

// None is no transaction.
const None Transaction = 0

// transactionTries is how often a transaction is begun anew that another one was faster than.
const transactionTries = 100

// Read returns a value.
func (c *Client) Read(t Transaction, path string) (string, error) {
	b, err := c.ask(read, t, path, "\x00")
	return string(b), err
}

// Write writes a value.
func (c *Client) Write(t Transaction, path, value string) error {
	_, err := c.ask(write, t, path, "\x00", value)
	return err
}

// Remove removes a value or a folder with all that is in it.
func (c *Client) Remove(t Transaction, path string) error {
	_, err := c.ask(remove, t, path, "\x00")
	return err
}

// Share lets one other domain read a value of ours, and nobody else.
func (c *Client) Share(t Transaction, path string, self, reader uint16) error {
	// The first is the owner's, and what domains may that are not named: nothing.
	_, err := c.ask(setPermissions, t, path, "\x00n", strconv.Itoa(int(self)), "\x00r", strconv.Itoa(int(reader)), "\x00")
	return err
}

// List returns the names in a folder.
func (c *Client) List(t Transaction, path string) ([]string, error) {
	b, err := c.ask(directory, t, path, "\x00")
	return splitNUL(b), err
}

// Transact calls f for requests that are to happen together, again if another transaction came first.
func (c *Client) Transact(f func(Transaction) error) error {
	c.transacting.RLock()
	defer c.transacting.RUnlock()
	err := error(ErrAgain)
	for try := 0; try < transactionTries && err == ErrAgain; try++ {
		var b []byte
		if b, err = c.ask(transactionStart, None, "\x00"); err != nil {
			return err
		}
		n, bad := strconv.ParseUint(string(trimNUL(b)), 10, 32)
		if bad != nil || n == 0 {
			return errReply
		}
		t := Transaction(n)
		if err = f(t); err != nil {
			c.ask(transactionEnd, t, "F\x00")
			continue
		}
		_, err = c.ask(transactionEnd, t, "T\x00")
	}
	return err
}

func trimNUL(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

// A Watch says that something at or below a path may have changed.
type Watch struct {
	// C has something when there is news: once at first, and then for one change or more.
	C     chan struct{}
	path  string
	token string
}

func (w *Watch) raise() {
	select {
	case w.C <- struct{}{}:
	default: // there is news already
	}
}

// Watch watches a path.
func (c *Client) Watch(path string) (*Watch, error) {
	w := &Watch{C: make(chan struct{}, 1), path: path}
	c.mu.Lock()
	c.tokens++
	w.token = strconv.FormatUint(c.tokens, 10)
	c.watches[w.token] = w
	c.mu.Unlock()
	if _, err := c.ask(watch, None, path, "\x00", w.token, "\x00"); err != nil {
		c.forget(w)
		return nil, err
	}
	return w, nil
}

// Unwatch ends a watch.
func (c *Client) Unwatch(w *Watch) error {
	c.forget(w)
	_, err := c.ask(unwatch, None, w.path, "\x00", w.token, "\x00")
	return err
}

func (c *Client) forget(w *Watch) {
	c.mu.Lock()
	delete(c.watches, w.token)
	c.mu.Unlock()
}

// Failed is closed when the client has failed.
func (c *Client) Failed() <-chan struct{} { return c.failed }
