package linuxabi

import (
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
)

// What Linux says of a board in files: its device tree in /proc/device-tree, whose strings end with a NUL, the thermal zone of
// the chip (Documentation/ABI/testing/sysfs-class-thermal), and the last lines of /proc/cpuinfo on a Raspberry Pi.

// tagTemperature asks a Pi's firmware for the chip's temperature: raspberrypi/firmware wiki, "Mailbox property interface".
const tagTemperature = 0x00030006

// plantBoard makes them.
func (p *Process) plantBoard(b device.Board) linux.Errno {
	p.board = b
	if e := p.plantFiles("/proc/device-tree/", []generated{
		{"model", says(b.Model() + "\x00")},
		{"serial-number", says(zeroPadded(b.Serial(), 16, 16) + "\x00")},
	}); e != 0 {
		return e
	}
	return p.plantFiles("/sys/class/thermal/thermal_zone0/", []generated{
		{"type", says("cpu-thermal\n")},
		{"temp", func(*Process) string { return temperature(b) }},
	})
}

// temperature is in thousandths of a degree Celsius; nothing, if the firmware does not say.
func temperature(b device.Board) string {
	v := []uint32{0, 0}
	if b.Property(tagTemperature, v) != nil {
		return ""
	}
	return decimal(v[1]) + "\n"
}

// boardLines are what /proc/cpuinfo ends with.
func (p *Process) boardLines() string {
	if p.board == nil {
		return ""
	}
	return "Revision\t: " + zeroPadded(uint64(p.board.Revision()), 16, 6) + "\nSerial\t\t: " + zeroPadded(p.board.Serial(), 16, 16) +
		"\nModel\t\t: " + p.board.Model() + "\n"
}
