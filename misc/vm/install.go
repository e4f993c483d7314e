package vm

import (
	"os"
	"os/exec"
	"strings"
)

// installers are the commands that install QEMU for both architectures, by the package manager's name.
var installers = []struct {
	manager  string
	commands []string
}{
	{"apt-get", []string{"apt-get update", "apt-get install -y --no-install-recommends qemu-system-x86 qemu-system-arm"}},
	{"dnf", []string{"dnf install -y qemu-system-x86-core qemu-system-aarch64-core"}},
	{"zypper", []string{"zypper --non-interactive install qemu-x86 qemu-arm"}},
	{"pacman", []string{"pacman -S --noconfirm qemu-system-x86 qemu-system-aarch64"}},
	{"apk", []string{"apk add qemu-system-x86_64 qemu-system-aarch64"}},
	{"brew", []string{"brew install qemu"}},
}

// InstallCommands returns the commands that install QEMU on this machine, nil when its package manager is not known.
func InstallCommands() []string {
	for _, i := range installers {
		if _, err := exec.LookPath(i.manager); err != nil {
			continue
		}
		var commands []string
		for _, c := range i.commands {
			if os.Geteuid() != 0 && i.manager != "brew" {
				c = "sudo " + c
			}
			commands = append(commands, c)
		}
		return commands
	}
	return nil
}

// InstallCommand says in words how to install QEMU.
func InstallCommand() string {
	commands := InstallCommands()
	if commands == nil {
		return "install QEMU 7.0 or later from https://www.qemu.org/download"
	}
	return "install it with `" + strings.Join(commands, " && ") + "`"
}
