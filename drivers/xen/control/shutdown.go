package control

import "internal/mirage/drivers/xen/store"

const request = "control/shutdown"

// Open has shutdown called each time that the machine is asked to end. It must not block.
func Open(c *store.Client, shutdown func()) error {
	if err := c.Write(store.None, "control/feature-poweroff", "1"); err != nil {
		return err
	}
	w, err := c.Watch(request)
	if err != nil {
		return err
	}
	go serve(c, w, shutdown)
	return nil
}

// serve passes requests on until the store fails, which says so itself.
func serve(c *store.Client, w *store.Watch, shutdown func()) {
	for {
		select {
		case <-w.C:
		case <-c.Failed():
			return
		}
		if v, _ := c.Read(store.None, request); v == "poweroff" || v == "halt" {
			// An empty value says that the request was taken.
			c.Write(store.None, request, "")
			shutdown()
		}
	}
}
