package board

import "internal/stringslite"

// hasWord reports whether one of the blank-separated words of a command line is this one.
func hasWord(line, word string) bool {
	for len(line) > 0 {
		var w string
		if w, line, _ = stringslite.Cut(line, " "); w == word {
			return true
		}
	}
	return false
}

// A place is where a command line says that a virtio device is.
type place struct {
	base, size uint64
	interrupt  uint32
}

// places returns what the words virtio_mmio.device=SIZE@BASE:INTERRUPT[:ID] of a command line say. A monitor appends them at
// its end, which may be behind the program's own words. Words of another form are passed over.
func places(line string) (all []place) {
	const key = "virtio_mmio.device="
	for {
		i := stringslite.Index(line, key)
		if i < 0 {
			return all
		}
		start := i == 0 || line[i-1] == ' '
		line = line[i+len(key):]
		word, _, _ := stringslite.Cut(line, " ")
		if p, ok := parsePlace(word); ok && start {
			all = append(all, p)
		}
	}
}

func parsePlace(s string) (p place, ok bool) {
	size, rest, ok1 := stringslite.Cut(s, "@")
	base, rest, ok2 := stringslite.Cut(rest, ":")
	interrupt, _, _ := stringslite.Cut(rest, ":")
	if !ok1 || !ok2 {
		return p, false
	}
	n, ok3 := number(interrupt)
	p.interrupt = uint32(n)
	p.base, ok1 = number(base)
	p.size, ok2 = number(size)
	return p, ok1 && ok2 && ok3 && n>>32 == 0 && p.size > 0
}

// number reads a number as C writes it, with the suffix K, M or G.
func number(s string) (n uint64, ok bool) {
	base := uint64(10)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		base, s = 16, s[2:]
	}
	for i := 0; i < len(s); i++ {
		d := uint64(99)
		switch c := s[i] | 0x20; {
		case s[i] >= '0' && s[i] <= '9':
			d = uint64(s[i] - '0')
		case base == 16 && c >= 'a' && c <= 'f':
			d = uint64(c-'a') + 10
		case i > 0 && i == len(s)-1 && (c == 'k' || c == 'm' || c == 'g'):
			shift := map[byte]uint{'k': 10, 'm': 20, 'g': 30}[c]
			return n << shift, n<<shift>>shift == n
		}
		if d >= base || n > (1<<64-1-d)/base {
			return 0, false
		}
		n = n*base + d
	}
	return n, len(s) > 0
}
