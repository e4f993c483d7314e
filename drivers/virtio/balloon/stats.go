package balloon

import "internal/byteorder"

// serveStats is the goroutine of the statistics. Section 5.5.6.3: the device has one buffer of them, which it gives back
// when it wants new ones.
func (d *Device) serveStats() {
	for {
		if err := d.stats.say(d.fill(d.stats.mem.Bytes())); err != nil {
			d.fail(err)
			return
		}
	}
}

// fill writes the statistics, and returns how many bytes they are.
func (d *Device) fill(b []byte) (n int) {
	total, free, available := d.memory.Sizes()
	for _, s := range []struct {
		tag   uint16
		value uint64
	}{
		{tagTotal, total},
		{tagFree, free},
		{tagAvailable, available},
		{tagMajorFaults, 0},
	} {
		byteorder.LEPutUint16(b[n:], s.tag)
		byteorder.LEPutUint64(b[n+2:], s.value)
		n += statSize
	}
	return n
}
