package linuxabi

import "runtime"

// What /sys says of the machine (sysfs(5)), where programs look.

var deviceFiles = []generated{
	{"devices/system/cpu/online", allCPUs},
	{"devices/system/cpu/possible", allCPUs},
	{"devices/system/cpu/present", allCPUs},
	{"kernel/mm/transparent_hugepage/enabled", says("[always] madvise never\n")},
	{"kernel/mm/transparent_hugepage/hpage_pmd_size", says("2097152\n")},
}

func allCPUs(*Process) string { return cpuList(runtime.NumCPU()) + "\n" }

// cpuList is the list of the first n CPUs.
func cpuList(n int) string {
	if n == 1 {
		return "0"
	}
	return "0-" + decimal(n-1)
}
