package bus

import (
	"errors"
	"internal/mirage/drivers/xen/store"
	"internal/strconv"
)

// A State is how far one end of a device is: enum xenbus_state.
type State int

// The states.
const (
	Unknown State = iota // the folder is gone
	Initialising
	InitWait // the back end waits for what the front end has to say
	Initialised
	Connected
	Closing
	Closed
	Reconfiguring
	Reconfigured
)

var (
	errBackend = errors.New("xenbus: a device without a back end")
	errTime    = errors.New("xenbus: the back end does not get ready")
	errClosed  = errors.New("xenbus: the back end closes")
	errStale   = errors.New("xenbus: the machine was suspended")
	errNumber  = errors.New("xenbus: the back end says something that is no number")
)

// A Device is the front end of a device.
type Device struct {
	Store     *store.Client
	Path      string // our folder
	Backend   string // the other's
	BackendID uint16 // the domain that has it

	life   uint32        // of the machine, in which that is so
	states *store.Watch  // Follow's
	closed chan struct{} // when nobody wants to hear of them any more
}

// Devices returns the devices of a kind, such as vif.
func Devices(c *store.Client, kind string) ([]*Device, error) {
	names, err := c.List(store.None, "device/"+kind)
	if err == store.ErrNotFound {
		return nil, nil
	}
	var all []*Device
	for _, name := range names {
		d, bad := open(c, "device/"+kind+"/"+name)
		if bad != nil {
			err = bad
			continue
		}
		all = append(all, d)
	}
	return all, err
}

// Attach calls f for each device of a kind, those there now, before it returns, and in a goroutine those that come later. complain
// is told of those that are malformed.
func Attach(c *store.Client, kind string, f func(*Device), complain func(error)) error {
	w, err := c.Watch("device/" + kind)
	if err != nil {
		return err
	}
	known, life := map[string]string{}, c.Lives() // back ends, by our folder
	look := func() {
		before := life
		life = c.Lives()
		all, err := Devices(c, kind)
		if err != nil {
			complain(err)
		}
		now := map[string]string{}
		for _, d := range all {
			now[d.Path] = d.Backend
			// Another back end is another device, though it has the name of one that was there; but not if all have become others.
			if backend, ok := known[d.Path]; !ok || backend != d.Backend && life == before {
				f(d)
			}
		}
		known = now
	}
	<-w.C // the first is there at once
	look()
	go func() {
		for {
			select {
			case <-w.C:
				look()
			case <-c.Failed():
				return
			}
		}
	}()
	return nil
}

func open(c *store.Client, path string) (*Device, error) {
	d := &Device{Store: c, Path: path}
	if err := d.find(); err != nil {
		return nil, err
	}
	return d, nil
}

// find finds the back end.
func (d *Device) find() error {
	life := d.Store.Lives()
	id, err := d.Read("backend-id")
	if err != nil {
		return err
	}
	backend, err := d.Read("backend")
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(id, 10, 16)
	if err != nil || backend == "" {
		return errBackend
	}
	d.Backend, d.BackendID, d.life = backend, uint16(n), life
	return nil
}

// Stale reports whether the machine has become another domain meanwhile: the back end is another one, for Next to find.
func (d *Device) Stale() bool { return d.life != d.Store.Lives() }

// Read returns what stands in our folder.
func (d *Device) Read(key string) (string, error) { return d.Store.Read(store.None, d.Path+"/"+key) }

// Offers reports whether the back end says 1 of a feature. What it does not mention, or cannot be read, it has not.
func (d *Device) Offers(feature string) bool {
	has, _ := d.Ask(feature)
	return has
}

// Ask is Offers, where it is an error that the store does not say.
func (d *Device) Ask(feature string) (bool, error) {
	v, err := d.Store.Read(store.None, d.Backend+"/"+feature)
	if err == store.ErrNotFound {
		return false, nil
	}
	return v == "1", err
}

// Number reads a number that the back end says; the error is store.ErrNotFound, that it does not, or that it is none.
func (d *Device) Number(key string) (uint64, error) {
	v, err := d.Store.Read(store.None, d.Backend+"/"+key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, errNumber
	}
	return n, nil
}

// A Setting is a key in our folder and its value.
type Setting [2]string

// Configure writes what the back end has to know.
func (d *Device) Configure(settings []Setting) error {
	return d.Store.Transact(func(t store.Transaction) error {
		for _, s := range settings {
			if err := d.Store.Write(t, d.Path+"/"+s[0], s[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetState says how far we are.
func (d *Device) SetState(s State) error {
	return d.Store.Write(store.None, d.Path+"/state", strconv.Itoa(int(s)))
}

// State returns how far the back end is.
func (d *Device) State() (State, error) {
	v, err := d.Store.Read(store.None, d.Backend+"/state")
	if err == store.ErrNotFound {
		return Unknown, nil
	}
	n, bad := strconv.Atoi(v)
	if err == nil && (bad != nil || n < 0 || n > int(Reconfigured)) {
		return Unknown, nil
	}
	return State(n), err
}

// Name is the device's name among those of its kind: a number.
func (d *Device) Name() string {
	i := len(d.Path)
	for i > 0 && d.Path[i-1] != '/' {
		i--
	}
	return d.Path[i:]
}
