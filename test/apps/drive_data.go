package apps

import (
	"fmt"
	"net/smtp"
	"strings"
	"sync"
	"time"
)

// Servers that keep data on a disk: they have it after a restart.

// driveMail sends mails, eight at a time, to a server that keeps them in an SQLite database, with its log beside it (WAL).
func driveMail(m *machine) {
	m.t.Helper()
	const mails = 24
	m.up("curl -sS -f -m 5 http://{at 8025}/livez")
	work := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range work {
				text := fmt.Sprintf("Subject: mail %d\r\n\r\n%s\r\n", i, strings.Repeat("word ", 20_000))
				if err := smtp.SendMail(m.at("1025"), nil, "me@example.org", []string{"you@example.org"}, []byte(text)); err != nil {
					m.t.Errorf("mail %d: %v", i, err)
				}
			}
		})
	}
	for i := range mails {
		work <- i
	}
	close(work)
	all.Wait()
	for range 2 {
		m.wants(fmt.Sprintf(`"messages_count":%d,`, mails), curl+"http://{at 8025}/api/v1/messages?limit=1")
		m.wants(`"Subject":"mail 7"`, curl+"http://{at 8025}/api/v1/search?query=subject:%22mail+7%22")
		m.restart()
		m.up("curl -sS -f -m 5 http://{at 8025}/livez")
	}
}

// driveSeries gives a database of time series, whose files are mapped, 200,000 samples and asks for their number.
func driveSeries(m *machine) {
	m.t.Helper()
	const series, samples = 200, 1000
	m.up("curl -sS -f -m 5 http://{at 8428}/health")
	var text strings.Builder
	begin := time.Now().Add(-time.Hour).UnixMilli()
	for s := range series {
		var values, times []string
		for k := range int64(samples) {
			values, times = append(values, fmt.Sprint(k*int64(s))), append(times, fmt.Sprint(begin+k*3000))
		}
		fmt.Fprintf(&text, `{"metric":{"__name__":"m","i":"%d"},"values":[%s],"timestamps":[%s]}`+"\n", s, strings.Join(values, ","), strings.Join(times, ","))
	}
	if _, err := m.ask([]byte(text.String()), curl+"-f -X POST http://{at 8428}/api/v1/import -T -"); err != nil {
		m.t.Error(err)
	}
	m.up(curl + "-f http://{at 8428}/internal/force_flush")
	for range 2 {
		m.wants(fmt.Sprintf(`"%d"]`, series*samples), curl+"http://{at 8428}/api/v1/query?query=sum(count_over_time(m[3h]))", "-g")
		m.restart()
		m.up("curl -sS -f -m 5 http://{at 8428}/health")
	}
}

func caddyFiles(m *machine) {
	startBackend(m)
	m.write("www/text.txt", "a file of the root\n")
	m.write("etc/Caddyfile", `
{
	storage file_system /data/caddy
	skip_install_trust
}
https://localhost:8443 {
	tls internal
	root * /www
	file_server browse
	encode zstd gzip
}
:8080 {
	root * /www
	file_server
	reverse_proxy /behind/* {backend}
}
`)
}

// driveCaddy fetches files by three ways, and through the proxy; the certificate is the server's own, and the same after a restart.
func driveCaddy(m *machine) {
	m.t.Helper()
	const plain, secure = "http://{at 8080}", "https://localhost:{port 8443}"
	authority := ""
	for range 2 {
		m.up("curl -sS -f -k -m 5 " + secure + "/text.txt") // it makes or finds its certificate first
		m.wants("a file of the root\n", curl+plain+"/text.txt")
		m.wants("2", curl+"-k -o /dev/null -w %{http_version} "+secure+"/text.txt")
		m.wants("206", curl+"-k -r 0-9 --http1.1 -o /dev/null -w %{http_code} "+secure+"/text.txt")
		m.wants("text.txt", curl+"-k --compressed "+secure+"/")
		m.wants("404", curl+"-o /dev/null -w %{http_code} "+plain+"/nosuch")
		m.wants("behind GET /behind/a", curl+plain+"/behind/a")
		r, err := m.ask(nil, "openssl s_client -showcerts -servername localhost -connect {at 8443}")
		_, chain, _ := strings.Cut(r.out, " 1 s:") // behind the server's own, which is renewed by and by
		chain, _, ok := strings.Cut(chain, "END CERTIFICATE")
		if !ok || authority != "" && chain != authority {
			m.t.Errorf("the authority is another, or none: %v\n%s", err, tail(r.out, 2000))
		}
		authority = chain
		m.restart()
	}
}
