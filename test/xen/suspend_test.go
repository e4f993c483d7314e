package xen

import (
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// carried has a guest go through all of it, while it sends lines to dom0 and writes its disk: a checkpoint, after which it goes on as
// it was; saving and restoring; migration to the same host, but for one of the kind PV, whose written pages Debian's Xen cannot follow
// ("Failed to enable logdirty": it is without shadow page tables).
const carried = `log=/var/log/xen/console/guest-saved
until grep -q ready $log.log; do usleep 200000; done
nc ` + address + ` 7777 </dev/null >/tmp/lines &
nc=$!
more() { was=$(wc -l </tmp/lines); n=0; until [ $(wc -l </tmp/lines) -gt $((was+200)) ]; do
	usleep 200000; n=$((n+1)); [ $n -lt 600 ] || return; done; echo "$1: lines go on"; }
more running
xl save -c saved /tmp/image >/tmp/xl.log 2>&1 && more checkpoint || cat /tmp/xl.log
rm /tmp/image
xl save saved /tmp/image >/tmp/xl.log 2>&1 && xl restore /tmp/image >/tmp/xl.log 2>&1 && more restored || cat /tmp/xl.log
rm /tmp/image
grep -q '"pv"' /guests/saved/config || { xl migrate -s '' saved 'xl migrate-receive' >/tmp/xl.log 2>&1 && more migrated || cat /tmp/xl.log; }
nc ` + address + ` 7778 </dev/null
n=0; while kill -0 $nc 2>/dev/null && [ $n -lt 300 ]; do usleep 200000; n=$((n+1)); done
kill $nc 2>/dev/null
n=0; while xl list saved >/dev/null 2>&1 && [ $n -lt 300 ]; do usleep 200000; n=$((n+1)); done
seq 1 $(wc -l </tmp/lines) | cmp - /tmp/lines && echo "$(wc -l </tmp/lines) lines"
cat $log*.log
`

// suspendGuest is the guest that goes through that.
func suspendGuest(t *testing.T, arch, kind string) Guest {
	return Guest{
		Name: "saved", Image: harness.Build(t, arch, "./test/guest/suspend"), Line: network + " -- xvda", Memory: 64, CPUs: 2, Kind: kind,
		Disk: "saved", Ask: carried,
	}
}

// checkSuspend wants what xl.1 says of save, restore and migrate: a TCP connection goes on, no acknowledged write to a disk is lost,
// timers do not jump.
func checkSuspend(t *testing.T, r *Result, kind string) {
	last := "migrated"
	if kind == "pv" {
		last = "restored"
	}
	for _, want := range []string{
		"running: lines go on", "checkpoint: lines go on", "restored: lines go on", last + ": lines go on",
		"no acknowledged write is lost", "timers were late by less than a minute: true", "00 lines\n",
	} {
		if !strings.Contains(r.Asked, want) {
			t.Errorf("not %q", want)
		}
	}
	if t.Failed() {
		t.Logf("asked: %s\nended: %s", r.Asked, r.Ended)
	}
}
