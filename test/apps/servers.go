package apps

// An app is a server and how it is driven.
type app struct {
	name   string
	pkg    string           // PATH@VERSION, or ./NAME in programs
	args   []string         // with {at PORT} and the like put in
	env    []string         // NAME=VALUE
	memory int              // MiB; default 256
	disk   bool             // it has a FAT volume at /data
	ports  string           // of the machine, that are forwarded: "80 53/udp"
	files  func(m *machine) // writes the files of its root
	drive  func(m *machine) // is the client
	sample string           // the architecture on which it is part of the run without -all
}

// servers are all that are driven.
var servers = []app{
	{name: "coredns", pkg: "github.com/coredns/coredns@v1.15.0", memory: 512, ports: "53 53/udp 8080 9153",
		args: []string{"-conf", "/etc/Corefile"}, files: corednsFiles, drive: driveCoreDNS},
	{name: "httpbin", pkg: "github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin@v2.26.0", ports: "8080",
		args: []string{"-host", "0.0.0.0"}, drive: driveHTTPBin, sample: "amd64"},
	{name: "echo", pkg: "./echo", ports: "8080", files: staticFiles, drive: driveFramework},
	{name: "chi", pkg: "./chi", ports: "8080", files: staticFiles, drive: driveFramework, sample: "arm64"},
	{name: "gin", pkg: "./gin", ports: "8080", files: staticFiles, drive: driveFramework},
	{name: "grpc", pkg: "./grpc", ports: "50051", drive: driveGRPC},
	{name: "grpc-interop", pkg: "google.golang.org/grpc/interop/server@v1.85.0", ports: "10000", drive: driveGRPCInterop},
	{name: "ssh", pkg: "./ssh", ports: "22", files: sshFiles, drive: driveSSH},
	{name: "chat", pkg: "github.com/gorilla/websocket/examples/chat@v1.5.3", ports: "8080", files: chatFiles, drive: driveChat},
	{name: "proxy", pkg: "./proxy", ports: "8080", files: startBackend, args: []string{"-to", "{backend}"}, drive: driveProxy},
	{name: "mochi", pkg: "github.com/mochi-mqtt/server/v2/cmd@v2.7.9", ports: "1883 8080", drive: driveMQTT, sample: "amd64"},
	{name: "redcon", pkg: "./redcon", ports: "6379", drive: driveRedis},
	{name: "prometheus-client", pkg: "github.com/prometheus/client_golang/examples/simple@v1.25.0", ports: "8080", drive: driveMetrics},
	{name: "net-http", pkg: "./web", ports: "8080 8443", files: tlsFiles, drive: driveWeb},
	{name: "quic-go", pkg: "github.com/quic-go/quic-go/example@v0.65.0", ports: "6121 6121/udp",
		args:  []string{"-bind", "0.0.0.0:6121", "-tcp", "-www", "/www", "-cert", "/etc/tls/cert.pem", "-key", "/etc/tls/key.pem"},
		files: quicFiles, drive: driveHTTP3},
	{name: "mailpit", pkg: "github.com/axllent/mailpit@v1.33.1", disk: true, ports: "8025 1025",
		args: []string{"-d", "/data/mail.db"}, drive: driveMail},
	{name: "victoria-metrics", pkg: "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics@v1.151.0", disk: true, ports: "8428",
		args: []string{"-storageDataPath=/data/metrics"}, drive: driveSeries},
	{name: "caddy", pkg: "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9", disk: true, ports: "8080 8443",
		args: []string{"run", "--config", "/etc/Caddyfile", "--adapter", "caddyfile"}, files: caddyFiles, drive: driveCaddy},
}
