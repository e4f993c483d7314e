package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// page is the unit in which data is checked, sector that in which it differs.
const (
	page   = 4096
	sector = 512
)

// A measure is a way to move all of a disk, some times over.
type measure struct {
	write, random bool
	block, depth  int // bytes at a time, and how many of those are under way
	passes        int
}

var measures = map[string]measure{
	"write":       {write: true, block: 128 << 10, depth: 4, passes: 4},
	"read":        {block: 128 << 10, depth: 4, passes: 4},
	"randomwrite": {write: true, random: true, block: page, depth: 16, passes: 2},
	"randomread":  {random: true, block: page, depth: 16, passes: 2},
}

// A disk is one with data that says where it belongs and which write it is of.
type disk struct {
	*os.File
	size    int64
	version []uint32 // of each page, how often it was written
	random  []byte   // a page
}

// openDisk opens a disk so that nothing but the driver is between it and the program.
func openDisk(name string) (*disk, error) {
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_DIRECT, 0)
	if err != nil {
		return nil, err
	}
	return newDiskOf(f)
}

func newDiskOf(f *os.File) (*disk, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	d := &disk{File: f, size: size, version: make([]uint32, size/page), random: make([]byte, page)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range d.random {
		d.random[i] = byte(r.Uint32())
	}
	return d, nil
}

// measure moves the disk's data, and returns how much that was.
func (d *disk) measure(name string) (moved int64, err error) {
	m, ok := measures[name]
	if !ok {
		return 0, fmt.Errorf("no measure %q", name)
	}
	n := int(d.size) / m.block
	order := make([]int64, n)
	for i := range order {
		order[i] = int64(i) * int64(m.block)
	}
	if m.random {
		rand.Shuffle(n, func(i, k int) { order[i], order[k] = order[k], order[i] })
	}
	for range m.passes {
		err = errors.Join(err, d.pass(m, order))
		moved += int64(n) * int64(m.block)
	}
	if m.write && err == nil {
		err = d.Sync()
	}
	return moved, err
}

// pass moves each block once.
func (d *disk) pass(m measure, order []int64) error {
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, m.depth)
	for i := range errs {
		all.Go(func() {
			b := aligned(m.block)
			for n := next.Add(1) - 1; n < int64(len(order)) && errs[i] == nil; n = next.Add(1) - 1 {
				errs[i] = d.move(m, b, order[n])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// move writes or reads a block; nobody else has it meanwhile.
func (d *disk) move(m measure, b []byte, at int64) error {
	first := int(at / page)
	if m.write {
		for i := 0; i < len(b); i += page {
			d.version[first+i/page]++
			d.fill(b[i:i+page], first+i/page)
		}
		_, err := d.WriteAt(b, at)
		return err
	}
	if _, err := d.ReadAt(b, at); err != nil {
		return err
	}
	var want [page]byte
	for i := 0; i < len(b); i += page {
		if d.fill(want[:], first+i/page); !bytes.Equal(b[i:i+page], want[:]) {
			return fmt.Errorf("page %d is not what was written last", first+i/page)
		}
	}
	return nil
}

// fill makes what a page has.
func (d *disk) fill(b []byte, n int) {
	copy(b, d.random)
	for i := 0; i < page; i += sector {
		binary.LittleEndian.PutUint64(b[i:], uint64(n)<<32|uint64(d.version[n]))
		b[i+8] = byte(i / sector)
	}
}

// aligned is memory as O_DIRECT wants it (open(2)).
func aligned(n int) []byte {
	b := make([]byte, n+page)
	off := -int(uintptr(unsafe.Pointer(&b[0]))) & (page - 1)
	return b[off : off+n]
}
