package xen

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// besideVchan makes the client, which has to know the server's number, and says what it wrote.
const besideVchan = "sed s/SERVER/$(xl domid vchan)/ /guests/vchan/beside/config > /tmp/beside\n" +
	"xl create /tmp/beside\n" +
	"while xl list client >/dev/null 2>&1; do usleep 200000; done\n" +
	"cat /var/log/xen/console/guest-client.log\n"

// speaks has libxenvchan talk to the guest, as a client and as a server. Its program ends when its input does, which is when the
// guest has answered.
const speaks = `until grep -q listening /var/log/xen/console/guest-echo.log; do usleep 200000; done
id=$(xl domid echo)
talk() {
	: >/tmp/answer
	(echo dom0; n=0; until grep -q echo /tmp/answer || [ $n -gt 600 ]; do usleep 200000; n=$((n+1)); done) |
		vchan-socket-proxy --mode=$1 $id /local/domain/$2/data/$3 - >/tmp/answer
	echo "$1: $(cat /tmp/answer)"
}
talk client $id echo
talk server 0 back
`

// vchanSize is how many bytes go each way between two guests: MIRAGE_VCHAN_MIB says how many MiB; 0 is none, and no such guests. A
// GiB takes two minutes.
func vchanSize() int {
	n, _ := strconv.Atoi(os.Getenv("MIRAGE_VCHAN_MIB"))
	return n << 20
}

// vchanGuests are one that talks to dom0's libxenvchan, and two that move data over vchan and over the network.
func vchanGuests(t *testing.T, arch string) []Guest {
	image := harness.Build(t, arch, "./test/guest/vchan")
	guests := []Guest{{Name: "echo", Image: image, Line: "-- echo", Ask: speaks}}
	if vchanSize() == 0 {
		return guests
	}
	size := strconv.Itoa(vchanSize())
	return append(guests, Guest{
		Name: "vchan", Image: image, Line: network + " -- serve " + size, Ask: besideVchan, Beside: &Guest{
			Name: "client", Image: image, Line: "ip=10.0.2.16/24," + dom0Address + " -- client SERVER " + size + " " + address,
		},
	})
}

// checkEcho wants what libxenvchan.h promises: bytes go through shared memory both ways, and none is lost.
func checkEcho(t *testing.T, r *Result) {
	for _, side := range []string{"client", "server"} {
		if !strings.Contains(r.Asked, side+": echo of dom0\n") {
			t.Errorf("libxenvchan as a %s\nasked: %s\nwrote: %s", side, r.Asked, r.Wrote)
		}
	}
}

// checkVchan wants that, and that two guests have moved all their data.
func checkVchan(t *testing.T, results map[string]*Result) {
	checkEcho(t, results["echo"])
	if vchanSize() == 0 {
		return
	}
	r := results["vchan"]
	for _, net := range []string{"vchan", "tcp"} {
		if want := net + ": " + strconv.Itoa(vchanSize()) + " bytes each way intact"; !strings.Contains(r.Asked, want) {
			t.Errorf("not %q", want)
		}
	}
	t.Logf("the server wrote: %s\nthe client wrote: %s", r.Wrote, r.Asked)
}

// Guests talk to each other and to dom0, Go's own tests pass in them, and on amd64 one is suspended in several ways: the toolstack of
// Xen 4.17 on ARM cannot.
func TestMoreGuests(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			guests := append(vchanGuests(t, arch), attachGuest(t, arch))
			if arch == "amd64" {
				guests = append(guests, suspendGuest(t, arch, ""))
			}
			std := stdGuests(t, arch)
			results := Run(t, arch, append(guests, std...))
			t.Run("std", func(t *testing.T) { checkStd(t, std, results) })
			t.Run("vchan", func(t *testing.T) { checkVchan(t, results) })
			t.Run("attach", func(t *testing.T) { checkAttach(t, results["comes"]) })
			if arch == "amd64" {
				t.Run("suspend", func(t *testing.T) {
					checkSuspend(t, results["saved"], "running", "checkpoint", "restored", "again", "migrated")
				})
			}
		})
	}
}
