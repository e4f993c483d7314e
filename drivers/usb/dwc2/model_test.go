//go:build !mirage

package dwc2

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
	"sync"
	"testing"
	"time"
)

const (
	modelChannels = 8 // as the BCM2835's
	modelFIFO     = 4080
	busBase       = 0xc0000000
)

// A core is a model of the controller's registers, with what the databook wants of a driver: see the checks. Its channels do one
// packet after the other in a goroutine each, as long as they are enabled.
type core struct {
	t     *testing.T
	input uint32

	mu       sync.Mutex
	regs     map[uintptr]uint32
	root     *usbtest.Device
	busyRead int                   // reads of grstctl until a reset is over
	held     [modelChannels][]byte // what the hub has been given with a start-split
	asked    [modelChannels]int    // how often since
}

func newCore(t *testing.T) *core {
	c := &core{t: t, input: 5000 + inputs.Add(1), regs: map[uintptr]uint32{
		uintptr(gsnpsid): 0x4f54280a,
		uintptr(ghwcfg2): architectureDMA<<architectureShift | (modelChannels-1)<<channelsShift,
		uintptr(grstctl): resetAHBIdle,
		uintptr(hprt):    0,
	}}
	return c
}

func (c *core) space() *mmiotest.Model {
	return &mmiotest.Model{Length: 0x10000, Read: c.read, Write: c.write}
}

// channelOf returns a channel's number and the offset in it.
func channelOf(off uintptr) (n int, reg mmio.Reg32, ok bool) {
	if off < channelAt || off >= channelAt+16*channelSize {
		return 0, 0, false
	}
	return int(off-channelAt) / channelSize, mmio.Reg32((off - channelAt) % channelSize), true
}

func at(n int, r mmio.Reg32) uintptr { return channelAt + uintptr(n)*channelSize + uintptr(r) }

func (c *core) read(off uintptr, width int) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if width != 4 {
		c.t.Errorf("a read of %d bytes at %#x", width, off)
	}
	switch mmio.Reg32(off) {
	case grstctl:
		if c.busyRead > 0 {
			c.busyRead--
		} else {
			c.regs[off] = c.regs[off]&^(resetCore|resetRx|resetTx) | resetAHBIdle
		}
	case haint:
		return c.channelInterrupts()
	case gintsts:
		return c.status()
	}
	return c.regs[off]
}

func (c *core) channelInterrupts() (bits uint32) {
	for n := range modelChannels {
		if c.regs[at(n, hcint)]&c.regs[at(n, hcintmsk)] != 0 {
			bits |= 1 << n
		}
	}
	return bits
}

func (c *core) status() uint32 {
	v := c.regs[uintptr(gintsts)] &^ (intChannel | intPort | intHost)
	if c.channelInterrupts()&c.regs[uintptr(haintmsk)] != 0 {
		v |= intChannel
	}
	if c.regs[uintptr(hprt)]&(portChanged|portEnableNews|portOvercNews) != 0 {
		v |= intPort
	}
	if c.regs[uintptr(gusbcfg)]&usbForceHost != 0 {
		v |= intHost
	}
	return v
}

// drive drives the interrupt if there is a reason.
func (c *core) drive() {
	if c.regs[uintptr(gahbcfg)]&ahbInterrupt != 0 && c.status()&c.regs[uintptr(gintmsk)] != 0 {
		irq.Fire(c.input)
	}
}

func (c *core) write(off uintptr, width int, v uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.drive()
	if n, reg, ok := channelOf(off); ok {
		c.writeChannel(n, reg, v)
		return
	}
	switch mmio.Reg32(off) {
	case grstctl:
		c.writeReset(v)
	case gintsts:
		c.regs[off] &^= v
	case gsnpsid, ghwcfg2, hfnum, haint:
		c.t.Errorf("a write of %#x, which can only be read", off)
	case hprt:
		c.writePort(v)
	case hptxfsiz:
		c.regs[off] = v
		rx, tx, periodic := c.regs[uintptr(grxfsiz)], c.regs[uintptr(gnptxfsiz)], v
		if tx&0xffff != rx || periodic&0xffff != rx+tx>>16 || periodic&0xffff+periodic>>16 > modelFIFO {
			c.t.Errorf("FIFOs overlap or are larger than %d words: %d, %#x, %#x", modelFIFO, rx, tx, periodic)
		}
	default:
		c.regs[off] = v
	}
}

