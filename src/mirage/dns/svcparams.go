package dns

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strconv"
)

// Keys of service parameters, RFC 9460 section 14.3.2 and RFC 9461 section 5.
const (
	paramMandatory = 0
	paramALPN      = 1
	paramNoDefault = 2
	paramPort      = 3
	paramIPv4Hint  = 4
	paramECH       = 5
	paramIPv6Hint  = 6
	paramDoHPath   = 7
)

var paramNames = [...]string{"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"}

// A param is one service parameter: its value in wire form.
type param struct {
	key   uint16
	value []byte
}

// params reads key, key=value and key="value" up to the end of the data (RFC 9460 section 2.1).
func (p *parser) params() error {
	var list []param
	for len(p.toks) > 0 {
		w := p.next().text
		name, value, has := bytes.Cut(w, []byte{'='})
		if has && len(value) == 0 && len(p.toks) > 0 && p.toks[0].quoted && p.toks[0].glued {
			value = p.next().text
		}
		key, ok := paramKey(string(name))
		if !ok {
			return errors.New(quote(name) + " is not a service parameter; keyNNNNN writes any")
		}
		wire, err := paramValue(key, value)
		if err != nil {
			return errors.New(paramName(key) + ": " + err.Error())
		}
		list = append(list, param{key, wire})
	}
	// RFC 9460 section 2.2: in ascending order, each key once.
	slices.SortFunc(list, func(a, b param) int { return int(a.key) - int(b.key) })
	for i, x := range list {
		if i > 0 && list[i-1].key == x.key {
			return errors.New(paramName(x.key) + " is there twice")
		}
		n := len(x.value)
		p.dst = append(p.dst, byte(x.key>>8), byte(x.key), byte(n>>8), byte(n))
		p.dst = append(p.dst, x.value...)
	}
	if len(list) > 0 && list[0].key == paramMandatory {
		return checkMandatory(list)
	}
	return nil
}

// checkMandatory sees that what must be there is there (RFC 9460 section 8).
func checkMandatory(list []param) error {
	v := list[0].value
	for i := 0; i < len(v); i += 2 {
		key := be16(v[i:])
		if key == paramMandatory || i > 0 && key == be16(v[i-2:]) {
			return errors.New("mandatory lists itself, or a key twice")
		}
		if !slices.ContainsFunc(list, func(x param) bool { return x.key == key }) {
			return errors.New("mandatory lists " + paramName(key) + ", which is not there")
		}
	}
	return nil
}

func paramKey(name string) (uint16, bool) {
	for i, n := range paramNames {
		if n == name {
			return uint16(i), true
		}
	}
	return numbered(name, "key")
}

func paramName(key uint16) string {
	if int(key) < len(paramNames) {
		return paramNames[key]
	}
	return "key" + strconv.Itoa(int(key))
}

// paramValue returns the wire form of key's value, written with escapes.
func paramValue(key uint16, w []byte) ([]byte, error) {
	text, err := unescapeAll(w)
	switch {
	case err != nil:
		return nil, err
	case key == paramNoDefault:
		if len(text) > 0 {
			return nil, errors.New("takes no value")
		}
		return nil, nil
	case len(text) == 0 && key <= paramDoHPath && key != paramECH:
		return nil, errors.New("a value is missing")
	}
	var v []byte
	switch key {
	case paramPort:
		n, err := number(text, 16)
		return append(v, byte(n>>8), byte(n)), err
	case paramECH:
		return base64.appendDecoded(v, text)
	case paramALPN:
		return alpnValue(text)
	case paramMandatory:
		return mandatoryValue(text)
	case paramIPv4Hint, paramIPv6Hint:
		for item := range bytes.SplitSeq(text, []byte{','}) {
			a, err := netip.ParseAddr(string(item))
			if err != nil || a.Is4() != (key == paramIPv4Hint) || a.Zone() != "" {
				return nil, errors.New(quote(item) + " is not an address of the family")
			}
			v = append(v, a.AsSlice()...)
		}
		return v, nil
	}
	return text, nil
}

