package vm

import "syscall"

// childAttributes keeps a terminal's signals from QEMU, which is ended by us, and ends it when we are killed.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
