//go:build mirage

package linuxabi

import (
	"internal/cpu"
	"internal/mirage/machine"
)

// processorLines says in /proc/cpuinfo what is the same of every CPU. The identity is MIDR_EL1's (Arm ARM, D24.2.122).
func processorLines() string {
	s := "Features\t: fp asimd"
	for _, f := range []struct {
		has  bool
		name string
	}{
		{cpu.ARM64.HasAES, "aes"}, {cpu.ARM64.HasPMULL, "pmull"}, {cpu.ARM64.HasSHA1, "sha1"}, {cpu.ARM64.HasSHA2, "sha2"},
		{cpu.ARM64.HasCRC32, "crc32"}, {cpu.ARM64.HasATOMICS, "atomics"}, {cpu.ARM64.HasSHA3, "sha3"},
		{cpu.ARM64.HasSHA512, "sha512"}, {cpu.ARM64.HasDIT, "dit"},
	} {
		if f.has {
			s += " " + f.name
		}
	}
	id := machine.MIDR()
	hex := func(v uint64, n int) string { return "0x" + zeroPadded(v, 16, n) }
	return s + "\nCPU implementer\t: " + hex(id>>24&0xff, 2) + "\nCPU architecture: 8\nCPU variant\t: " + hex(id>>20&0xf, 1) +
		"\nCPU part\t: " + hex(id>>4&0xfff, 3) + "\nCPU revision\t: " + decimal(id&0xf) + "\n"
}
