package xen

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mirage.build/test/harness"
)

// mirageRun is `mirage run` with the flags.
func mirageRun(t *testing.T, args ...string) *exec.Cmd {
	return exec.Command(filepath.Join(harness.Root(t), "bin/mirage"), append([]string{"run", "-timeout", timeLimit.String()}, args...)...)
}

// `mirage run -platform xen` is like other platforms: output, arguments and the exit code come through.
func TestRunCommand(t *testing.T) {
	packagesOf(t, "arm64")
	var out, errs bytes.Buffer
	cmd := mirageRun(t, "-platform", "xen", harness.Build(t, "arm64", "./test/guest/probe"), "exit", "3")
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 3 || out.String() != "out\nerr\n" {
		t.Errorf("exit code %d, output %q\n%s", code, out.String(), errs.String())
	}
}

// A port of the host leads to the guest, and a signal asks it to end.
func TestRunForward(t *testing.T) {
	packagesOf(t, "amd64")
	port := strconv.Itoa(int(harness.FreePort(t).Port()))
	cmd := mirageRun(t, "-platform", "xen", "-m", "32", "-p", port+":80", harness.Build(t, "amd64", "./misc/examples/http"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	body := 0
	for body == 0 {
		select {
		case err := <-ended:
			t.Fatalf("it has ended: %v\n%s", err, out.String())
		case <-time.After(time.Second): // it boots
			body = octetsFrom("http://127.0.0.1:" + port + "/octets/100000")
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	<-ended
	if code := cmd.ProcessState.ExitCode(); body != 100000 || code != 128+int(syscall.SIGTERM) || !strings.Contains(out.String(), "listening on") {
		t.Errorf("%d octets came, exit code %d\n%s", body, code, out.String())
	}
}

// octetsFrom is how many octets come.
func octetsFrom(url string) int {
	client := http.Client{Timeout: time.Minute}
	r, err := client.Get(url)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return len(b)
}
