package boot

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
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
			f := harness.Forward(t, "tcp", 80)
			c := m.Config(harness.Build(t, m.Arch, "./misc/examples/http"))
			c.Forwards = []vm.Forward{f}
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
		})
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
