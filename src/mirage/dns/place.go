package dns

import (
	"errors"
	"strconv"
)

// The data of LOC, RFC 1876 section 2: a version, sizes as a digit and a power of ten, angles in thousandths of
// a second of arc from 2^31, and the altitude in centimetres from 100 km below.
const (
	locEquator = 1 << 31
	locGround  = 10000000 // cm
	locLength  = 16
	locDegree  = 3600000
)

// loc reads d1 [m1 [s1]] N|S d2 [m2 [s2]] E|W alt[m] [size[m] [hp[m] [vp[m]]]] (RFC 1876 section 3).
func (p *parser) loc() error {
	lat, err := p.angle("NS", 90)
	if err != nil {
		return err
	}
	long, err := p.angle("EW", 180)
	if err != nil {
		return err
	}
	if len(p.toks) == 0 {
		return errors.New("an altitude is missing")
	}
	alt, err := hundredths(p.next().text, -locGround, 1<<32-1-locGround)
	if err != nil {
		return err
	}
	sizes := [3]byte{0x12, 0x16, 0x13} // 1 m, 10 km, 10 m
	for i := 0; i < len(sizes) && len(p.toks) > 0; i++ {
		n, err := hundredths(p.next().text, 0, 9e9)
		if err != nil {
			return err
		}
		exp := byte(0)
		for ; n > 9; n /= 10 {
			exp++
		}
		sizes[i] = byte(n)<<4 | exp
	}
	p.dst = append(p.dst, 0, sizes[0], sizes[1], sizes[2])
	p.long(uint64(lat))
	p.long(uint64(long))
	p.long(uint64(alt + locGround))
	return nil
}

// angle reads degrees, minutes and seconds up to one of the two letters of ends, and counts from the equator or
// the prime meridian towards the first of them.
func (p *parser) angle(ends string, maxDegrees int64) (uint32, error) {
	var v int64
	for part := 0; len(p.toks) > 0; part++ {
		w := p.next().text
		if len(w) == 1 && part > 0 {
			switch c := w[0] &^ 0x20; c {
			case ends[0], ends[1]:
				if v > maxDegrees*locDegree {
					return 0, errors.New("an angle of more than " + strconv.FormatInt(maxDegrees, 10) + " degrees")
				}
				if c == ends[1] {
					v = -v
				}
				return uint32(locEquator + v), nil
			}
		}
		var n int64
		var err error
		switch part {
		case 0:
			n, err = decimal(w, 0, 0, maxDegrees)
			n *= locDegree
		case 1:
			n, err = decimal(w, 0, 0, 59)
			n *= 60000
		case 2:
			n, err = decimal(w, 3, 0, 59999)
		default:
			err = errors.New(quote(w) + ": " + ends[:1] + " or " + ends[1:] + " is wanted")
		}
		if err != nil {
			return 0, err
		}
		v += n
	}
	return 0, errors.New("an angle does not end: " + ends[:1] + " or " + ends[1:] + " is missing")
}

// hundredths reads metres, m behind them or not, and returns centimetres.
func hundredths(w []byte, lo, hi int64) (int64, error) {
	if len(w) > 1 && w[len(w)-1] == 'm' {
		w = w[:len(w)-1]
	}
	return decimal(w, 2, lo, hi)
}

// decimal reads a number with up to places digits behind the point and returns it times ten to the places.
func decimal(w []byte, places int, lo, hi int64) (int64, error) {
	digits, seen, frac := w, false, -1
	negative := len(digits) > 0 && digits[0] == '-'
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	var v int64
	bad := false
	for _, c := range digits {
		switch {
		case c == '.' && frac < 0 && places > 0:
			frac = 0
		case isDigit(c) && frac < places && v < 1e15:
			if v, seen = v*10+int64(c-'0'), true; frac >= 0 {
				frac++
			}
		default:
			bad = true
		}
	}
	for frac = max(frac, 0); frac < places; frac++ {
		v *= 10
	}
	if negative {
		v = -v
	}
	if bad || !seen || v < lo || v > hi {
		return 0, errors.New(quote(w) + " is not a number of the kind or size wanted here")
	}
	return v, nil
}

// appendLOC writes the data of LOC, of the right length.
func appendLOC(dst, data []byte) []byte {
	dst = appendAngle(dst, int64(be32(data[4:]))-locEquator, "N", "S")
	dst = appendAngle(append(dst, ' '), int64(be32(data[8:]))-locEquator, "E", "W")
	dst = appendMetres(append(dst, ' '), int64(be32(data[12:]))-locGround)
	for _, b := range data[1:4] {
		n := int64(b >> 4)
		for e := b & 15; e > 0; e-- {
			n *= 10
		}
		dst = appendMetres(append(dst, ' '), n)
	}
	return dst
}

func appendAngle(dst []byte, n int64, plus, minus string) []byte {
	end := plus
	if n < 0 {
		end, n = minus, -n
	}
	dst = append(strconv.AppendInt(dst, n/locDegree, 10), ' ')
	dst = append(strconv.AppendInt(dst, n/60000%60, 10), ' ')
	dst = append(strconv.AppendInt(dst, n/1000%60, 10), '.')
	dst = append(dst, '0'+byte(n/100%10), '0'+byte(n/10%10), '0'+byte(n%10), ' ')
	return append(dst, end...)
}

func appendMetres(dst []byte, cm int64) []byte {
	if cm < 0 {
		dst, cm = append(dst, '-'), -cm
	}
	dst = append(strconv.AppendInt(dst, cm/100, 10), '.')
	return append(dst, '0'+byte(cm/10%10), '0'+byte(cm%10), 'm')
}
