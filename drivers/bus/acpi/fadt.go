package acpi

// FADT: section 5.2.9. Offsets.
const (
	fadtDSDT         = 40
	fadtInterrupt    = 46
	fadtCommand      = 48
	fadtEnable       = 52
	fadtPM1aEvent    = 56
	fadtPM1aControl  = 64
	fadtPM1EventSize = 88
	fadtFlags        = 112
	fadtReset        = 116
	fadtResetValue   = 128
	fadtXDSDT        = 140
	fadtSleepControl = 244

	fadtMin = fadtFlags + 4

	flagControlButton   = 1 << 4 // the power button is a device in the namespace
	flagResetSupported  = 1 << 10
	flagHardwareReduced = 1 << 20
)

// A Register is a register of the platform: section 5.2.3.2. One at address 0 is not there.
type Register struct {
	Port bool // an I/O port, else memory
	Addr uint64
}

// Power is how the machine is turned off and reset.
type Power struct {
	PM1aControl  uint16   // I/O port of 16 bits, 0 where there is none: section 4.8.3.2.1
	SleepControl Register // 8 bits, of machines without the former: section 4.8.3.7
	SleepType    uint8    // of the state "off", for either
	HasSleepType bool
	Reset        Register // 8 bits
	ResetValue   uint8
}

// Power reads the FADT and, for the state "off", the DSDT.
func (t *Tables) Power() (p Power) {
	f := t.Find("FACP")
	if len(f) < fadtMin {
		return p
	}
	flags := le32(f, fadtFlags)
	if flags&flagHardwareReduced == 0 {
		if port := le32(f, fadtPM1aControl); port < 1<<16 {
			p.PM1aControl = uint16(port)
		}
	} else {
		p.SleepControl = register(f, fadtSleepControl)
	}
	if flags&flagResetSupported != 0 && len(f) > fadtResetValue {
		p.Reset, p.ResetValue = register(f, fadtReset), f[fadtResetValue]
	}
	p.SleepType, p.HasSleepType = sleepType(t.DSDT())
	return p
}

// DSDT returns the definition block: AML behind a header. Nil when there is none.
func (t *Tables) DSDT() []byte {
	f := t.Find("FACP")
	if len(f) < fadtMin {
		return nil
	}
	at := uint64(le32(f, fadtDSDT))
	if len(f) >= fadtXDSDT+8 {
		if x := le64(f, fadtXDSDT); x != 0 {
			at = x
		}
	}
	return t.read(at, "DSDT")
}

// register reads a generic address structure at off, the zero Register when the table is too short, it names an
// address space other than memory and ports, or a bit that is not the first.
func register(table []byte, off int) Register {
	if len(table) < off+12 || table[off] > 1 || table[off+2] != 0 {
		return Register{}
	}
	r := Register{table[off] == 1, le64(table, off+4)}
	if r.Port && r.Addr >= 1<<16 {
		return Register{}
	}
	return r
}
