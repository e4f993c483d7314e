package xen

import (
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// migrate carries a guest to the same host.
const migrate = `xl migrate -s '' saved 'xl migrate-receive' >/tmp/xl.log 2>&1 && more migrated || cat /tmp/xl.log
`

// carried has a guest go through all of it, while it sends lines to dom0 and writes its disk: a checkpoint, after which it goes on as
// it was; saving and restoring, twice, for which of its drivers is the first there again differs; and what comes last, migrate or nothing.
func carried(last string) string {
	return `log=/var/log/xen/console/guest-saved
until grep -q ready $log.log; do usleep 200000; done
nc ` + address + ` 7777 </dev/null >/tmp/lines &
nc=$!
more() { was=$(wc -l </tmp/lines); n=0; until [ $(wc -l </tmp/lines) -gt $((was+200)) ]; do
	usleep 200000; n=$((n+1)); [ $n -lt 600 ] || return; done; echo "$1: lines go on"; }
more running
xl save -c saved /tmp/image >/tmp/xl.log 2>&1 && more checkpoint || cat /tmp/xl.log
rm /tmp/image
for step in restored again; do
	xl save saved /tmp/image >/tmp/xl.log 2>&1 && xl restore /tmp/image >/tmp/xl.log 2>&1 && more $step || cat /tmp/xl.log
	rm /tmp/image
done
` + last + `timeout 60 nc ` + address + ` 7778 </dev/null
n=0; while kill -0 $nc 2>/dev/null && [ $n -lt 300 ]; do usleep 200000; n=$((n+1)); done
kill $nc 2>/dev/null
n=0; while xl list saved >/dev/null 2>&1 && [ $n -lt 300 ]; do usleep 200000; n=$((n+1)); done
seq 1 $(wc -l </tmp/lines) | cmp - /tmp/lines && echo "$(wc -l </tmp/lines) lines"
cat $log*.log
`
}

// suspendGuest is the guest that goes through that. One of the kind PV is not migrated: Debian's Xen cannot follow which pages it
// writes ("Failed to enable logdirty"), for it is without shadow page tables.
func suspendGuest(t *testing.T, arch, kind string) Guest {
	last := migrate
	if kind == "pv" {
		last = ""
	}
	return Guest{
		Name: "saved", Image: harness.Build(t, arch, "./test/guest/suspend"), Line: network + " -- xvda", Memory: 64, CPUs: 2, Kind: kind,
		Disk: "saved", Ask: carried(last),
	}
}

// checkSuspend wants what xl.1 says of save, restore and migrate: a TCP connection goes on, no acknowledged write to a disk is lost,
// timers do not jump.
func checkSuspend(t *testing.T, r *Result, steps ...string) {
	for _, step := range steps {
		if !strings.Contains(r.Asked, step+": lines go on") {
			t.Errorf("not %s", step)
		}
	}
	for _, want := range []string{
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
