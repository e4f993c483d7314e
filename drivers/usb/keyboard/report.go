package keyboard

// reportSize is the length of a report of the boot protocol: modifiers, a reserved byte, and six keys (HID, B.1).
const reportSize = 8

// A state is which keys are held down.
type state struct {
	modifiers uint8
	keys      [reportSize - 2]uint8
}

// next takes a report: pressed has the keys that were not down before, and held tells whether the key that was pressed last is
// still. One that says that too many are down says nothing of any (HID, appendix C).
func (s *state) next(b []byte, last uint8) (pressed []uint8, held bool) {
	if len(b) < reportSize {
		return nil, false
	}
	var now state
	now.modifiers = b[0]
	copy(now.keys[:], b[2:])
	if now.keys[0] == keyRollover {
		s.modifiers = now.modifiers
		return nil, false
	}
	for _, k := range now.keys {
		if k >= keyFirst && !s.has(k) {
			pressed = append(pressed, k)
		}
	}
	held = last != 0 && now.has(last)
	*s = now
	return pressed, held
}

func (s *state) has(key uint8) bool {
	for _, k := range s.keys {
		if k == key {
			return true
		}
	}
	return false
}
