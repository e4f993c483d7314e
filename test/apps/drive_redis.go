package apps

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Redis' protocol.

// say sends a text to a port of the machine and requires an answer that has wants in it, one after the other.
func (m *machine) say(port, text string, wants ...string) {
	m.t.Helper()
	c, err := net.Dial("tcp", m.at(port))
	if err != nil {
		m.t.Error(err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		m.t.Error(err)
		return
	}
	var heard []byte
	for _, want := range wants {
		if heard, err = hear(c, heard, want); err != nil {
			m.t.Errorf("port %s: %v, without %q, at %q", port, err, want, heard)
			return
		}
	}
}

// hear reads until want is there, after what has been heard, and returns what comes behind it.
func hear(r io.Reader, heard []byte, want string) ([]byte, error) {
	b := make([]byte, 4096)
	for {
		if _, rest, ok := strings.Cut(string(heard), want); ok {
			return []byte(rest), nil
		}
		n, err := r.Read(b)
		heard = append(heard, b[:n]...)
		if n == 0 && err != nil {
			return heard, err
		}
	}
}

// driveRedis speaks Redis' serialization protocol, many commands at once.
func driveRedis(m *machine) {
	m.t.Helper()
	command := func(words ...string) string {
		text := fmt.Sprintf("*%d\r\n", len(words))
		for _, w := range words {
			text += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
		}
		return text
	}
	m.eventually("PING", func() error {
		c, err := net.Dial("tcp", m.at("6379"))
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, command("PING"))
		_, err = hear(c, nil, "+PONG\r\n")
		return err
	})
	large := strings.Repeat("x", 1_000_000)
	m.say("6379", command("SET", "a", "some")+command("GET", "a")+command("GET", "b")+command("SET", "c")+command("QUIT"),
		"+OK\r\n", "$4\r\nsome\r\n", "$-1\r\n", "-ERR ", "+OK\r\n")
	m.say("6379", command("SET", "large", large)+command("GET", "large"), "+OK\r\n", "$1000000\r\n"+large+"\r\n")
	var pipeline strings.Builder
	var wants []string
	for i := range 1000 {
		pipeline.WriteString(command("SET", "n", fmt.Sprint(i)) + command("GET", "n"))
		wants = append(wants, "+OK\r\n", fmt.Sprintf("\r\n%d\r\n", i))
	}
	m.say("6379", pipeline.String(), wants...)
}
