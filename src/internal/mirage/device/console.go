package device

// A Console is a stream of bytes to and from whoever watches the machine.
type Console interface {
	// Write writes all of p, blocking while the device is full.
	Write(p []byte) (int, error)
	// Read blocks until at least one byte is there. It returns 0, nil at the end of input (the host closed it).
	Read(p []byte) (int, error)
}

// A Keyboard is keys that somebody presses at the machine.
type Keyboard interface {
	// Read blocks until keys were pressed, and fills p with the bytes that a terminal sends for them. It returns 0 once the
	// keyboard is gone.
	Read(p []byte) int
}

// A Screen shows what the program's console has.
type Screen interface {
	// Write shows p, soon. It does not wait.
	Write(p []byte)
}

// An Entropy is a device that gives random bytes from outside the machine.
type Entropy interface {
	// Read fills all of p or returns an error; it may block.
	Read(p []byte) (int, error)
}
