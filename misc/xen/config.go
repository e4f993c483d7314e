package xen

import (
	"fmt"
	"strings"
)

// A Config is what xl is to know of a guest: xl.cfg(5).
type Config struct {
	Name, Kernel, Line string
	Kind               string // "pvh" or "pv" on amd64; on arm64, which has one kind, ""
	Ramdisk            string // a file; "" is none
	Memory, CPUs       int    // MiB
	Cards, Disks       []string
	OnReboot           string
}

// String is the file.
func (c *Config) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name = %s\n", quoted(c.Name))
	if c.Kind != "" {
		fmt.Fprintf(&b, "type = %s\n", quoted(c.Kind))
	}
	fmt.Fprintf(&b, "kernel = %s\nextra = %s\nmemory = %d\nvcpus = %d\n", quoted(c.Kernel), quoted(c.Line), c.Memory, c.CPUs)
	for _, l := range []struct {
		name  string
		items []string
	}{{"vif", c.Cards}, {"disk", c.Disks}} {
		if len(l.items) > 0 {
			fmt.Fprintf(&b, "%s = [%s]\n", l.name, list(l.items))
		}
	}
	fmt.Fprintf(&b, "on_poweroff = \"destroy\"\non_reboot = %s\non_crash = \"destroy\"\n", quoted(c.OnReboot))
	if c.Ramdisk != "" {
		fmt.Fprintf(&b, "ramdisk = %s\n", quoted(c.Ramdisk))
	}
	return b.String()
}

func list(items []string) string {
	all := make([]string, len(items))
	for i, s := range items {
		all[i] = quoted(s)
	}
	return strings.Join(all, ", ")
}

// DiskSpec is a disk as xl-disk-configuration(5) has it, the nth of a guest, from 0 on. All that follows the target's name is its own.
func DiskSpec(n int, format, target string, readOnly bool, options ...string) string {
	access := "rw"
	if readOnly {
		access = "ro"
	}
	options = append([]string{"format=" + format, fmt.Sprintf("vdev=xvd%c", 'a'+n), "access=" + access}, options...)
	return strings.Join(append(options, "target="+target), ", ")
}

// quoted is a string of xl's: Xen, tools/libs/util/libxlu_cfg.c takes escapes as C has them.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
