package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"runtime"
)

// What /sys says of the machine (sysfs(5)), where programs look.

var deviceFiles = []generated{
	{"devices/system/cpu/isolated", says("\n")},
	{"devices/system/cpu/offline", says("\n")},
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

// plantCPUs makes each CPU's folder: each is a core of its own, and all are in one package.
func (p *Process) plantCPUs() linux.Errno {
	for i := range runtime.NumCPU() {
		number := decimal(i) + "\n"
		if e := p.plantFiles("/sys/devices/system/cpu/cpu"+decimal(i)+"/topology/", []generated{
			{"core_id", says(number)},
			{"core_siblings_list", allCPUs},
			{"physical_package_id", says("0\n")},
			{"thread_siblings_list", says(number)},
		}); e != 0 {
			return e
		}
	}
	return 0
}
