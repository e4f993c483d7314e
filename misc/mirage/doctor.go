package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"mirage.build/misc/vm"
)

// A finding is one thing that was looked for.
type finding struct {
	what   string // the thing
	lack   string // "" if it is there, else what is wrong
	cost   string // what the lack costs
	needed bool   // nothing boots without it
}

// doctor is `mirage doctor`. It returns the exit code: 1 if something that is needed is missing.
func doctor() int {
	code := 0
	for _, f := range findings() {
		if f.lack == "" {
			fmt.Printf("ok       %s\n", f.what)
			continue
		}
		if f.needed {
			code = 1
		}
		fmt.Printf("missing  %s: %s\n         %s\n", f.what, f.lack, f.cost)
	}
	return code
}

func findings() []finding {
	return []finding{
		toolchain(),
		qemu("qemu-system-x86_64", "amd64"),
		qemu("qemu-system-aarch64", "arm64"),
		kvm(),
		path(),
		tap(),
		hypervisor(),
	}
}

func toolchain() finding {
	f := finding{what: "the toolchain", needed: true, cost: "nothing can be built: run make.bash"}
	gocmd, err := goCommand()
	if err != nil {
		f.lack = err.Error()
		return f
	}
	version, err := exec.Command(gocmd, "version").Output()
	if err != nil {
		f.lack = err.Error()
		return f
	}
	f.what += ": " + strings.TrimSpace(strings.TrimPrefix(string(version), "go version "))
	return f
}

func qemu(name, arch string) finding {
	f := finding{what: name, needed: arch == runtime.GOARCH, cost: "no " + arch + " image can be booted here: " + vm.InstallCommand()}
	version, err := exec.Command(name, "--version").Output()
	if err != nil {
		f.lack = "not installed"
		return f
	}
	first, _, _ := strings.Cut(string(version), "\n")
	f.what += ": " + strings.TrimPrefix(first, "QEMU emulator ")
	return f
}

func kvm() finding {
	f := finding{what: "KVM for amd64", cost: "machines are emulated in software, ten to fifty times slower"}
	switch _, err := os.Stat("/dev/kvm"); {
	case runtime.GOARCH != "amd64":
		f.lack = "this is not an amd64 host"
	case err != nil:
		f.lack = "no /dev/kvm: this host has no hardware virtualization, or it is switched off"
	default:
		if err := vm.ProbeKVM(); err != nil {
			f.lack = "/dev/kvm does not work: " + err.Error()
		}
	}
	return f
}

func path() finding {
	const wrapper = "go_mirage_amd64_exec"
	f := finding{what: wrapper + " on PATH"}
	if _, err := exec.LookPath(wrapper); err != nil {
		f.lack = "not found"
		f.cost = "`GOOS=mirage go run` and `go test` do not boot"
		if self, err := os.Executable(); err == nil {
			f.cost += ": put " + filepath.Dir(self) + " on PATH"
		}
	}
	return f
}

// hypervisor is what -platform xen needs besides QEMU.
func hypervisor() finding {
	f := finding{what: "Xen", cost: "no -platform xen"}
	if vm.OnXen() {
		f.what += ": this host's own"
		return f
	}
	for _, tool := range []string{"apt-get", "dpkg-deb", "xz"} {
		if _, err := exec.LookPath(tool); err != nil {
			f.lack = "this host is not Xen's dom0 with xl, and has no " + tool + " to get Debian 12's packages with"
		}
	}
	return f
}

func tap() finding {
	f := finding{what: "/dev/net/tun", cost: "no -net tap:NAME: other machines cannot reach an image but through -p"}
	file, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		f.lack = err.Error()
		return f
	}
	file.Close()
	return f
}
