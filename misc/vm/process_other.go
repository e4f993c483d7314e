//go:build unix && !linux

package vm

import "syscall"

// childAttributes keeps a terminal's signals from QEMU, which is ended by us.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
