package board

import "internal/mirage/irq"

// The cells of an interrupt of a GIC: Devicetree binding arm,gic.
const (
	gicCells = 3

	gicShared  = 0 // first cell: kind; second: number
	gicPrivate = 1

	gicFalling   = 2 // third cell: trigger, in the low 4 bits
	gicLevelHigh = 4
	gicLevelLow  = 8

	firstPrivate = 16 // interrupt ID of number 0 of a kind
	firstShared  = 32
)

// gicInput makes an input of the cells of an interrupt.
func gicInput(cells []uint32) (in irq.Input, ok bool) {
	if len(cells) < gicCells {
		return in, false
	}
	switch kind, number := cells[0], cells[1]; {
	case kind == gicShared && number < 988:
		in.Number = firstShared + number
	case kind == gicPrivate && number < 16:
		in.Number = firstPrivate + number
	default:
		return in, false
	}
	in.Level = cells[2]&(gicLevelHigh|gicLevelLow) != 0
	in.ActiveLow = cells[2]&(gicFalling|gicLevelLow) != 0
	return in, true
}
