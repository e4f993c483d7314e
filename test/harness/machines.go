package harness

import "mirage.build/misc/vm"

// A Machine is one kind of machine that images must run on.
type Machine struct {
	Name    string // for a subtest
	Arch    string
	Machine string // QEMU's name, with options
	PCI     bool   // virtio devices on PCI, not MMIO
	CPU     string // QEMU's model; default: misc/vm's choice
}

// Machines are all kinds. A test that does not depend on the kind takes Microvm and Virt.
var Machines = []Machine{
	Microvm,
	{Name: "microvm-noacpi", Arch: "amd64", Machine: "microvm,acpi=off"},
	{Name: "q35", Arch: "amd64", Machine: "q35", PCI: true},
	{Name: "pc", Arch: "amd64", Machine: "pc", PCI: true},
	Virt,
	{Name: "virt-gic2-pci", Arch: "arm64", Machine: "virt,gic-version=2", PCI: true},
	{Name: "virt-gic3-mmio", Arch: "arm64", Machine: "virt,gic-version=3"},
	{Name: "virt-gic3-pci", Arch: "arm64", Machine: "virt,gic-version=3", PCI: true},
}

// The kinds that boot fastest, one for each architecture.
var (
	Microvm = Machine{Name: "microvm", Arch: "amd64", Machine: "microvm"}
	Virt    = Machine{Name: "virt-gic2-mmio", Arch: "arm64", Machine: "virt,gic-version=2"}
)

// Fastest are Microvm and Virt.
var Fastest = []Machine{Microvm, Virt}

// Config returns the beginning of a configuration for a machine of this kind. Tests count on software emulation:
// it is there everywhere, and the same everywhere.
func (m Machine) Config(image string) vm.Config {
	return vm.Config{Image: image, Arch: m.Arch, Machine: m.Machine, PCI: m.PCI, CPU: m.CPU, Accel: "tcg", Memory: 128}
}
