package control

import "internal/mirage/drivers/xen/store"

const request = "control/shutdown"

// Functions are what is done when the machine is asked to.
type Functions struct {
	End     func() // must not block
	Reboot  func() // must not block; the machine is to end and begin anew
	Suspend func() // returns when the machine goes on; nil: it cannot be suspended
}

// Open has the functions called each time that the machine is asked.
func Open(c *store.Client, f Functions) error {
	if err := f.announce(c); err != nil {
		return err
	}
	w, err := c.Watch(request)
	if err != nil {
		return err
	}
	go f.serve(c, w)
	return nil
}

// announce says what the machine may be asked for.
func (f Functions) announce(c *store.Client) error {
	can := []string{"poweroff", "reboot"}
	if f.Suspend != nil {
		can = append(can, "suspend")
	}
	for _, what := range can {
		if err := c.Write(store.None, "control/feature-"+what, "1"); err != nil {
			return err
		}
	}
	return nil
}

// serve does what is asked for until the store fails, which says so itself.
func (f Functions) serve(c *store.Client, w *store.Watch) {
	for {
		select {
		case <-w.C:
		case <-c.Failed():
			return
		}
		what, _ := c.Read(store.None, request)
		switch {
		case what == "poweroff", what == "halt":
			// An empty value says that the request was taken.
			c.Write(store.None, request, "")
			f.End()
		case what == "reboot":
			c.Write(store.None, request, "")
			f.Reboot()
		case what == "suspend" && f.Suspend != nil:
			c.Write(store.None, request, "")
			f.Suspend()
			f.announce(c) // the folder may be another domain's
		}
	}
}
