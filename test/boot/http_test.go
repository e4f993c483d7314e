package boot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mirage/debug"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// A web server of net/http answers over a forwarded port, and moves 10 MB each way intact.
func TestHTTP(t *testing.T) {
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			f, inside := harness.Forward(t, "tcp", 80), harness.Forward(t, "tcp", 81)
			c := m.Config(harness.Build(t, m.Arch, "./misc/examples/http"))
			c.Forwards = []vm.Forward{f, inside}
			c.Args = []string{"-debug", ":81"}
			b := harness.Boot(t, c)
			base := "http://" + f.Host.String()
			client := &http.Client{Timeout: time.Minute}
			if got, want := string(fetch(t, client, base+"/")), "from mirage/"+m.Arch+"\n"; !strings.HasSuffix(got, want) {
				t.Errorf("the answer is %q\n%s", got, b)
			}
			const size = 10_000_000
			want, sum := make([]byte, size), uint64(0)
			for i := range want {
				want[i] = byte(i)
				sum += uint64(byte(i))
			}
			if got := fetch(t, client, fmt.Sprint(base, "/octets/", size)); !bytes.Equal(got, want) {
				t.Errorf("%d octets came, not those that were asked for", len(got))
			}
			r, err := client.Post(base+"/count", "application/octet-stream", bytes.NewReader(want))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r.Body)
			if want := fmt.Sprintf("%d octets, sum %d\n", size, sum); err != nil || string(got) != want {
				t.Errorf("the answer is %q, %v; want %q", got, err, want)
			}
			r.Body.Close()
			checkInside(t, client, "http://"+inside.Host.String())
		})
	}
}

// checkInside looks at what the program shows of itself after that.
func checkInside(t *testing.T, client *http.Client, base string) {
	var s debug.State
	if err := json.Unmarshal(fetch(t, client, base+"/debug/mirage/state"), &s); err != nil {
		t.Fatal(err)
	}
	if s.Program.OS != "mirage" || len(s.CPUs) == 0 || s.CPUs[0].Busy == 0 || s.Memory.Total == 0 || s.Go.Goroutines == 0 {
		t.Errorf("of the machine %+v %v %+v %+v are shown", s.Program, s.CPUs, s.Memory, s.Go)
	}
	if s.Sockets.States["LISTEN"] != 2 || s.Sockets.States["ESTAB"] == 0 {
		t.Errorf("the sockets are %+v", s.Sockets)
	}
	card := slices.IndexFunc(s.Interfaces, func(i debug.Interface) bool { return i.Name == "eth0" && i.RxBytes > 10_000_000 })
	if card < 0 || s.Counters["Tcp"]["PassiveOpens"] == 0 || s.Counters["TcpExt"]["TCPOrigDataSent"] == 0 || s.Counters["IpExt"]["InOctets"] < 10_000_000 {
		t.Errorf("the cards are %+v, the counters %v", s.Interfaces, s.Counters)
	}
	driver := slices.IndexFunc(s.Devices, func(d debug.Device) bool { return d.Driver == "virtio_net" })
	if driver < 0 || !slices.ContainsFunc(s.Interrupts, func(i debug.Interrupt) bool {
		return strings.Contains(i.What, s.Devices[driver].Place) && i.Counts[0] > 0
	}) {
		t.Errorf("the devices are %+v, the interrupts %+v", s.Devices, s.Interrupts)
	}
	var vars struct{ SNMP debug.Counters }
	if err := json.Unmarshal(fetch(t, client, base+"/debug/vars"), &vars); err != nil || vars.SNMP["Ip"]["InReceives"] == 0 {
		t.Errorf("the variables are %+v, %v", vars, err)
	}
	for _, path := range []string{"/debug/mirage/", "/debug/mirage/ss", "/debug/pprof/goroutine?debug=1"} {
		if len(fetch(t, client, base+path)) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}

// fetch gets a page, again and again while the machine is booting: QEMU takes connections before anybody listens.
func fetch(t *testing.T, client *http.Client, url string) []byte {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var r *http.Response
		if r, err = client.Get(url); err != nil {
			continue
		}
		var b []byte
		b, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err == nil && r.StatusCode == http.StatusOK {
			return b
		}
	}
	t.Fatalf("%s: %v", url, err)
	return nil
}
