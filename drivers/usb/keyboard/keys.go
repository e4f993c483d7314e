package keyboard

// Modifiers: HID, 8.3, the first byte of a report. The upper half is the right hand's.
const (
	control = 1<<0 | 1<<4
	shift   = 1<<1 | 1<<5
	alt     = 1<<2 | 1<<6
)

// Keys with a part of their own: HID Usage Tables, 10.
const (
	keyRollover = 0x01 // in all places of a report: more keys are held than it has room for
	keyFirst    = 0x04
	keyTab      = 0x2b
	keyCapsLock = 0x39
	keyDelete   = 0x4c
)

// plain and shifted are what keys from keyFirst on are, alone and with Shift.
const (
	plain   = "abcdefghijklmnopqrstuvwxyz1234567890\r\x1b\x7f\t -=[]\\\\;'`,./"
	shifted = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\r\x1b\x7f\t _+{}||:\"~<>?"
)

// padFirst is the first key of the number pad, and pad what it has.
const (
	padFirst = 0x54
	pad      = "/*-+\r1234567890."
)

// sequences are what keys send that are no characters, as xterm has it (ctlseqs, "PC-Style Function Keys").
var sequences = map[uint8]string{
	0x3a: "\x1bOP", 0x3b: "\x1bOQ", 0x3c: "\x1bOR", 0x3d: "\x1bOS", 0x3e: "\x1b[15~", 0x3f: "\x1b[17~", // F1 to F6
	0x40: "\x1b[18~", 0x41: "\x1b[19~", 0x42: "\x1b[20~", 0x43: "\x1b[21~", 0x44: "\x1b[23~", 0x45: "\x1b[24~", // F7 to F12
	0x49: "\x1b[2~", 0x4a: "\x1b[H", 0x4b: "\x1b[5~", keyDelete: "\x1b[3~", 0x4d: "\x1b[F", 0x4e: "\x1b[6~", // Insert to Page Down
	0x4f: "\x1b[C", 0x50: "\x1b[D", 0x51: "\x1b[B", 0x52: "\x1b[A", // right, left, down, up
}

// character is the key's character, 0 if it has none.
func character(key, modifiers uint8, capsLock bool) byte {
	switch i := int(key) - keyFirst; {
	case key >= padFirst && int(key-padFirst) < len(pad):
		return pad[key-padFirst]
	case key == 0x64: // beside the left Shift of keyboards with 102 keys
		return character(0x31, modifiers, capsLock)
	case i < 0 || i >= len(plain):
		return 0
	default:
		c := plain[i]
		isLetter := c >= 'a' && c <= 'z'
		if (modifiers&shift != 0) != (capsLock && isLetter) {
			c = shifted[i]
		}
		return c
	}
}

// typed is what a terminal sends for a key: empty if nothing.
func typed(key, modifiers uint8, capsLock bool) string {
	if s := sequences[key]; s != "" {
		return s
	}
	if key == keyTab && modifiers&shift != 0 {
		return "\x1b[Z"
	}
	c := character(key, modifiers, capsLock)
	if c == 0 {
		return ""
	}
	if modifiers&control != 0 {
		switch {
		case c == ' ' || c == '2':
			c = '@'
		case c == '/':
			c = '_'
		}
		if c >= '@' && c < 0x7f {
			c &= 0x1f
		}
	}
	s := string(rune(c))
	if modifiers&alt != 0 {
		s = "\x1b" + s
	}
	return s
}
