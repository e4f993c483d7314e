//go:build mirage

package runtime

import "internal/mirage/boot"

// xenPV: guests of Xen's kind PV are amd64's alone.
const xenPV = false

func pvParam(index uint64) uint64            { return 0 }
func pvShare() *xenInfo                      { return nil }
func pvPopulate(lo, hi uintptr)              {}
func pvReadOnly(pa uintptr)                  {}
func pvUseTables(r boot.Range)               {}
func pvMapBoot([]imageSegment, []boot.Range) {}
func pvFrame(pa uintptr) uintptr             { return 0 }
func pvPlace(xenPage) int                    { return 0 }
func pvUnmap(pa uintptr)                     {}
func pvReplace(pa uintptr, frame uint64)     {}
func xenOwnLine(line uint8)                  {}
func pvOthers(word uint32) uint64            { return 0 }
