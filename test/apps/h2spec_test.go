package apps

import (
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHTTP2Conformance has h2spec judge net/http in an image and the same program on Linux. No case may be worse.
func TestHTTP2Conformance(t *testing.T) {
	if !*all {
		t.Skip("not one of the sample: -all runs it")
	}
	h2spec := install(t, host, "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible")
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			a := app{pkg: "./web", ports: "8080 8443", files: tlsFiles}
			m := boot(t, install(t, arch, a.pkg), a)
			m.up("curl -sS -f -m 5 " + ca + "https://{at 8443}/")
			ours := judge(t, h2spec, m.hostPort("8443"))
			linux := judge(t, h2spec, serveOnLinux(m))
			passed := 0
			for name, ok := range ours {
				if ok {
					passed++
				} else if linux[name] {
					t.Errorf("%s: fails, and passes on Linux", name)
				}
			}
			if len(ours) != len(linux) || len(ours) < 100 {
				t.Errorf("%d cases, and %d on Linux", len(ours), len(linux))
			}
			t.Logf("h2spec: %d of %d cases pass", passed, len(ours))
		})
	}
}

// serveOnLinux runs the program web on this host with the certificate of m and returns the port that it serves.
func serveOnLinux(m *machine) string {
	m.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		m.t.Fatal(err)
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	tls := filepath.Join(m.root, "etc", "tls")
	cmd := exec.Command(install(m.t, host, "./web"), "-plain", "127.0.0.1:0", "-secure", "127.0.0.1:"+port,
		"-cert", filepath.Join(tls, "cert.pem"), "-key", filepath.Join(tls, "key.pem"))
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	m.up("curl -sS -f -m 5 " + ca + "https://127.0.0.1:" + port + "/")
	return port
}

// judge runs h2spec and returns its cases: whether each passes.
func judge(t *testing.T, h2spec, port string) map[string]bool {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.xml")
	// Its exit code says that some case failed, which net/http has everywhere.
	text, err := exec.Command(h2spec, "-h", "127.0.0.1", "-p", port, "-t", "-k", "-o", "10", "-j", report).CombinedOutput()
	b, failed := os.ReadFile(report)
	if failed != nil {
		t.Fatalf("h2spec: %v, %v\n%s", err, failed, text)
	}
	var all struct {
		Suites []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string    `xml:"classname,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			name := s.Name + ": " + c.Name
			for i := 2; ; i++ {
				if _, twice := cases[name]; !twice {
					break
				}
				name = fmt.Sprintf("%s: %s (%d)", s.Name, c.Name, i)
			}
			cases[name] = c.Failure == nil && c.Error == nil
		}
	}
	return cases
}
