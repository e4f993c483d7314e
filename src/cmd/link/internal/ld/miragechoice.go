package ld

import "internal/buildcfg"

// A choice is a part of the library OS that is linked only where a program could ask for it. Below system calls it cannot be
// seen who needs what, for all calls lead to one table; but it can be seen which function, that makes such a call, is linked.
type choice struct {
	variable string   // a pointer, which says that the part is not there
	part     string   // what it is to point to once it is
	asking   []string // functions of which one is enough
}

// mirageChoices lists them.
var mirageChoices = []choice{
	// TCP: for who can make a socket, which may be any, and for who uses TCP without one.
	{"internal/mirage/linuxabi.streamFamily", "internal/mirage/linuxabi.tcpFamily", []string{
		"syscall.socket", "golang.org/x/sys/unix.socket", "internal/mirage/linuxabi.TCP",
	}},
}

// mirageChoose marks the parts that turn out to be asked for, and makes the variables point to them.
func mirageChoose(d *deadcodePass) {
	if buildcfg.GOOS != "mirage" {
		return
	}
	for _, c := range mirageChoices {
		variable, part := d.ldr.Lookup(c.variable, 0), d.ldr.Lookup(c.part, 0)
		if variable == 0 || part == 0 || d.ldr.AttrReachable(part) {
			continue
		}
		for _, name := range c.asking {
			if s := d.ldr.Lookup(name, abiInternalVer); s != 0 && d.ldr.AttrReachable(s) {
				d.ldr.MakeSymbolUpdater(variable).SetRelocSym(0, part)
				d.mark(part, s)
				break
			}
		}
	}
}
