package dns

import (
	"errors"
	"strconv"
)

// number reads a decimal number of at most bits bits.
func number(w []byte, bits int) (uint64, error) {
	n, err := strconv.ParseUint(string(w), 10, bits)
	if err != nil {
		return 0, errors.New(quote(w) + " is not a number from 0 to " + strconv.FormatUint(1<<bits-1, 10))
	}
	return n, nil
}

// parsePeriod reads seconds, or a sum of numbers with units w, d, h, m and s, as 1h30m.
func parsePeriod(w []byte) (uint32, error) {
	bad := len(w) == 0
	var sum, n uint64
	digits := 0
	for i := 0; i < len(w) && !bad; i++ {
		c := lower(w[i])
		if isDigit(c) {
			n, digits = n*10+uint64(c-'0'), digits+1
			bad = n > 1<<32-1
			continue
		}
		unit, ok := units[c]
		sum, bad = sum+n*unit, !ok || digits == 0 || n*unit > 1<<32-1
		n, digits = 0, 0
	}
	if sum += n; bad || sum > 1<<32-1 {
		return 0, errors.New(quote(w) + " is not a number of seconds up to 4294967295, nor one with units as in 1w2d3h4m5s")
	}
	return uint32(sum), nil
}

var units = map[byte]uint64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}

// parseDate reads a time as YYYYMMDDHHmmSS or as seconds since 1970 (RFC 4034 section 3.2). Times wrap around
// at 32 bits: they are compared in serial number arithmetic.
func parseDate(w []byte) (uint64, error) {
	if len(w) != 14 {
		return number(w, 32)
	}
	if _, err := number(w, 64); err != nil {
		return 0, err
	}
	part := func(from, to int) int {
		n, _ := strconv.Atoi(string(w[from:to]))
		return n
	}
	y, mo, d := part(0, 4), part(4, 6), part(6, 8)
	h, mi, s := part(8, 10), part(10, 12), part(12, 14)
	if y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60 {
		return 0, errors.New(quote(w) + " is not a time: YYYYMMDDHHmmSS is wanted")
	}
	seconds := uint64(daysBefore(y, mo)+d-1)*86400 + uint64(h*3600+mi*60+s)
	return seconds & 0xffffffff, nil
}

// daysBefore returns how many days lie between 1970-01-01 and the first of the month.
func daysBefore(year, month int) int {
	if month <= 2 { // count years from March: the leap day is the last
		year, month = year-1, month+12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 - 719468
}

// appendDate writes t as YYYYMMDDHHmmSS, taken as a time from 1970 to 2106.
func appendDate(dst []byte, t uint32) []byte {
	days, rest := int(t/86400), int(t%86400)
	year := 1970 + days/366
	for daysBefore(year+1, 1) <= days {
		year++
	}
	month := 12
	for daysBefore(year, month) > days {
		month--
	}
	dst = strconv.AppendInt(dst, int64(year), 10)
	for _, n := range [...]int{month, days - daysBefore(year, month) + 1, rest / 3600, rest / 60 % 60, rest % 60} {
		dst = append(dst, '0'+byte(n/10), '0'+byte(n%10))
	}
	return dst
}

// A mnemonicOf is a word for a number.
type mnemonicOf struct {
	name  string
	value uint64
}

// algorithms are IANA's mnemonics of DNSSEC algorithm numbers.
var algorithms = [...]mnemonicOf{
	{"RSAMD5", 1}, {"DH", 2}, {"DSA", 3}, {"ECC", 4}, {"RSASHA1", 5}, {"DSA-NSEC3-SHA1", 6},
	{"RSASHA1-NSEC3-SHA1", 7}, {"RSASHA256", 8}, {"RSASHA512", 10}, {"ECC-GOST", 12}, {"ECDSAP256SHA256", 13},
	{"ECDSAP384SHA384", 14}, {"ED25519", 15}, {"ED448", 16}, {"INDIRECT", 252}, {"PRIVATEDNS", 253}, {"PRIVATEOID", 254},
}

// certTypes are the certificate types of RFC 4398 section 2.1.
var certTypes = [...]mnemonicOf{
	{"PKIX", 1}, {"SPKI", 2}, {"PGP", 3}, {"IPKIX", 4}, {"ISPKI", 5}, {"IPGP", 6}, {"ACPKIX", 7}, {"IACPKIX", 8},
	{"URI", 253}, {"OID", 254},
}

// mnemonic reads a word of list, in any case, or a number of at most bits bits.
func mnemonic(w []byte, list []mnemonicOf, bits int) (uint64, error) {
	name := upper(string(w))
	for _, m := range list {
		if m.name == name {
			return m.value, nil
		}
	}
	return number(w, bits)
}