// writeReset: a reset is only asked for while the bus is idle and no other is under way (RM0090, GRSTCTL).
func (c *core) writeReset(v uint32) {
	if c.busyRead > 0 {
		c.t.Error("GRSTCTL is written while a reset is under way")
	}
	if v&resetCore != 0 {
		if c.regs[uintptr(grstctl)]&resetAHBIdle == 0 {
			c.t.Error("a reset while the bus is not idle")
		}
		for _, r := range []mmio.Reg32{gahbcfg, gintmsk, gusbcfg, grxfsiz, gnptxfsiz, hptxfsiz, haintmsk} {
			c.regs[uintptr(r)] = 0
		}
		v &^= resetAHBIdle
	}
	c.regs[uintptr(grstctl)] = v
	c.busyRead = 3
}

// writePort: a one clears changes and the enable; the enable comes with the end of a reset (HPRT).
func (c *core) writePort(v uint32) {
	old := c.regs[uintptr(hprt)]
	if v&portEnabled != 0 {
		c.t.Error("the driver disables the port")
	}
	cleared := v & (portChanged | portEnableNews | portOvercNews)
	new := old&^cleared&^(portReset|portPower) | v&(portReset|portPower)
	if old&portPower == 0 && v&portPower != 0 && c.root != nil {
		new |= portConnected | portChanged
	}
	switch {
	case v&portReset != 0 && old&portReset == 0:
		new &^= portEnabled
	case v&portReset == 0 && old&portReset != 0 && c.root != nil:
		new = new&^(3<<portSpeedShift) | portEnabled | portEnableNews | uint32(c.root.Speed)<<portSpeedShift
		c.root.Reset()
	}
	c.regs[uintptr(hprt)] = new
}

// plug plugs a device, or nothing, in.
func (c *core) plug(d *usbtest.Device) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.drive()
	c.root = d
	p := c.regs[uintptr(hprt)] &^ (portConnected | portEnabled)
	if d != nil {
		p |= portConnected
	} else {
		c.regs[uintptr(gintsts)] |= intDisconnect
	}
	c.regs[uintptr(hprt)] = p | portChanged
}

// writeChannel: HCCHARn and its kin.
func (c *core) writeChannel(n int, r mmio.Reg32, v uint32) {
	off := at(n, r)
	old := c.regs[at(n, hcchar)]
	if n >= modelChannels {
		c.t.Errorf("channel %d of %d", n, modelChannels)
	}
	switch r {
	case hcint:
		c.regs[off] &^= v
	case hcchar:
		switch {
		case v&charDisable != 0:
			if v&charEnable == 0 {
				c.t.Error("a channel is disabled without CHENA")
			}
			c.halt(n, 0)
		case v&charEnable != 0 && old&charEnable != 0:
			c.t.Error("a channel is enabled that is")
		case v&charEnable != 0:
			c.regs[off] = v
			c.checkTransfer(n)
			go c.run(n)
		default:
			c.regs[off] = v
		}
	default:
		if old&charEnable != 0 && r != hcintmsk {
			c.t.Errorf("register %#x of channel %d changes while it is enabled", uintptr(r), n)
		}
		c.regs[off] = v
	}
}

// checkTransfer checks what a channel is to do: HCTSIZn and HCDMAn.
func (c *core) checkTransfer(n int) {
	char, size := c.regs[at(n, hcchar)], c.regs[at(n, hctsiz)]
	mps, bytes, packets := char&0x7ff, size&sizeMask, size>>packetsShift&packetsMask
	if mps == 0 || packets == 0 {
		c.t.Errorf("packets of %d bytes, %d of them", mps, packets)
		return
	}
	if want := max(1, (bytes+mps-1)/mps); packets != want {
		c.t.Errorf("%d packets for %d bytes", packets, bytes)
	}
	if char&charIn != 0 && bytes%mps != 0 {
		c.t.Errorf("an IN transfer of %d bytes, in packets of %d", bytes, mps)
	}
	addr := c.regs[at(n, hcdma)]
	if addr%4 != 0 || addr < busBase {
		c.t.Errorf("address %#x", addr)
	}
	if m, _ := dma.At(uint64(addr-busBase), int(bytes)); m == nil {
		c.t.Errorf("%d bytes at %#x are not all memory of the driver's", bytes, addr)
	}
}

