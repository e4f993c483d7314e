//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"unsafe"
)

// The command line: words for the system, then " -- ", then the program's arguments.

// Words that the runtime itself obeys; internal/mirage's packages read the rest.
var (
	exitDebug bool // exit=debug: tell the exit code by the debugger's means
)

// A commandLine is what readCommandLine makes of the loader's.
type commandLine struct {
	vector []*byte // the program's arguments, nil, its environment, nil
	n      int     // of those used
	system []byte  // the words for the system, as they stood
	home   bool    // HOME is set
}

// readCommandLine makes argv and envp of the command line. A word of the program's may be a secret: there is one copy of
// it, which is the program's, and the loader's is wiped. Firmware may keep that outside of what it calls RAM, so the boot's
// tables are still in use, by which all memory is writable.
func readCommandLine() {
	line := bootInfo.CommandLine
	n := uintptr(len(line)) + 1
	// Each word takes two bytes of the line or more; unquoted it is no longer than it was. argv and envp end with nil.
	words := n/2 + 5
	text := bootAlloc(3 * n)
	c := commandLine{
		vector: unsafe.Slice((**byte)(bootAlloc(words*8)), words),
		system: unsafe.Slice((*byte)(add(text, 2*n)), n)[:0],
	}
	c.add(unsafe.StringData("program\x00"))
	c.split(line, unsafe.Slice((*byte)(text), n), c.argument)
	argc, argv = int32(c.n), &c.vector[0]
	c.n++
	c.split(line, unsafe.Slice((*byte)(add(text, n)), n), c.variable)
	if !c.home {
		c.add(unsafe.StringData("HOME=/root\x00"))
	}

	clear(line)
	bootInfo.CommandLine = c.system
}

// split calls keep for each word of line, which is put into buf, and wipes those that are not kept.
func (c *commandLine) split(line, buf []byte, keep func(word, raw []byte, behind bool) bool) {
	w := boot.SplitWords(line, buf)
	behind := false
	for {
		word, ok := w.Next()
		if !ok {
			return
		}
		separator := string(word) == "--"
		if !keep(word, w.Raw(), behind) {
			clear(word)
		}
		behind = behind || separator
	}
}

func (c *commandLine) add(p *byte) {
	c.vector[c.n] = p
	c.n++
}

// argument reads a word of the first pass: the words for the system, and the program's arguments.
func (c *commandLine) argument(word, raw []byte, behind bool) bool {
	switch name, named := boot.Value(word, "arg0="); {
	case behind && !boot.IsAppended(word):
		c.add(unsafe.SliceData(word))
		return true
	case named && !behind:
		c.vector[0] = unsafe.SliceData(name)
		c.keepSystem(raw)
		return true
	case string(word) == "exit=debug":
		exitDebug = true
	}
	if _, env := boot.Value(word, "env:"); !env && string(word) != "--" {
		c.keepSystem(raw)
	}
	return false
}

// keepSystem adds a word to those for the system.
func (c *commandLine) keepSystem(raw []byte) {
	c.system = append(append(c.system, raw...), ' ')
}

// variable reads a word of the second pass: the program's environment.
func (c *commandLine) variable(word, _ []byte, behind bool) bool {
	env, ok := boot.Value(word, "env:")
	if !ok || behind {
		return false
	}
	if _, ok := boot.Value(env, "HOME="); ok {
		c.home = true
	}
	c.add(unsafe.SliceData(env))
	clear(word[:len(word)-len(env)])
	return true
}
