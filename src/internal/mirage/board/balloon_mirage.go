//go:build mirage

package board

import (
	"internal/mirage/irq"
	"internal/mirage/machine"
)

// ram is the machine's memory for a balloon.
type ram struct{}

func (ram) Inflate(most int) (addr uint64, pages int) { return machine.Inflate(most) }
func (ram) Deflate() (addr uint64)                    { return machine.Deflate() }
func (ram) Freed(addr uint64, pages int)              { machine.Freed(addr, pages) }
func (ram) SetReclaimable(may bool)                   { machine.SetReclaimable(may) }
func (ram) Reclaimed() (addr uint64)                  { return machine.Reclaimed() }
func (ram) Resized()                                  { machine.BalloonResized() }
func (ram) TakeUnused(blocks []uint64) int            { return machine.TakeUnused(blocks) }
func (ram) GiveUnused(blocks []uint64)                { machine.GiveUnused(blocks) }
func (ram) Trim()                                     { machine.Trim() }
func (ram) Line() irq.Line                            { return irq.MemoryLine() }

func (ram) Sizes() (total, free, available uint64) {
	total, free = machine.Memory()
	return total, free, free + machine.IdleMemory()
}
