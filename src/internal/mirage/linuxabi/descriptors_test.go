//go:build !mirage

package linuxabi

import "testing"

// TestPlaces: every descriptor has a place of its own, in a block that is as large as it must be.
func TestPlaces(t *testing.T) {
	next, in := 0, 0
	for fd := range maxDescriptors {
		block, i := slotPlace(fd)
		if block == in+1 && next == firstSlots<<max(in-1, 0) {
			in, next = block, 0
		}
		if block != in || i != next {
			t.Fatalf("descriptor %d is in block %d at %d, not in %d at %d", fd, block, i, in, next)
		}
		next++
	}
	if in != blocks-1 {
		t.Errorf("there are %d blocks, not %d", in+1, blocks)
	}
}
