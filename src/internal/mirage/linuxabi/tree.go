package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"sync"
)

// The tree before anything is unpacked into it: what programs, and packages os and net, expect to be there.

// plant makes the tree. executable is what /proc/self/exe leads to.
func (p *Process) plant(executable string) linux.Errno {
	steps := []func() linux.Errno{
		p.plantFolders, p.plantDevices, p.plantEtc, p.plantSystem,
		func() linux.Errno { return p.plantExecutable(executable) },
	}
	for _, step := range steps {
		if e := step(); e != 0 {
			return e
		}
	}
	return 0
}

func (p *Process) plantFolders() linux.Errno {
	folders := []struct {
		path string
		mode uint32
	}{
		{"/bin", 0o755}, {"/dev", 0o755}, {"/etc", 0o755}, {"/home", 0o755}, {"/root", 0o700}, {"/run", 0o755},
		{"/tmp", 0o1777}, {"/usr", 0o755}, {"/usr/bin", 0o755}, {"/var", 0o755}, {"/var/tmp", 0o1777}, {"/dev/shm", 0o1777},
	}
	for _, f := range folders {
		if e := p.fs.Mkdir(p.fs.Root(), f.path, f.mode); e != 0 {
			return e
		}
	}
	return 0
}

func (p *Process) plantDevices() linux.Errno {
	devices := []struct {
		name   string
		number uint64
		mode   uint32
	}{
		{"null", linux.DevNull, 0o666}, {"zero", linux.DevZero, 0o666}, {"full", linux.DevFull, 0o666},
		{"random", linux.DevRandom, 0o666}, {"urandom", linux.DevUrandom, 0o666},
		{"tty", linux.DevTTY, 0o666}, {"console", linux.DevConsole, 0o600},
	}
	for _, d := range devices {
		if _, e := p.fs.Mknod(p.fs.Root(), "/dev/"+d.name, linux.S_IFCHR|d.mode, d.number); e != 0 {
			return e
		}
	}
	links := []struct{ name, target string }{
		{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
	}
	for _, l := range links {
		if e := p.fs.Symlink(l.target, p.fs.Root(), "/dev/"+l.name); e != 0 {
			return e
		}
	}
	return 0
}

// plantEtc makes the files that packages net and os/user read.
func (p *Process) plantEtc() linux.Errno {
	files := []struct{ name, text string }{
		{"hosts", "127.0.0.1\tlocalhost\n127.0.1.1\t" + p.host.get() + "\n"},
		{"hostname", p.host.get() + "\n"},
		{"os-release", "NAME=mirage\nID=mirage\nPRETTY_NAME=mirage\n"},
		{"nsswitch.conf", "hosts: files dns\n"},
		{"passwd", "root:x:0:0:root:/root:/bin/false\n"},
		{"group", "root:x:0:\n"},
		{"services", "domain\t53/udp\ndomain\t53/tcp\nhttp\t80/tcp\nhttps\t443/tcp\n"},
	}
	for _, f := range files {
		if e := p.writeFile("/etc/"+f.name, f.text); e != 0 {
			return e
		}
	}
	return p.plantResolver()
}

// plantResolver makes resolv.conf. What the network says is written when it changes, so that a program may write to it too.
func (p *Process) plantResolver() linux.Errno {
	var mu sync.Mutex
	var node *fs.Inode
	last := ""
	update := func() {
		mu.Lock()
		defer mu.Unlock()
		if text := string(p.net.stack.ResolvConf()); text != last {
			last = text
			node.Truncate(0)
			node.WriteAt([]byte(text), 0)
		}
	}
	var e linux.Errno
	node, e = p.fs.Prepared("/etc/resolv.conf", 0o644, func() {
		p.net.wait()
		update()
	})
	if e == 0 {
		p.net.stack.Watch(update)
	}
	return e
}

func (p *Process) writeFile(path, text string) linux.Errno {
	n, e := p.fs.Mknod(p.fs.Root(), path, linux.S_IFREG|0o644, 0)
	if e != 0 {
		return e
	}
	_, e = n.WriteAt([]byte(text), 0)
	return e
}

// plantExecutable makes the program's own file, unless the initrd will: it can be seen and asked, but not read, because
// what was loaded is not there any more as it was.
func (p *Process) plantExecutable(path string) linux.Errno {
	for _, folder := range []string{"/proc/" + pidText, "/proc/" + pidText + "/task/" + pidText} {
		if e := p.fs.Pointer(folder+"/exe", path); e != 0 {
			return e
		}
	}
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			if e := p.fs.Mkdir(p.fs.Root(), path[:i], 0o755); e != 0 && e != linux.EEXIST {
				return e
			}
		}
	}
	return p.fs.Generated(path, 0o111, func() []byte { return nil })
}
