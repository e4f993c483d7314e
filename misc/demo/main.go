// Command demo is what `./make.bash demo` runs when the toolchain is built: it installs QEMU if it is missing, and for
// each architecture builds the DNS example, boots it with a forwarded UDP port, asks it, and prints the answer.
//
// It is a program of mirage's own toolchain: it asks with the package that also answers, mirage/dns.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"mirage/dns"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"mirage.build/misc/vm"
)

const (
	example  = "./misc/examples/dns"
	question = "www.mirage.test."
	patience = time.Minute // for a machine to boot and answer, emulated on a busy host
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("demo: ")
	dir, err := os.MkdirTemp("", "mirage-")
	if err != nil {
		log.Fatal(err)
	}
	err = demo(dir)
	os.RemoveAll(dir)
	if err != nil {
		log.Fatal(err)
	}
}

func demo(dir string) error {
	if err := needQEMU(); err != nil {
		return err
	}
	for _, arch := range []string{"amd64", "arm64"} {
		image := filepath.Join(dir, "dns-"+arch)
		if err := build(image, arch); err != nil {
			return fmt.Errorf("building %s for %s: %w", example, arch, err)
		}
		if err := bootAndAsk(image, arch); err != nil {
			return fmt.Errorf("%s: %w", arch, err)
		}
	}
	return nil
}

// needQEMU installs QEMU if an architecture's is missing.
func needQEMU() error {
	if missing() == nil {
		return nil
	}
	commands := vm.InstallCommands()
	if commands == nil {
		return missing()
	}
	for _, c := range commands {
		log.Printf("QEMU is missing. Running: %s", c)
		cmd := exec.Command("sh", "-c", c)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return missing()
}

func missing() error {
	_, amd64 := vm.Find("amd64")
	_, arm64 := vm.Find("arm64")
	return errors.Join(amd64, arm64)
}

// build builds the example as anybody would.
func build(image, arch string) error {
	cmd := exec.Command("bin/go", "build", "-o", image, example)
	cmd.Env = append(os.Environ(), "GOOS=mirage", "GOARCH="+arch)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// bootAndAsk boots the image and prints what it answers.
func bootAndAsk(image, arch string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	var out, errs bytes.Buffer
	c := vm.Config{
		Image: image, Arch: arch, Memory: 64, Stdout: &out, Stderr: &errs, TimeLimit: 2 * patience,
		Forwards: []vm.Forward{{Host: port, Guest: 53, UDP: true}},
		Notice:   func(s string) { log.Print(s) },
	}
	log.Printf("booting %s on %s in QEMU, with UDP port 53 as %v here", example, arch, port)
	m, err := c.Start()
	if err != nil {
		return err
	}
	start := time.Now()
	answer, err := ask(port)
	took := time.Since(start)
	m.Stop()
	m.Wait()
	if err != nil {
		return fmt.Errorf("%w; the machine said:\n%s%s", err, &out, &errs)
	}
	fmt.Printf("%s answered after %d ms:\n", arch, took.Milliseconds())
	for _, r := range answer.Answers {
		fmt.Println("   ", r)
	}
	return nil
}

// freePort returns a UDP port of this host that nobody uses.
func freePort() (netip.AddrPort, error) {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer c.Close()
	return netip.ParseAddrPort(c.LocalAddr().String())
}

// ask sends the question until there is an answer: what comes before the server is up is lost.
func ask(server netip.AddrPort) (*dns.Message, error) {
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	query := dns.Message{
		Header:    dns.Header{ID: uint16(rand.Uint32())},
		Questions: []dns.Question{{Name: dns.MustParseName(question), Type: dns.TypeA, Class: dns.ClassIN}},
	}
	packet, err := query.Append(nil)
	if err != nil {
		return nil, err
	}
	reply := make([]byte, 512)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		c.Write(packet)
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		n, err := c.Read(reply)
		if err != nil {
			continue
		}
		answer, err := dns.ParseMessage(reply[:n])
		if err != nil {
			return nil, err
		}
		if answer.ID != query.ID {
			continue
		}
		if answer.Rcode != dns.RcodeSuccess || len(answer.Answers) == 0 {
			return nil, fmt.Errorf("no address for %s: response code %d", question, answer.Rcode)
		}
		return answer, nil
	}
	return nil, fmt.Errorf("no answer in %v", patience)
}
