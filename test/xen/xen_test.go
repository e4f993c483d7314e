package xen

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// ask asks the name server in a guest for a name, again while it boots.
const ask = "for i in 1 2 3 4 5 6 7 8 9 10; do nslookup www.mirage.test " + address + " && exit; sleep 1; done\n"

// fetch gets octets from a web server in a guest, and sends it some.
const fetch = "for i in 1 2 3 4 5 6 7 8 9 10; do wget -q -O /dev/null http://" + address + "/ && break; sleep 1; done\n" +
	"wget -q -O - http://" + address + "/octets/3000000 | md5sum\n" +
	"dd if=/dev/zero bs=1M count=2 2>/dev/null | tr '\\0' a > /tmp/sent\n" +
	"wget -q -O - --post-file=/tmp/sent http://" + address + "/count\n"

// resize takes memory from a guest, and gives it back: "~/memory/target" in Xen's docs/misc/xenstore-paths.pandoc.
const resize = "has() { for i in $(seq 300); do [ $(xl list http | awk 'END {print $3}') $1 $2 ] && echo it has $2 && return; usleep 100000; done; xl list; }\n" +
	"xl mem-set http 96; has -le 97\n" +
	"xl mem-set http 128; has -ge 127\n"

const resized = "it has 97\nit has 127\n"

// octets is what md5sum says of what is fetched.
func octets() string {
	b := make([]byte, 3000000)
	for i := range b {
		b[i] = byte(i)
	}
	return fmt.Sprintf("%x", md5.Sum(b))
}

// shutdown asks the guest that works to end.
const shutdown = "until grep working /var/log/xen/console/guest-asked.log; do usleep 200000; done; xl shutdown -w asked\n"

// reboot asks the guest that works to end and begin anew: the toolstack was told to let it be.
const reboot = "until grep working /var/log/xen/console/guest-again.log; do usleep 200000; done; xl reboot -w again\n"

// flushed waits until a guest has written its disk, and flushed it: then it is ended without being asked.
const flushed = "until grep flushed /var/log/xen/console/guest-diska.log; do usleep 200000; done\n"

// The image that boots on QEMU boots as a guest, PVH on amd64: its output comes through, its exit code, its network, and
// what it is asked to do; what it has flushed to its disk is there for the next.
func TestGuests(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) { testGuests(t, arch) })
	}
}

func testGuests(t *testing.T, arch string) {
	probe := harness.Build(t, arch, "./test/guest/probe")
	disk := harness.Build(t, arch, "./test/guest/disk")
	results := Run(t, arch, []Guest{
		{Name: "hello", Image: harness.Build(t, arch, "./test/guest/hello")},
		{Name: "code", Image: probe, Line: "exit=debug -- exit 3"},
		{Name: "crash", Image: probe, Line: "-- panic ouch"},
		{Name: "clock", Image: probe, Line: "-- spin"},
		{Name: "cpus", Image: probe, Line: "-- cpus", CPUs: 2},
		{Name: "asked", Image: harness.Build(t, arch, "./test/guest/graceful"), Line: "-- 0s", Ask: shutdown},
		{Name: "again", Image: harness.Build(t, arch, "./test/guest/graceful"), Line: "-- 0s", Ask: reboot},
		{Name: "http", Image: harness.Build(t, arch, "./misc/examples/http"), Line: network, Ask: fetch + resize},
		{Name: "diska", Image: disk, Line: "-- write xvda 7", Disk: "one", Ask: flushed},
		{Name: "diskb", Image: disk, Line: "-- check xvda 7", Disk: "one"},
		{Name: "diskc", Image: disk, Line: "-- requests xvda", Disk: "one", CPUs: 2},
		{Name: "dns", Image: harness.Build(t, arch, "./misc/examples/dns"), Line: network, Memory: 32, Ask: ask},
	})
	resized := resized
	if arch == "arm64" {
		resized = "" // it was not looked at there
	}
	// Reasons are those of xen/include/public/sched.h: 0 is the power-off, 1 a reboot, 3 a crash; exit=debug adds the code to the last, 5.
	for name, want := range map[string]struct{ ended, wrote, asked string }{
		"hello": {"reason code 0", "hello\n", ""},
		"code":  {"reason code 8", "out\n", ""},
		"crash": {"reason code 3", "panic: ouch\n", ""},
		"clock": {"reason code 0", "tick 2\n", ""},
		"cpus":  {"reason code 0", "2 CPUs\n", ""},
		"asked": {"reason code 0", "finishing: terminated signal received\nfinished\n", ""},
		"again": {"reason code 1", "finishing: terminated signal received\nfinished\n", ""},
		"http":  {"destroyed", "listening on", octets() + "  -\n2097152 octets, sum 203423744\n" + resized},
		"diska": {"destroyed", "flushed\n", ""},
		"diskb": {"reason code 0", "all there\n", ""},
		"diskc": {"reason code 0", "all requests done\n", ""},
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

// The same image is a guest of the kind PV, whose memory changes, that speaks over vchan and is suspended.
func TestPV(t *testing.T) {
	const arch = "amd64"
	probe := harness.Build(t, arch, "./test/guest/probe")
	results := Run(t, arch, []Guest{
		{Name: "code", Image: probe, Line: "exit=debug -- exit 3", Kind: "pv"},
		{Name: "clock", Image: probe, Line: "-- spin", Kind: "pv", CPUs: 2},
		{Name: "cpus", Image: probe, Line: "-- cpus", Kind: "pv", CPUs: 2},
		{Name: "dns", Image: harness.Build(t, arch, "./misc/examples/dns"), Line: network, Memory: 32, Kind: "pv", Ask: ask},
		{Name: "http", Image: harness.Build(t, arch, "./misc/examples/http"), Line: network, Kind: "pv", Ask: fetch + resize},
		{Name: "echo", Image: harness.Build(t, arch, "./test/guest/vchan"), Line: "-- echo", Kind: "pv", Ask: speaks},
		suspendGuest(t, arch, "pv"),
	})
	checkSuspend(t, results["saved"], "running", "checkpoint", "restored", "again")
	checkEcho(t, results["echo"])
	for name, want := range map[string]struct{ ended, wrote, asked string }{
		"code":  {"reason code 8", "out\n", ""},
		"clock": {"reason code 0", "tick 2\n", ""},
		"cpus":  {"reason code 0", "2 CPUs\n", ""},
		"dns":   {"destroyed", "dns: serving on", "192.0.2.80"},
		"http":  {"destroyed", "listening on", octets() + "  -\n2097152 octets, sum 203423744\n" + resized},
	} {
		if r := results[name]; r.Ended != want.ended || !strings.Contains(r.Wrote, want.wrote) || !strings.Contains(r.Asked, want.asked) {
			t.Errorf("%s\nended: %s\nwrote: %s\nasked: %s", name, r.Ended, r.Wrote, r.Asked)
		}
	}
}

// A guest that Xen itself makes when it boots, with no toolstack, has a UART for its console.
func TestDom0less(t *testing.T) {
	out := runDom0less(t, harness.Build(t, "arm64", "./test/guest/probe"), "-- exit 3", "out\n")
	if !strings.Contains(out, "out\n") {
		t.Errorf("the guest wrote\n%s", out)
	}
}
