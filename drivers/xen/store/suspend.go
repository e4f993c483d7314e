package store

// Suspended calls suspend while nothing is asked of the store. If that returns true, the machine has become another domain: the
// ring is empty, and the store knows no watches; they are made again, and each says that there is news.
func (c *Client) Suspended(suspend func() (restored bool)) {
	c.transacting.Lock()
	defer c.transacting.Unlock()
	c.asking.Lock()
	defer c.asking.Unlock()
	if !suspend() {
		return
	}
	c.channel.Restored()
	c.emptied.Store(true)
	c.mu.Lock()
	clear(c.given)
	var all []*Watch
	for _, w := range c.watches {
		all = append(all, w)
	}
	c.mu.Unlock()
	c.lives.Add(1)
	for _, w := range all {
		// One that may not be any more, or fails, says that there is news all the same: who reads then gets the error.
		c.request(watch, None, w.path, "\x00", w.token, "\x00")
		w.raise()
	}
}

// Lives is how often the machine has become another domain: what the store said of its devices before is not so any more.
func (c *Client) Lives() uint32 { return c.lives.Load() }
