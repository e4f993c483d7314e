package xen

import (
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// ask asks the name server in a guest for a name, again while it boots.
const ask = "for i in 1 2 3 4 5 6 7 8 9 10; do nslookup www.mirage.test " + address + " && exit; sleep 1; done\n"

// The image that boots on QEMU boots as a PVH guest: its output comes through, its exit code, and its network.
func TestPVH(t *testing.T) {
	hello := harness.Build(t, "amd64", "./test/guest/hello")
	probe := harness.Build(t, "amd64", "./test/guest/probe")
	dns := harness.Build(t, "amd64", "./misc/examples/dns")
	results := Run(t, []Guest{
		{Name: "hello", Image: hello},
		{Name: "code", Image: probe, Line: "exit=debug -- exit 3"},
		{Name: "crash", Image: probe, Line: "-- panic ouch"},
		{Name: "clock", Image: probe, Line: "-- spin"},
		{Name: "cpus", Image: probe, Line: "-- large 8", Memory: 256, CPUs: 2},
		{Name: "dns", Image: dns, Line: network, Memory: 32, Ask: ask},
	})
	// Reasons are those of xen/include/public/sched.h: 0 is the power-off, 3 a crash; exit=debug adds the code to the last, 5.
	for name, want := range map[string]struct{ ended, wrote, asked string }{
		"hello": {"reason code 0", "hello\n", ""},
		"code":  {"reason code 8", "out\n", ""},
		"crash": {"reason code 3", "panic: ouch\n", ""},
		"clock": {"reason code 0", "tick 2\n", ""},
		"cpus":  {"reason code 0", "sum ", ""},
		"dns":   {"destroyed", "dns: serving on", "192.0.2.80"},
	} {
		t.Run(name, func(t *testing.T) {
			r := results[name]
			if r.Ended != want.ended || !strings.Contains(r.Wrote, want.wrote) || !strings.Contains(r.Asked, want.asked) {
				t.Errorf("ended: %s\nwrote: %s\nasked: %s", r.Ended, r.Wrote, r.Asked)
			}
			if strings.Contains(r.Wrote, "mirage: ") {
				t.Errorf("something is of no use there:\n%s", r.Wrote)
			}
		})
	}
}
