package emmc

import (
	goerrors "errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/rpi/sd"
	"internal/mirage/mmio"
)

var (
	errRegisters = goerrors.New("emmc: registers missing")
	errReset     = goerrors.New("emmc: the controller does not come out of its reset")
	errClock     = goerrors.New("emmc: the controller's clock does not start")
	errMemory    = goerrors.New("emmc: no memory for a DMA channel")
)

// A Host is the controller. It implements sd.Host.
type Host struct {
	regs   mmio.Space
	baseHz uint32
	engine Engine // nil: the CPU moves the data
	memory *dma.Memory
}

// An Engine moves the first n bytes of m to the controller's data register, or what comes from there to them.
type Engine func(m *dma.Memory, n int, toMemory bool) error

// Open returns the controller at regs, whose clock is baseHz.
func Open(regs mmio.Space, baseHz uint32) (*Host, error) {
	if regs.Size() < size || baseHz == 0 {
		return nil, errRegisters
	}
	return &Host{regs: regs, baseHz: baseHz}, nil
}

// DataRegister is where the data register is among the controller's, and Pacer the number of its requests for the DMA controller: BCM2835 ARM
// Peripherals, 4.2.1.3.
const (
	DataRegister = uintptr(data)
	Pacer        = 11
)

// Use has a DMA channel move the data from now on. If it ever fails the CPU does again.
func (h *Host) Use(e Engine) error {
	if h.memory = dma.AllocUncached(sd.MaxBlocks * sd.BlockSize); h.memory == nil {
		return errMemory
	}
	h.engine = e
	return nil
}

// Reset implements sd.Host: 5.2, CONTROL1.
func (h *Host) Reset() error {
	control1.Store(h.regs, resetAll)
	if !sd.Poll(func() bool { return control1.Load(h.regs)&resetAll == 0 }) {
		return errReset
	}
	control0.Store(h.regs, power)
	raised.Store(h.regs, 0)
	wanted.Store(h.regs, errors|commandDone|dataDone|writeReady|readReady)
	happened.Store(h.regs, ^uint32(0))
	return h.SetClock(sd.SlowHz)
}

// SetClock implements sd.Host: the base, divided by twice a number of ten bits.
func (h *Host) SetClock(hz uint32) error {
	divisor := min((h.baseHz+2*hz-1)/(2*hz), 1023)
	control1.Store(h.regs, longestWait)
	v := longestWait | clockInternal | divisor&0xff<<8 | divisor>>8<<6
	control1.Store(h.regs, v)
	if !sd.Poll(func() bool { return control1.Load(h.regs)&clockStable != 0 }) {
		return errClock
	}
	control1.Store(h.regs, v|clockCard)
	return nil
}

// Widen implements sd.Host.
func (h *Host) Widen() { control0.Store(h.regs, control0.Load(h.regs)|wide) }

// Begin implements sd.Host.
func (h *Host) Begin(n int) { blocks.Store(h.regs, uint32(n)<<16|sd.BlockSize) }

// words are a command's for the controller: CMDTM.
func words(c sd.Command) uint32 {
	v := uint32(c.Index)<<indexShift | [...]uint32{
		sd.None: 0,
		sd.R1:   answer48 | checkCRC | checkIndex,
		sd.R1b:  answerBusy | checkCRC | checkIndex,
		sd.R2:   answer136 | checkCRC,
		sd.R3:   answer48,
	}[c.Answer]
	if c.HasData {
		v |= hasData | manyBlocks | countBlocks | autoStop
	}
	if c.FromCard {
		v |= toHost
	}
	return v
}

// Send implements sd.Host: 5.2, CMDTM.
func (h *Host) Send(c sd.Command, arg uint32) (answer [4]uint32, err error) {
	busy := uint32(statusCommand)
	if c.HasData || c.Answer == sd.R1b {
		busy |= statusData
	}
	if !sd.Poll(func() bool { return status.Load(h.regs)&busy == 0 }) {
		return answer, sd.ErrTimeout
	}
	happened.Store(h.regs, ^uint32(0))
	argument.Store(h.regs, arg)
	command.Store(h.regs, words(c))
	if err := h.await(commandDone); err != nil {
		control1.Store(h.regs, control1.Load(h.regs)|resetCommand)
		sd.Poll(func() bool { return control1.Load(h.regs)&resetCommand == 0 })
		return answer, err
	}
	for i := range answer {
		answer[i] = h.regs.Load32(uintptr(response) + 4*uintptr(i))
	}
	return answer, nil
}

// Move implements sd.Host: 5.2, DATA. The controller stops the card by itself.
func (h *Host) Move(p []byte, fromCard bool) error {
	isReady := uint32(writeReady)
	if fromCard {
		isReady = readReady
	}
	if h.engine != nil && len(p) <= h.memory.Len() {
		return h.moveByEngine(p, fromCard, isReady)
	}
	for ; len(p) > 0; p = p[sd.BlockSize:] {
		if err := h.await(isReady); err != nil {
			return err
		}
		if fromCard {
			h.read(p[:sd.BlockSize])
		} else {
			h.write(p[:sd.BlockSize])
		}
	}
	return h.await(dataDone)
}

// moveByEngine is Move with a DMA channel, which begins once the first block is ready: the others come at the pace of the controller's
// requests.
func (h *Host) moveByEngine(p []byte, fromCard bool, isReady uint32) error {
	if !fromCard {
		copy(h.memory.Bytes(), p)
	}
	if err := h.await(isReady); err != nil {
		return err
	}
	if err := h.engine(h.memory, len(p), fromCard); err != nil {
		if happened.Load(h.regs)&errors == 0 { // it was not the card's fault
			h.engine = nil
			device.Report("mmc", err)
		}
		return err
	}
	if err := h.await(dataDone); err != nil {
		return err
	}
	if fromCard {
		copy(p, h.memory.Bytes())
	}
	return nil
}

func (h *Host) read(p []byte) {
	for ; len(p) > 0; p = p[4:] {
		v := data.Load(h.regs)
		p[0], p[1], p[2], p[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
}

func (h *Host) write(p []byte) {
	for ; len(p) > 0; p = p[4:] {
		data.Store(h.regs, uint32(p[0])|uint32(p[1])<<8|uint32(p[2])<<16|uint32(p[3])<<24)
	}
}

// Forget implements sd.Host: SD Host Controller Simplified Specification 3.00, 3.10.
func (h *Host) Forget() error {
	v := control1.Load(h.regs)
	control1.Store(h.regs, v|resetCommand|resetData)
	if !sd.Poll(func() bool { return control1.Load(h.regs)&(resetCommand|resetData) == 0 }) {
		return errReset
	}
	happened.Store(h.regs, ^uint32(0))
	h.Send(sd.Stop, 0) // which fails if the card is idle
	return nil
}

// await waits until something has happened, and clears it.
func (h *Host) await(what uint32) error {
	v := uint32(0)
	if !sd.Poll(func() bool {
		v = happened.Load(h.regs)
		return v&(what|errors) != 0
	}) {
		return sd.ErrTimeout
	}
	if v&errors != 0 {
		happened.Store(h.regs, v&errors)
		if v&errorTimeout != 0 {
			return sd.ErrTimeout
		}
		return sd.ErrCard
	}
	happened.Store(h.regs, what)
	return nil
}
