//go:build !mirage

package acpi

import (
	"encoding/binary"
	"strings"
	"testing"
)

// q35Button fills in what QEMU's q35 says of its power button.
func q35Button(f []byte) {
	binary.LittleEndian.PutUint16(f[fadtInterrupt:], 9)
	binary.LittleEndian.PutUint32(f[fadtCommand:], 0xb2)
	f[fadtEnable] = 2
	binary.LittleEndian.PutUint32(f[fadtPM1aEvent:], 0x600)
	binary.LittleEndian.PutUint32(f[fadtPM1aControl:], 0x604)
	f[fadtPM1EventSize] = 4
}

func TestFixedButton(t *testing.T) {
	open := func(change func(f []byte)) *Tables {
		m := newMachine()
		return m.root(false, fadt(m, 244, func(f []byte) { q35Button(f); change(f) })).open(t)
	}
	want := FixedButton{Event: 0x600, EventSize: 4, Control: 0x604, Command: 0xb2, Enable: 2, Interrupt: 9}
	if got, ok := open(func([]byte) {}).FixedButton(); !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	for rule, change := range map[string]func(f []byte){
		"table 5.10, PWR_BUTTON":          func(f []byte) { f[fadtFlags] |= flagControlButton },
		"table 5.10, HW_REDUCED_ACPI":     func(f []byte) { binary.LittleEndian.PutUint32(f[fadtFlags:], flagHardwareReduced) },
		"section 4.8.3.1, the size":       func(f []byte) { f[fadtPM1EventSize] = 2 },
		"no event registers":              func(f []byte) { binary.LittleEndian.PutUint32(f[fadtPM1aEvent:], 0) },
		"event registers beyond ports":    func(f []byte) { binary.LittleEndian.PutUint32(f[fadtPM1aEvent:], 0xfffe) },
		"event registers that wrap round": func(f []byte) { binary.LittleEndian.PutUint32(f[fadtPM1aEvent:], 0xffffffff) },
		"no control register":             func(f []byte) { binary.LittleEndian.PutUint32(f[fadtPM1aControl:], 0) },
		"a control register beyond ports": func(f []byte) { binary.LittleEndian.PutUint32(f[fadtPM1aControl:], 0xffff) },
		"a command port beyond ports":     func(f []byte) { binary.LittleEndian.PutUint32(f[fadtCommand:], 0x10000) },
		"an interrupt of no old bus":      func(f []byte) { binary.LittleEndian.PutUint16(f[fadtInterrupt:], 256) },
	} {
		if got, ok := open(change).FixedButton(); ok {
			t.Errorf("%s: %+v", rule, got)
		}
	}
}

func TestEventButton(t *testing.T) {
	look := func(dsdt string) (EventButton, bool) {
		m := newMachine()
		at := m.table("DSDT", []byte(dsdt)...)
		return m.root(true, fadt(m, 148, func(f []byte) { binary.LittleEndian.PutUint64(f[fadtXDSDT:], at) })).open(t).EventButton()
	}
	want := EventButton{Register: 0xfea00000, Mask: 2, Resources: Resources{Interrupt: 9}}
	if got, ok := look(gedDSDT); !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	for rule, change := range map[string][2]string{
		"another device":                      {"ACPI0013", "ACPI0012"},
		"a region of ports":                   {"EREG\x00\x0c", "EREG\x01\x0c"},
		"a register of 8 bytes":               {"\xfe\x0a\x04", "\xfe\x0a\x08"},
		"access by bytes":                     {"\x43ESEL", "\x41ESEL"},
		"a field of 16 bits":                  {"ESEL\x20", "ESEL\x10"},
		"a method that reads something else":  {"\x70ESEL", "\x70XSEL"},
		"a condition of two masks":            {"\x0a\x02\x86", "\x0a\x03\x86"},
		"section 5.6.6, another notification": {"PWRB\x0a\x80", "PWRB\x0a\x81"},
		"section 4.8.2.2.1.2, another device": {"PNP0C0C", "PNP0C0D"},
		"no interrupt":                        {"\x89\x06", "\x88\x06"},
	} {
		if strings.Count(gedDSDT, change[0]) == 0 {
			t.Fatalf("%s: nothing to change", rule)
		}
		if got, ok := look(strings.Replace(gedDSDT, change[0], change[1], 1)); ok {
			t.Errorf("%s: %+v", rule, got)
		}
	}
	for n := range gedDSDT {
		if got, ok := look(gedDSDT[:n]); ok && n < len(gedDSDT)-len("\x08_UID\x00") {
			t.Errorf("%d bytes of it: %+v", n, got)
		}
	}
}
