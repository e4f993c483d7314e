package dns

// Queries signed with TSIG (RFC 8945) are answered as by a server that knows no keys.

const tsigBadKey = 17 // RFC 8945 section 5.2.1

// skipTSIG returns the offset behind the TSIG record at off, -1 if there is none that is well-formed.
func skipTSIG(msg []byte, off int) int {
	_, at, err := readName(msg, off)
	end := skipRecord(msg, off)
	if err != nil || end < 0 || Type(be16(msg[at:])) != TypeTSIG || Class(be16(msg[at+2:])) != ClassANY || be32(msg[at+4:]) != 0 {
		return -1
	}
	// RFC 8945 section 4.2: algorithm, time (6 bytes), fudge (2), MAC after its length, ID (2), error (2), other
	// data after its length.
	_, at, err = readName(msg[:end], at+10)
	if err != nil || end-at < 10 {
		return -1
	}
	at += 10 + int(be16(msg[at+8:]))
	if end-at < 6 || end-at-6 < int(be16(msg[at+4:])) || be16(msg[at+4:]) > 16 {
		return -1
	}
	return end
}

// appendTSIGError appends the record that says that the key of the query's TSIG record, at off in msg, is not
// known: the same one with no MAC (RFC 8945 section 5.3.2).
func appendTSIGError(dst, msg []byte, off int) []byte {
	key, at, _ := readName(msg, off)
	algorithm, at, _ := readName(msg, at+10)
	dst = append(dst, key.Lower()...)
	dst = appendBE16(appendBE16(dst, uint16(TypeTSIG)), uint16(ClassANY))
	dst = append(dst, 0, 0, 0, 0, 0, 0)
	start := len(dst)
	dst = append(append(dst, algorithm.Lower()...), msg[at:at+8]...)
	dst = append(dst, 0, 0) // no MAC
	at += 10 + int(be16(msg[at+8:]))
	dst = append(append(dst, msg[at:at+2]...), 0, tsigBadKey)
	other := 2 + int(be16(msg[at+4:]))
	dst = append(dst, msg[at+4:at+4+other]...)
	dst[start-1] = byte(len(dst) - start)
	dst[start-2] = byte((len(dst) - start) >> 8)
	return dst
}
