package vm

import (
	"errors"
	"fmt"
	"syscall"
)

// A Raspberry Pi as QEMU has it (docs/system/arm/raspi.rst): memory and cores are as they are, there is no virtio, and the
// program's standard streams are the board's serial port.

const (
	raspi3b  = "raspi3b"
	piMemory = 1024 // MiB
	piCPUs   = 4
)

// settlePi fills in what the board has, and checks that nothing else was asked for.
func (c *Config) settlePi() error {
	switch {
	case c.Arch != "arm64":
		return fmt.Errorf("a Raspberry Pi 3 runs arm64 images: %s is for %s", c.Image, c.Arch)
	case c.Memory != 0 && c.Memory != piMemory:
		return fmt.Errorf("a Raspberry Pi 3 has %d MiB of memory, neither more nor less", piMemory)
	case c.CPUs != 0 && c.CPUs != piCPUs:
		return fmt.Errorf("a Raspberry Pi 3 has %d CPUs, neither more nor less", piCPUs)
	case len(c.Disks) > 1:
		return errors.New("a Raspberry Pi takes one card: -disk once")
	case c.Accel != "" && c.Accel != "tcg":
		return errors.New("QEMU emulates a Raspberry Pi in software: no other -accel than tcg")
	}
	c.Memory, c.CPUs, c.CPU, c.Accel = piMemory, piCPUs, "cortex-a53", "tcg"
	c.NoConsole = true
	return nil
}

func (c *Config) isPi() bool { return c.machineName() == raspi3b }

// Characters that a terminal makes signals of, as the image's console does.
var piKeys = map[syscall.Signal]byte{syscall.SIGQUIT: 0x1c}

// piKey is the key on the serial port by which the program gets a signal: Ctrl-C for all but SIGQUIT.
func piKey(s syscall.Signal) []byte {
	if key, ok := piKeys[s]; ok {
		return []byte{key}
	}
	return []byte{0x03}
}
