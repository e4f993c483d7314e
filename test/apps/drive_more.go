package apps

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"mirage.build/test/harness"
)

// gRPC, SSH, WebSocket and MQTT.

const grpcurl = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"

// driveGRPC asks by reflection, so that the client knows no more than the server says.
func driveGRPC(m *machine) {
	m.t.Helper()
	client := install(m.t, host, grpcurl) + " -plaintext "
	m.up(client + "-connect-timeout 5 {at 50051} list")
	m.wants("helloworld.Greeter\n", client+"{at 50051} list")
	m.wants("rpc SayHello ( .helloworld.HelloRequest )", client+"{at 50051} describe helloworld.Greeter")
	m.wants(`"message": "Hello you"`, client+`-d {"name":"you"} {at 50051} helloworld.Greeter/SayHello`)
	m.wants(`"status": "SERVING"`, client+`-d {"service":"helloworld.Greeter"} {at 50051} grpc.health.v1.Health/Check`)
	large, _ := json.Marshal(map[string]string{"name": strings.Repeat("x", 2_000_000)})
	r, err := m.ask(large, client+"-d @ {at 50051} helloworld.Greeter/SayHello")
	if err != nil || len(r.out) < 2_000_000 {
		m.t.Errorf("a large call: %d octets, %v", len(r.out), err)
	}
}

// driveGRPCInterop runs the cases of gRPC's interoperability tests.
func driveGRPCInterop(m *machine) {
	m.t.Helper()
	client := install(m.t, host, "google.golang.org/grpc/interop/client@v1.85.0") + " -server_host 127.0.0.1 -server_port {port 10000} -test_case "
	m.up(client + "empty_unary")
	for _, name := range strings.Fields("large_unary client_streaming server_streaming ping_pong empty_stream timeout_on_sleeping_server" +
		" cancel_after_begin cancel_after_first_response status_code_and_message special_status_message unimplemented_method custom_metadata") {
		m.wants("", client+name)
	}
}

func sshFiles(m *machine) {
	for _, file := range []string{"etc/ssh/host_key", "client_key"} {
		m.write(file, "")
		os.Remove(filepath.Join(m.root, file))
		if _, err := m.ask(nil, "ssh-keygen -q -t ed25519 -f {root}/"+file+" -N", ""); err != nil {
			m.t.Fatal(err)
		}
	}
	public, err := os.ReadFile(filepath.Join(m.root, "client_key.pub"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("etc/ssh/authorized_keys", string(public))
}

const sshOptions = "-F none -i {root}/client_key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "

// driveSSH runs commands, moves files, and goes through a forwarded port to the server itself.
func driveSSH(m *machine) {
	m.t.Helper()
	const client = "ssh -p {port 22} " + sshOptions
	m.up(client + "me@127.0.0.1")
	r, err := m.ask(nil, client+"me@127.0.0.1 one two")
	if want := "user me, command [\"one\" \"two\"], terminal false \n"; r.out != want || r.code != 2 {
		m.t.Errorf("the answer is %q, code %d, %v; want %q, code 2", r.out, r.code, err, want)
	}
	m.wants("terminal true", client+"-tt me@127.0.0.1")
	blob := make([]byte, 5_000_000)
	rand.NewChaCha8([32]byte{1}).Read(blob)
	if r, err := m.ask(blob, client+"me@127.0.0.1 cat"); !bytes.HasSuffix([]byte(r.out), blob) {
		m.t.Errorf("%d octets came back of %d, %v", len(r.out), len(blob), err)
	}
	m.wants("SSH-2.0-", client+"-W 127.0.0.1:22 me@127.0.0.1")
	for _, cipher := range []string{"chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr"} {
		m.wants("user me", client+"-c "+cipher+" me@127.0.0.1")
	}
	dir := m.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "blob"), blob, 0o600); err != nil {
		m.t.Fatal(err)
	}
	batch := strings.ReplaceAll("put DIR/blob /tmp/blob\nget /tmp/blob DIR/back\nmkdir /tmp/d\nrename /tmp/blob /tmp/d/b\nls -l /tmp/d\nrm /tmp/d/b\nrmdir /tmp/d\n", "DIR", dir)
	if r, err := m.ask([]byte(batch), "sftp -P {port 22} "+sshOptions+"-b - me@127.0.0.1"); err != nil || !strings.Contains(r.out, "5000000") {
		m.t.Errorf("sftp: %v\n%s%s", err, r.out, r.err)
	}
	if back, err := os.ReadFile(filepath.Join(dir, "back")); !bytes.Equal(back, blob) {
		m.t.Errorf("%d octets came back of %d, %v", len(back), len(blob), err)
	}
}

// chatFiles takes the page that the server shows from its module.
func chatFiles(m *machine) {
	const module = "github.com/gorilla/websocket@v1.5.3"
	text, err := harness.Go(m.t, os.TempDir(), nil, "mod", "download", "-json", module).Output()
	var info struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(text, &info)
	}
	if err != nil {
		m.t.Fatalf("go mod download %s: %v", module, err)
	}
	page, err := os.ReadFile(filepath.Join(info.Dir, "examples", "chat", "home.html"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("home.html", string(page))
}

func driveChat(m *machine) {
	m.t.Helper()
	client := install(m.t, host, "./clients/websocket")
	m.up("curl -sS -f -m 5 http://{at 8080}/")
	m.wants("<title>Chat Example</title>", curl+"http://{at 8080}/")
	m.wants("ok\n", client+" -url ws://{at 8080}/ws")
}

func driveMQTT(m *machine) {
	m.t.Helper()
	client := install(m.t, host, "./clients/mqtt")
	m.up("curl -sS -f -m 5 http://{at 8080}/")
	m.wants("ok\n", client+" -broker tcp://{at 1883}")
	m.wants(`"version"`, curl+"http://{at 8080}/")
}