// halt ends a channel's work.
func (c *core) halt(n int, why uint32) {
	c.regs[at(n, hcchar)] &^= charEnable | charDisable
	c.regs[at(n, hcint)] |= why | chanHalted
}

// run does a channel's packets.
func (c *core) run(n int) {
	for c.packet(n) {
		time.Sleep(20 * time.Microsecond)
	}
}

var pids = [...]usb.PID{pidData0: usb.Data0, pidData1: usb.Data1, pidSetup: usb.Setup}

// packet does one, and reports whether there are more.
func (c *core) packet(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.drive()
	char, size := c.regs[at(n, hcchar)], c.regs[at(n, hctsiz)]
	if char&charEnable == 0 {
		return false
	}
	if split := c.regs[at(n, hcsplt)]; split&splitEnable != 0 && split&splitComplete == 0 {
		c.halt(n, chanACK) // the hub has taken the start; it does the packet when it is asked
		c.asked[n] = 0
		if bytes := int(size & sizeMask); char&charIn == 0 {
			memory, off := dma.At(uint64(c.regs[at(n, hcdma)]-busBase), bytes)
			c.held[n] = append([]byte{}, memory.Bytes()[off:off+bytes]...)
		}
		return false
	}
	split := c.regs[at(n, hcsplt)]&splitEnable != 0
	if c.asked[n]++; split && c.asked[n] == 1 {
		c.halt(n, chanNYET)
		return false
	}
	var d *usbtest.Device
	if c.regs[uintptr(hprt)]&portEnabled != 0 {
		d = c.root.Find(uint8(char >> charAddress & 0x7f))
	}
	if d == nil {
		c.halt(n, chanError)
		return false
	}
	mps, bytes, packets := int(char&0x7ff), int(size&sizeMask), size>>packetsShift&packetsMask
	pid, in := pids[size>>pidShift&3], char&charIn != 0
	memory, off := dma.At(uint64(c.regs[at(n, hcdma)]-busBase), bytes)
	b := memory.Bytes()[off : off+bytes]
	if split && !in {
		b = c.held[n]
	}
	c.mu.Unlock()
	moved, err := usbtest.Packet(d, uint8(char>>charEndpoint&15), in, mps, &pid, b)
	c.mu.Lock()
	return c.finish(n, mps, bytes, packets, moved, pid, in, err)
}

// finish writes down what has become of a packet.
func (c *core) finish(n, mps, bytes int, packets uint32, moved int, pid usb.PID, in bool, err error) bool {
	char := c.regs[at(n, hcchar)]
	if char&charEnable == 0 {
		return false // stopped meanwhile
	}
	switch {
	case err == usb.ErrNothing && (usb.Kind(char>>charType&3) == usb.Interrupt || c.regs[at(n, hcsplt)]&splitEnable != 0):
		c.halt(n, chanNAK)
		return false
	case err == usb.ErrNothing:
		return true // the core tries again
	case err == usb.ErrStall:
		c.halt(n, chanStall)
		return false
	case err == usb.ErrBabble:
		c.halt(n, chanBabble)
		return false
	case err != nil:
		c.halt(n, chanError)
		return false
	}
	packets--
	bytes -= min(moved, bytes)
	raw := map[usb.PID]uint32{usb.Data0: pidData0, usb.Data1: pidData1, usb.Setup: pidSetup}[pid]
	c.regs[at(n, hctsiz)] = uint32(bytes) | packets<<packetsShift | raw<<pidShift
	c.regs[at(n, hcdma)] += uint32(moved)
	if packets == 0 || in && moved < mps {
		c.halt(n, chanDone)
		return false
	}
	return true
}
