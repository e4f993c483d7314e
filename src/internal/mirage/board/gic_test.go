//go:build !mirage

package board

import (
	"internal/mirage/irq"
	"testing"
)

func TestGICInput(t *testing.T) {
	for cells, want := range map[[3]uint32]irq.Input{
		{0, 16, 1}:     {Number: 48},
		{0, 1, 4}:      {Number: 33, Level: true},
		{0, 3, 8}:      {Number: 35, Level: true, ActiveLow: true},
		{0, 3, 2}:      {Number: 35, ActiveLow: true},
		{1, 13, 0xf04}: {Number: 29, Level: true},
	} {
		if got, ok := gicInput(cells[:]); !ok || got != want {
			t.Errorf("%v: %+v", cells, got)
		}
	}
	for _, cells := range [][]uint32{{0, 988, 4}, {1, 16, 4}, {2, 1, 4}, {0, 1}, nil} {
		if got, ok := gicInput(cells); ok {
			t.Errorf("%v: %+v", cells, got)
		}
	}
}
