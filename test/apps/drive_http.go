package apps

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Web servers: curl and wrk.

func driveHTTPBin(m *machine) {
	m.t.Helper()
	const base = "http://{at 8080}"
	m.up("curl -sS -f -m 5 " + base + "/status/200")
	m.wants(`"a": [`, curl+base+"/get?a=b")
	m.wants(`"data": "some text"`, curl+base+"/post -H Content-Type:text/plain -d", "some text")
	m.wants("418", curl+"-o /dev/null -w %{http_code} "+base+"/status/418")
	m.wants(`"gzipped": true`, curl+"--compressed "+base+"/gzip")
	m.wants(`/get"`, curl+"-L "+base+"/redirect/5")
	m.wants(`"authorized": true`, curl+"-u user:word "+base+"/basic-auth/user/word")
	m.wants(`"authorized": true`, curl+"--digest -u user:word "+base+"/digest-auth/auth/user/word")
	m.wants("100000", curl+"-o /dev/null -w %{size_download} "+base+"/bytes/100000")
	m.wants("10000", curl+"-o /dev/null -w %{size_download} "+base+"/drip?numbytes=10000&duration=1")
	m.wants("100", curl+"-r 100-199 -o /dev/null -w %{size_download} "+base+"/range/1024")
	if r, err := m.ask(nil, curl+"-N "+base+"/stream/7"); err != nil || strings.Count(r.out, "\n") != 7 {
		m.t.Errorf("a stream of 7 lines is %q, %v", r.out, err)
	}
	m.load(base + "/get")
}

func staticFiles(m *machine) { m.write("static/text.txt", "a file of the root\n") }

// driveFramework drives the same small service, which echo, chi and gin have each.
func driveFramework(m *machine) {
	m.t.Helper()
	const base = "http://{at 8080}"
	m.up("curl -sS -f -m 5 " + base + "/hello/you")
	m.wants("hello wörld\n", curl+base+"/hello/w%C3%B6rld")
	m.wants(`{"name":"nut","count":4}`, curl+"-H Content-Type:application/json "+base+"/items -d", `{"name":"nut","count":3}`)
	m.wants("400", curl+"-o /dev/null -w %{http_code} -H Content-Type:application/json "+base+"/items -d", `{"name":`)
	m.wants("a file of the root\n", curl+"--compressed "+base+"/files/text.txt")
	m.wants("404", curl+"-o /dev/null -w %{http_code} "+base+"/files/nosuch")
	m.wants("500", curl+"-o /dev/null -w %{http_code} "+base+"/panic")
	m.load(base + "/hello/wrk")
}

// load has wrk ask for three seconds. All that is asked is answered, and as it should be.
func (m *machine) load(url string) {
	m.t.Helper()
	r, err := m.ask(nil, "wrk -t1 -c16 -d3s --timeout 30s "+url)
	if err != nil || strings.Contains(r.out, "Socket errors") || strings.Contains(r.out, "Non-2xx") || strings.Contains(r.out, "\n  0 requests") {
		m.t.Errorf("wrk %s: %v\n%s", m.expand(url), err, r.out)
	}
	m.t.Log(strings.TrimSpace(r.out))
}

// driveMetrics asks for the metrics of a program: the process collector reads /proc/self, the Go collector the runtime.
func driveMetrics(m *machine) {
	m.t.Helper()
	const url = "http://{at 8080}/metrics"
	m.up("curl -sS -f -m 5 " + url)
	for _, name := range []string{
		"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
		"process_max_fds", "process_start_time_seconds", "process_network_receive_bytes_total", "go_goroutines", "go_memstats_heap_alloc_bytes",
		"go_gc_duration_seconds_count", "go_threads", "go_info{version=",
	} {
		m.wants("\n"+name, curl+url)
	}
}

// startBackend starts a web server of the host for a proxy in the machine.
func startBackend(m *machine) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			w.Write(make([]byte, 5_000_000))
			return
		}
		fmt.Fprintf(w, "behind %s %s, for %s of %s\n", r.Method, r.URL.Path, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Host"))
	}))
	m.t.Cleanup(s.Close)
	m.words["{backend}"] = strings.Replace(s.URL, "127.0.0.1", "10.0.2.2", 1) // QEMU's name for the host
}

func driveProxy(m *machine) {
	m.t.Helper()
	const base = "http://{at 8080}"
	m.up("curl -sS -f -m 5 " + base + "/")
	m.wants("behind GET /a/b, for 10.0.2.2 of {at 8080}", curl+base+"/a/b")
	m.wants("behind POST /", curl+"-d some "+base+"/")
	m.wants("5000000", curl+"-o /dev/null -w %{size_download} "+base+"/large")
	m.load(base + "/")
}
