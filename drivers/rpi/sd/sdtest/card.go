// Package sdtest has a model of an SD card for the tests of controllers' drivers, each of which has a model of its controller with
// this card in it. It checks what a host must do with a card: SD Physical Layer Simplified Specification 6.00 ("PL").
package sdtest

import (
	"bytes"
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/drivers/rpi/sd"
	"testing"
)

// Parts of answers: PL, 4.9, 4.10.1 and 5.1.
const (
	stateShift, stateTransfer = 9, 4
	readyForData              = 1 << 8
	highCapacity              = 1 << 30
	powered                   = 1 << 31
	voltages                  = 0xff8000
	address                   = 0x1234 << 16
)

// A Card is the model. Its fields are set before it is used.
type Card struct {
	T     testing.TB
	Old   bool // of before 2.00, addressed by bytes
	None  bool // there is none
	Store []byte
	Fail  map[int]int // blocks that fail, and how often

	app    bool // the next command is an application's
	state  uint32
	powers int // questions until the card has powered up
	at     int // of the transfer under way
	left   int // octets; -1: until it is stopped
	toHost bool
}

// Command is one that the host sends; answer has what sd.Host.Send returns. ok is false if the card does not answer.
func (c *Card) Command(index uint8, arg uint32) (answer [4]uint32, ok bool) {
	app := c.app
	c.app = false
	if c.None && index != 0 {
		return answer, false
	}
	status := [4]uint32{c.state << stateShift}
	switch {
	case index == 0:
		c.state = 0
		return answer, true
	case index == 8 && !c.Old:
		return [4]uint32{arg & 0xfff}, true
	case index == 55:
		c.app = true
		return status, true
	case app && index == 41:
		return [4]uint32{c.condition(arg)}, true
	case index == 2:
		return [4]uint32{1, 2, 3, 4}, true
	case index == 3:
		return [4]uint32{address | 0xe000}, true // bits of an R6 that in an R1 are errors
	case index == 9 && arg == address:
		return c.csd(), true
	case index == 7 && arg == address:
		c.state = stateTransfer
		return answer, true
	case app && index == 6 && arg == 2, index == 16 && arg == sd.BlockSize:
		return status, true
	case index == 13 && arg == address:
		return [4]uint32{c.state<<stateShift | readyForData}, true
	case index == 18 || index == 25:
		c.begin(arg, index == 18)
		return status, true
	case index == 12:
		c.left, c.state = 0, stateTransfer
		return answer, true
	case index == 8:
		return answer, false
	}
	c.T.Errorf("command %d, argument %#x", index, arg)
	return answer, false
}

func (c *Card) condition(arg uint32) uint32 {
	if c.Old && arg&highCapacity != 0 {
		c.T.Error("an old card is asked for high capacity")
	}
	c.powers++
	switch {
	case c.powers < 3:
		return voltages
	case c.Old:
		return powered | voltages
	}
	return powered | voltages | highCapacity
}

// csd is a card's of the size of Store, without its last eight bits: PL, 5.3.
func (c *Card) csd() [4]uint32 {
	if !c.Old {
		return [4]uint32{0, uint32(len(c.Store)/(512<<10)-1) << 8, 0, 1 << 22}
	}
	// READ_BL_LEN 9, C_SIZE_MULT 7: 512 << 9 bytes a unit.
	n := uint32(len(c.Store)/(512<<9) - 1)
	return [4]uint32{0, n<<(62-8-32) | 7<<(47-8-32), n>>10 | 9<<(80-8-64), 0}
}

func (c *Card) begin(arg uint32, toHost bool) {
	c.at = int(arg)
	if !c.Old {
		c.at *= sd.BlockSize
	}
	if c.left != 0 {
		c.T.Error("a transfer while there is one")
	}
	c.left, c.toHost, c.state = -1, toHost, stateTransfer+1
}

// Busy reports whether a transfer has not been stopped.
func (c *Card) Busy() bool { return c.left != 0 }

// Fails reports whether the block that comes next fails.
func (c *Card) Fails() bool {
	block := c.at / sd.BlockSize
	if c.at%sd.BlockSize != 0 || c.Fail[block] == 0 {
		return false
	}
	c.Fail[block]--
	return true
}

// Read is the next word of a transfer to the host.
func (c *Card) Read() uint32 {
	if !c.toHost || c.left == 0 || c.at+4 > len(c.Store) {
		c.T.Fatal("data is read that is not there")
	}
	c.at += 4
	return byteorder.LEUint32(c.Store[c.at-4:])
}

// Write is the next word of a transfer from the host.
func (c *Card) Write(v uint32) {
	if c.toHost || c.left == 0 || c.at+4 > len(c.Store) {
		c.T.Fatal("data is written that is not wanted")
	}
	byteorder.LEPutUint32(c.Store[c.at:], v)
	c.at += 4
}

// Try tries a controller's driver with cards: host returns one for a card's model.
func Try(t *testing.T, host func(c *Card) sd.Host) {
	for _, old := range []bool{false, true} {
		model := &Card{T: t, Old: old, Store: make([]byte, 4<<20)}
		c, err := sd.Open(host(model))
		if err != nil {
			t.Fatal(err)
		}
		if g := c.Geometry(); g.Size != 4<<20 || g.Sector != 512 {
			t.Errorf("old %v: %+v", old, g)
		}
		p := make([]byte, 300*sd.BlockSize)
		for i := range p {
			p[i] = byte(i * 11)
		}
		if err := c.WriteAt(p, 7*sd.BlockSize); err != nil || c.Flush() != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(p))
		if err := c.ReadAt(got, 7*sd.BlockSize); err != nil || !bytes.Equal(got, p) || !bytes.Equal(model.Store[7*sd.BlockSize:][:len(p)], p) {
			t.Errorf("old %v: what was written is not what is read: %v", old, err)
		}
		for _, bad := range []struct {
			off int64
			n   int
		}{{1, 512}, {0, 100}, {-512, 512}, {4<<20 - 512, 1024}, {4 << 20, 512}} {
			if err := c.ReadAt(make([]byte, bad.n), bad.off); err != device.ErrRange {
				t.Errorf("%v: %v", bad, err)
			}
		}
	}
	// A block that fails is moved again; one that always fails is an error of that request alone.
	c, err := sd.Open(host(&Card{T: t, Store: make([]byte, 4<<20), Fail: map[int]int{5: 2, 9: 100}}))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4*sd.BlockSize)
	if err := c.ReadAt(p, 4*sd.BlockSize); err != nil {
		t.Errorf("a block that fails twice: %v", err)
	}
	if err := c.WriteAt(p, 8*sd.BlockSize); err != device.ErrIO {
		t.Errorf("a block that always fails: %v", err)
	}
	if err := c.WriteAt(p, 16*sd.BlockSize); err != nil {
		t.Errorf("another block: %v", err)
	}
	if _, err := sd.Open(host(&Card{T: t, None: true})); err != sd.ErrNone {
		t.Error(err)
	}
}
