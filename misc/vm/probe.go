package vm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Physical addresses where images of code alone are loaded and entered: in the RAM of QEMU's machines.
const (
	pvhBase = 0x100000
	armBase = 0x40201000
)

// pvhImage returns an image for amd64 machines of 32-bit code, entered with EBX at the start info: Xen,
// docs/misc/pvh.pandoc.
func pvhImage(code []byte) []byte {
	note := binary.LittleEndian.AppendUint32(nil, 4)  // the name's size
	note = binary.LittleEndian.AppendUint32(note, 4)  // the value's
	note = binary.LittleEndian.AppendUint32(note, 18) // XEN_ELFNOTE_PHYS32_ENTRY
	note = binary.LittleEndian.AppendUint32(append(note, "Xen\x00"...), pvhBase)
	return codeImage(elf.EM_X86_64, pvhBase, note, code)
}

// codeImage returns an ELF file with one note and one segment, which is loaded and entered at base.
func codeImage(machine elf.Machine, base uint64, note, code []byte) []byte {
	const (
		headers    = 0x1000 // room for them in the file
		headerSize = 64
		entrySize  = 56
	)
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Entry: base,
		Phoff: headerSize, Ehsize: headerSize, Phentsize: entrySize, Phnum: 2, Shentsize: 64,
	})
	size, noteSize := uint64(len(code)), uint64(len(note))
	binary.Write(&b, binary.LittleEndian, []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Off: headers, Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Flags: 7, Align: headers},
		{Type: uint32(elf.PT_NOTE), Off: headerSize + 2*entrySize, Filesz: noteSize, Memsz: noteSize, Flags: 4, Align: 4},
	})
	b.Write(note)
	b.Write(make([]byte, headers-b.Len()))
	b.Write(code)
	return b.Bytes()
}

// pvhExit is code that writes a byte to the port of the exit code and resets the machine by a triple fault.
func pvhExit(code byte) []byte {
	return []byte{
		0xb0, code, // MOVB $code, AL
		0xe6, 0xe9, // OUTB AL, $0xe9
		0x6a, 0x00, // PUSHL $0
		0x6a, 0x00, // PUSHL $0
		0x0f, 0x01, 0x1c, 0x24, // LIDT 0(SP): no handlers at all
		0xcc, // INT $3
	}
}
