package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
)

// Character devices that need no hardware (null(4), full(4), random(4)).

// device opens the device that a node stands for. The error is ENXIO: there is none of that number. /dev/tty is among those:
// the console is no terminal that programs could set, so there is no controlling one (tty(4)).
func (p *Process) device(n *fs.Inode) (file, linux.Errno) {
	switch n.Rdev() {
	case linux.DevNull, linux.DevZero, linux.DevFull, linux.DevRandom, linux.DevUrandom:
		return memoryDevice(n.Rdev()), 0
	case linux.DevConsole:
		return &consoleFile{console: p.console}, 0
	}
	return nil, linux.ENXIO
}

// memoryDevice is one of them, by its number.
type memoryDevice uint64

func (f memoryDevice) read(d *description, b []byte) (int, linux.Errno) { return f.readAt(b, 0) }

func (f memoryDevice) readAt(b []byte, off int64) (int, linux.Errno) {
	switch f {
	case linux.DevNull:
		return 0, 0
	case linux.DevRandom, linux.DevUrandom:
		random(b)
	default:
		clear(b)
	}
	return len(b), 0
}

func (f memoryDevice) write(d *description, b []byte) (int, linux.Errno) { return f.writeAt(d, b, 0) }

// writeAt to the random devices mixes the bytes in, for whatever they are worth.
func (f memoryDevice) writeAt(d *description, b []byte, off int64) (int, linux.Errno) {
	switch f {
	case linux.DevFull:
		return 0, linux.ENOSPC
	case linux.DevRandom, linux.DevUrandom:
		addEntropy(b)
	}
	return len(b), 0
}

func (f memoryDevice) seek(off int64, whence int) (int64, linux.Errno) { return 0, 0 }
func (f memoryDevice) mode() uint32                                    { return linux.S_IFCHR | 0o666 }
func (f memoryDevice) ready(d *description) uint32                     { return readyAlways }
func (f memoryDevice) queue() *waitQueue                               { return nil }
func (f memoryDevice) release(d *description)                          {}
