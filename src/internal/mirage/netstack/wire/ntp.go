package wire

import "internal/byteorder"

// NTP is a message of the network time protocol (RFC 5905 section 7.3) without what may follow it.
type NTP []byte

// NTPLen is the length of a message, and NTPPort the servers' port.
const (
	NTPLen  = 48
	NTPPort = 123
)

// Modes (figure 10).
const (
	NTPClient = 3
	NTPServer = 4
)

// NTPUnsynchronized is the leap indicator of a server that does not know the time (figure 9).
const NTPUnsynchronized = 3

// ParseNTP checks that b holds a message.
func ParseNTP(b []byte) (NTP, bool) { return b, len(b) >= NTPLen }

func (m NTP) Leap() uint8            { return m[0] >> 6 }
func (m NTP) Version() uint8         { return m[0] >> 3 & 7 }
func (m NTP) Mode() uint8            { return m[0] & 7 }
func (m NTP) Stratum() uint8         { return m[1] }
func (m NTP) RootDelay() int64       { return ntpShort(m[4:8]) }
func (m NTP) RootDispersion() int64  { return ntpShort(m[8:12]) }
func (m NTP) Reference() [4]byte     { return [4]byte(m[12:16]) } // of stratum 0 the kiss code: section 7.4
func (m NTP) Origin() uint64         { return byteorder.BEUint64(m[24:32]) }
func (m NTP) Receive() NTPTimestamp  { return NTPTimestamp(byteorder.BEUint64(m[32:40])) }
func (m NTP) Transmit() NTPTimestamp { return NTPTimestamp(byteorder.BEUint64(m[40:48])) }

// ntpShort reads section 6's short format: seconds and parts of 2^16. The result is nanoseconds.
func ntpShort(b []byte) int64 { return int64(byteorder.BEUint32(b)) * 1e9 >> 16 }

// PutRequest writes a client's request of version 4. The number comes back as the answer's Origin. Nothing else is told: a server
// needs nothing (RFC 4330 section 5).
func (m NTP) PutRequest(number uint64) {
	clear(m[:NTPLen])
	m[0] = 4<<3 | NTPClient
	byteorder.BEPutUint64(m[40:48], number)
}

// An NTPTimestamp is seconds since 1900 and parts of 2^32 (section 6); 0 is no time.
type NTPTimestamp uint64

// Unix is the time in nanoseconds since 1970. Times before 1968 stand for those of the era that begins in 2036: RFC 4330 section 3.
func (t NTPTimestamp) Unix() int64 {
	const from1900 = 2208988800
	seconds := int64(t >> 32)
	if t>>63 == 0 {
		seconds += 1 << 32
	}
	return (seconds-from1900)*1e9 + int64(uint64(uint32(t))*1e9>>32)
}
