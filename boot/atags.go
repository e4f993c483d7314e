package boot

// ATAGs are how boot loaders told ARM kernels of the machine before there were device trees: Russell King, Booting ARM
// Linux (2004), appendix A. A Raspberry Pi's firmware without a device tree, and QEMU with a raw image, put them at 0x100.
// Each tag is its size in words with the header, a number, and values.
const (
	atagNone    = 0
	atagCore    = 0x54410001
	atagMem     = 0x54410002 // size, start
	atagCmdline = 0x54410009 // text with its NUL
	atagInitrd2 = 0x54420005 // start, size; physical
)

// maxATAGs bounds the list: a command line of maxCommandLine, and the rest.
const maxATAGs = maxCommandLine + 4<<10

// ReadATAGs reads the list that begins at list[0], and reports whether there is one: RAM, the command line, the initrd. What it does
// not tell stays as it was.
func (i *Info) ReadATAGs(list []byte) bool {
	list = list[:min(len(list), maxATAGs)]
	if len(list) < 8 || le32(list[4:]) != atagCore {
		return false
	}
	for len(list) >= 8 {
		words, tag := le32(list), le32(list[4:])
		size := uint64(words) * 4
		if tag == atagNone || size < 8 || size > uint64(len(list)) {
			break
		}
		value := list[8:size]
		switch {
		case tag == atagMem && len(value) >= 8:
			if !i.addRAM(uint64(le32(value[4:])), uint64(le32(value))) {
				return true
			}
		case tag == atagInitrd2 && len(value) >= 8:
			start := uint64(le32(value))
			i.Initrd = Range{start, start + uint64(le32(value[4:]))}
		case tag == atagCmdline:
			i.CommandLine = beforeByte(value, 0)
			i.Overwritten = !zero(value[len(i.CommandLine):])
		}
		list = list[size:]
	}
	return true
}

// zero reports whether b has nothing but zeros, as what pads a text has.
func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
