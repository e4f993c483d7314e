package bus

import (
	"internal/mirage/clock"
	"internal/mirage/drivers/xen/store"
)

// Await waits until the back end is in the state, for at most so many nanoseconds. One that is about to go is an error.
func (d *Device) Await(want State, ns int64) error {
	return d.await(want, ns, func(s State) bool { return s == Closing || s == Closed })
}

// await is Await, where over says in which states the wait is over.
func (d *Device) await(want State, ns int64, over func(State) bool) error {
	w, err := d.Store.Watch(d.Backend + "/state")
	if err != nil {
		return err
	}
	defer d.Store.Unwatch(w)
	deadline, late := clock.NewTimer(ns)
	defer deadline.Stop()
	for {
		select {
		case <-w.C:
		case <-d.Store.Failed():
		case <-late:
			return errTime
		}
		if d.Stale() {
			return errStale
		}
		switch s, err := d.State(); {
		case err != nil:
			return err
		case s == want:
			return nil
		case over(s):
			return errClosed
		}
	}
}

// Follow begins to watch the back end's state, for Next, until Close.
func (d *Device) Follow() (err error) {
	d.closed = make(chan struct{})
	d.states, err = d.Store.Watch(d.Backend + "/state")
	return err
}

// Next waits until the back end says a state, which may be the one that it said before, and returns it. After Close it is an error.
// When the machine has become another domain there is another back end, whose states follow.
func (d *Device) Next() (s State, err error) {
	if !d.Stale() {
		select {
		case <-d.states.C:
		case <-d.closed:
		case <-d.Store.Failed():
		}
	}
	select {
	case <-d.closed:
		return Unknown, errClosed
	default:
	}
	if d.Stale() {
		return d.again()
	}
	return d.State()
}

// again finds the back end that the machine has as another domain, and follows it.
func (d *Device) again() (State, error) {
	switch err := d.find(); {
	case err == store.ErrNotFound:
		d.life = d.Store.Lives()
		return Unknown, nil
	case err != nil:
		return Unknown, err
	}
	states, err := d.Store.Watch(d.Backend + "/state")
	if err != nil {
		return Unknown, err
	}
	d.Store.Unwatch(d.states)
	d.states = states
	return d.State()
}

// Reopen answers a back end that has said s and is going, or has gone and is back, and waits until it is ready for a new
// connection: InitWait. The rings must not be in use any more. A back end that is not to come back (online is 0) is an error.
func (d *Device) Reopen(s State, ns int64) error {
	if s != InitWait {
		if err := d.SetState(Closed); err != nil {
			return err
		}
		if online, err := d.Store.Read(store.None, d.Backend+"/online"); err == nil && online == "0" {
			return errClosed
		}
		if err := d.SetState(Initialising); err != nil {
			return err
		}
	}
	return d.await(InitWait, ns, func(s State) bool { return s == Unknown })
}

// Close says that we are done with the device, and want to hear no more of it. Called once.
func (d *Device) Close() {
	d.SetState(Closed)
	if d.states != nil {
		close(d.closed)
		d.Store.Unwatch(d.states)
	}
}

// AwaitEnd waits, after Follow, until the back end closes or is gone, and says why.
func (d *Device) AwaitEnd() error {
	for {
		s, err := d.Next()
		if err != nil {
			return err
		}
		if s == Unknown || s == Closing || s == Closed {
			return errClosed
		}
	}
}