// alpnValue reads protocols with commas between them; a comma or backslash of a protocol has a backslash before
// it (RFC 9460 appendix A.1), after the escapes of the zone file have been resolved.
func alpnValue(text []byte) ([]byte, error) {
	v, length := []byte{0}, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ',':
			length = len(v)
			v = append(v, 0)
			continue
		case c == '\\' && i+1 < len(text):
			i++
		}
		v = append(v, text[i])
		if v[length]++; v[length] == 0 {
			return nil, errors.New("a protocol is longer than 255 bytes")
		}
	}
	for rest := v; len(rest) > 0; rest = rest[1+int(rest[0]):] {
		if rest[0] == 0 {
			return nil, errors.New("a protocol is empty")
		}
	}
	return v, nil
}

func mandatoryValue(text []byte) ([]byte, error) {
	var keys []uint16
	for item := range bytes.SplitSeq(text, []byte{','}) {
		key, ok := paramKey(string(item))
		if !ok {
			return nil, errors.New(quote(item) + " is not a service parameter")
		}
		keys = append(keys, key)
	}
	slices.Sort(keys) // RFC 9460 section 8: in ascending order
	var v []byte
	for _, key := range keys {
		v = append(v, byte(key>>8), byte(key))
	}
	return v, nil
}

func unescapeAll(w []byte) ([]byte, error) {
	var text []byte
	for len(w) > 0 {
		c, n, err := unescape(w)
		if err != nil {
			return nil, err
		}
		text, w = append(text, c), w[n:]
	}
	return text, nil
}

// validParams reports whether data is parameters in ascending order (RFC 9460 section 2.2).
func validParams(data []byte) bool {
	for last := -1; len(data) > 0; {
		if len(data) < 4 || int(be16(data)) <= last || len(data) < 4+int(be16(data[2:])) {
			return false
		}
		last = int(be16(data))
		data = data[4+int(be16(data[2:])):]
	}
	return true
}

// appendParams writes well-formed parameters, a space behind each.
func appendParams(dst, data []byte) []byte {
	for len(data) > 0 {
		key, v := be16(data), data[4:4+int(be16(data[2:]))]
		data = data[4+len(v):]
		dst = append(dst, paramName(key)...)
		if len(v) > 0 {
			dst = appendParam(append(dst, '='), key, v)
		}
		dst = append(dst, ' ')
	}
	return dst
}

// appendParam writes the value v of key.
func appendParam(dst []byte, key uint16, v []byte) []byte {
	switch {
	case key == paramPort && len(v) == 2:
		return strconv.AppendInt(dst, int64(be16(v)), 10)
	case key == paramIPv4Hint && len(v)%4 == 0:
		return appendHints(dst, v, 4)
	case key == paramIPv6Hint && len(v)%16 == 0:
		return appendHints(dst, v, 16)
	case key == paramMandatory && len(v)%2 == 0:
		for ; len(v) > 0; v = v[2:] {
			dst = append(append(dst, paramName(be16(v))...), ',')
		}
		return dst[:len(dst)-1]
	case key == paramECH:
		return base64.appendEncoded(dst, v)
	case key == paramALPN:
		return appendALPN(dst, v)
	}
	return appendQuoted(dst, v)
}

func appendHints(dst, v []byte, size int) []byte {
	for ; len(v) > 0; v = v[size:] {
		dst = append(appendAddress(dst, v[:size]), ',')
	}
	return dst[:len(dst)-1]
}

func appendALPN(dst, v []byte) []byte {
	var text []byte
	for len(v) > 0 {
		n := min(int(v[0]), len(v)-1)
		for _, c := range v[1 : 1+n] {
			if c == ',' || c == '\\' {
				text = append(text, '\\')
			}
			text = append(text, c)
		}
		text, v = append(text, ','), v[1+n:]
	}
	return appendQuoted(dst, text[:len(text)-1])
}
