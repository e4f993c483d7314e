package xen

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// comeAndGo attaches a disk to a guest and detaches it when the guest is done with it, so often.
const comeAndGo = `log=/var/log/xen/console/guest-comes.log
dd if=/dev/zero of=/disks/comes bs=1M count=1 2>/dev/null
said() { n=0; until grep -q "^$1 $2.$" $log; do usleep 50000; n=$((n+1)); [ $n -lt 600 ] || { echo "never $1 $2"; return 1; }; done; }
for i in $(seq %d); do
	xl block-attach comes format=raw,vdev=xvdb,access=rw,script=/etc/xen/scripts/disk,target=/disks/comes || break
	said done $i || break
	xl block-detach comes xvdb || break
	said gone $i || break
done
n=0; while xl list comes >/dev/null 2>&1 && [ $n -lt 100 ]; do usleep 100000; n=$((n+1)); done
`

// attachCycles is how often: MIRAGE_XEN_CYCLES says otherwise.
func attachCycles() int {
	if n, err := strconv.Atoi(os.Getenv("MIRAGE_XEN_CYCLES")); err == nil {
		return n
	}
	return 5
}

// attachGuest is the guest.
func attachGuest(t *testing.T, arch string) Guest {
	return Guest{
		Name: "comes", Image: harness.Build(t, arch, "./test/guest/disk"), NoCard: true, Memory: 64,
		Line: fmt.Sprintf("-- come xvdb %d", attachCycles()), Ask: fmt.Sprintf(comeAndGo, attachCycles()),
	}
}

// checkAttach wants xl block-attach and block-detach to work for as long as a guest lives: what was flushed is there the next time, and
// the guest holds on to nothing.
func checkAttach(t *testing.T, r *Result) {
	if want := fmt.Sprintf("came and went %d times\n", attachCycles()); !strings.Contains(r.Wrote, want) {
		t.Errorf("asked: %s\nwrote: %s\nended: %s", r.Asked, r.Wrote, r.Ended)
	}
}
