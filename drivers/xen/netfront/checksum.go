package netfront

import "internal/mirage/device"

// finishes reports whether the back end finishes a frame's checksum. It is told no place for that, so it looks for one, as
// Linux's does: in TCP and UDP, right behind an IPv4 header or, if it says so, an IPv6 header.
func (d *Device) finishes(b []byte) bool {
	const (
		tcp, udp  = 6, 17
		protocol4 = minFrame + 9
		protocol6 = minFrame + 6
	)
	if len(b) <= protocol4 {
		return false
	}
	protocol := byte(0)
	switch {
	case b[12] == 0x08 && b[13] == 0x00:
		protocol = b[protocol4]
	case isIPv6(b) && d.checksum6:
		protocol = b[protocol6]
	}
	return protocol == tcp || protocol == udp
}

func isIPv6(b []byte) bool { return b[12] == 0x86 && b[13] == 0xdd }

// finish finishes a frame's checksum: device.ChecksumPartial, with the sum of RFC 1071.
func finish(f *device.Frame) {
	b := f.Bytes[f.Start:]
	sum := uint32(0)
	for i, v := range b {
		sum += uint32(v) << (8 * uint(1-i&1))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	if sum ^= 0xffff; sum == 0 {
		sum = 0xffff // the same number, and in UDP not "none": RFC 768
	}
	b[f.Offset], b[f.Offset+1] = byte(sum>>8), byte(sum)
	f.Checksum = device.ChecksumNone
}
