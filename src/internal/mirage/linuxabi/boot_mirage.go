//go:build mirage

package linuxabi

import (
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/machine"
	"internal/mirage/netstack"
	"internal/runtime/exithook"
	"internal/strconv"
)

// The program's only process is made while packages are initialized, before package os is.
func init() {
	info := machine.BootInfo()
	words := parseWords(info.CommandLine)
	total, _ := machine.Memory()
	p := NewProcess(int64(total / 2)) // as tmpfs
	machineProcess = p
	p.attachConsoles(words.console)
	for _, c := range words.complaints {
		say(c)
	}
	p.bootLine = info.CommandLine
	if words.hostname != "" {
		p.host.set(words.hostname)
	}
	if e := p.plant(words.program()); e != 0 {
		say("no room for the file tree")
	}
	p.openStandard(words.console == passedThrough)
	if info.InitrdSize > 0 {
		p.unpack(info)
	}
	p.expectMounts(words.mounts)
	device.EachBlock(p.attachDisk, p.detachDisk)
	p.awaitMounts()
	if words.folder != "" && p.changeDir(p.fs.Root(), words.folder) != 0 {
		say("cwd=" + words.folder + " is not a directory of the initrd or of a volume")
	}
	p.attachNetwork(&words)
	device.EachDriven(func(d device.Driven) {
		if p.plantDriven(d) != 0 {
			say("no room for " + d.Name + " in /sys/bus/" + d.Bus)
		}
	})
	device.EachBoard(func(b device.Board) {
		if p.plantBoard(b) != 0 {
			say("no room for what the board says of itself in /proc and /sys")
		}
	})
	device.OnShutdown(func() { raise(p, linux.SIGTERM) })
	machine.SetSyscalls(p.Serve)
	exithook.Add(exithook.Hook{F: p.finish, RunOnFailure: true}) // main may return without a system call
	machine.SetPoller(machine.Poller{Open: p.pollOpen, Close: p.pollClose})
}

func (p *Process) unpack(info machine.Boot) {
	image := machine.MapTable(info.InitrdPhys, info.InitrdSize)
	if image == nil {
		say("the initrd is not in memory")
		return
	}
	if err := p.fs.Unpack(image, machine.FreeInitrd); err != nil {
		say(err.Error())
	}
}

// attachConsoles makes the consoles that there are, and those that come, the program's: the first is standard input and
// output unless a word names another, and ports may have the input and the output to themselves. Standard error stays
// where the kernel's own messages go unless that is one of them.
func (p *Process) attachConsoles(name string) {
	if name != "" {
		p.console.expect()
	}
	device.EachConsole(func(c device.Console) {
		p.console.attach(c, consoleName(c), name)
	})
	device.EachKeyboard(func(k device.Keyboard) { go p.console.listen(k) })
	device.EachScreen(p.console.show)
	device.EachPort(func(port device.Port) {
		switch port.Name {
		case inputPort:
			p.console.attachInput(port)
		case outputPort:
			p.console.attachOutput(port)
		case signalPort:
			go p.obey(port)
		}
	})
}

// attachNetwork makes interfaces of the cards, named eth0 and so on in the order in which they are found.
func (p *Process) attachNetwork(words *settings) {
	count := 0
	names := map[string]bool{}
	var waiting []*netstack.Interface
	device.EachNIC(func(nic device.NIC) {
		name := "eth" + strconv.Itoa(count)
		a := words.of(name, count == 0)
		count++
		names[name] = true
		i := p.net.stack.AddNIC(name, nic)
		if p.plantInterface(name) != 0 {
			say("no room for /sys/class/net/" + name)
		}
		if a.off {
			return
		}
		if err := p.net.configure(i, a, words); err != nil {
			say(name + ": " + err.Error())
			return
		}
		waiting = append(waiting, i)
	})
	for _, name := range words.absent(func(name string) bool { return names[name] }) {
		say("ip=" + name + ":... is for a card that the machine does not have: it has " + strconv.Itoa(count) + ", called eth0 and so on")
	}
	p.net.keepTime(words.clock)
	go p.net.settle(waiting)
}
