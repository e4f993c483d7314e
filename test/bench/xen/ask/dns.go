//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

const (
	questionFile = "/bench/queries.txt" // as dnsperf has it
	questions    = 30000
	underWay     = 100
	patience     = time.Second // after which those under way are lost
)

// Types of RFC 1035, section 3.2.2, and later ones.
var types = map[string]uint16{
	"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "DNAME": 39, "DS": 43, "ANY": 255,
}

// askDNS asks for names, underWay at a time, and wants each answered.
func askDNS(g guest) error {
	all, err := readQuestions(questionFile)
	if err != nil {
		return err
	}
	c, err := again(func() (net.Conn, error) { return answers(g.address, all[0]) })
	if err != nil {
		return err
	}
	defer c.Close()
	// The first seconds of a server are not measured.
	if _, err := ask(c, all[:len(all)/10]); err != nil {
		return err
	}
	return g.measured("dns", func() (int, float64, error) {
		lost, err := ask(c, all)
		if err == nil && lost > 0 {
			err = fmt.Errorf("%d of %d questions were not answered", lost, len(all))
		}
		return len(all), 0, err
	})
}

// answers connects to a server that answers.
func answers(address string, question []byte) (net.Conn, error) {
	c, err := net.Dial("udp", net.JoinHostPort(address, "53"))
	if err != nil {
		return nil, err
	}
	lost, err := ask(c, [][]byte{question})
	if err == nil && lost > 0 {
		err = errors.New("no answer")
	}
	if err != nil {
		c.Close()
	}
	return c, err
}

// ask asks questions, which are numbered from 0 on, and returns how many were not answered.
func ask(c net.Conn, all [][]byte) (lost int, err error) {
	open := make([]bool, len(all))
	asked, waiting := 0, 0
	answer := make([]byte, 4096)
	for asked < len(all) || waiting > 0 {
		for ; asked < len(all) && waiting < underWay; asked++ {
			if _, err := c.Write(all[asked]); err != nil {
				return 0, err
			}
			open[asked] = true
			waiting++
		}
		c.SetReadDeadline(time.Now().Add(patience))
		n, err := c.Read(answer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			lost, waiting = lost+waiting, 0
			continue
		} else if err != nil {
			return 0, err
		}
		if i := int(binary.BigEndian.Uint16(answer)); n >= 12 && answer[2]&0x80 != 0 && i < len(open) && open[i] {
			open[i] = false
			waiting = max(waiting-1, 0)
		}
	}
	return lost, nil
}

// readQuestions reads lines of names and types.
func readQuestions(file string) (all [][]byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() && len(all) < questions {
		name, typ, _ := strings.Cut(lines.Text(), " ")
		if types[typ] == 0 {
			return nil, fmt.Errorf("%s: no type %q", file, typ)
		}
		all = append(all, question(uint16(len(all)), name, types[typ]))
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		return nil, fmt.Errorf("%s: %d questions: %w", file, len(all), err)
	}
	return all, nil
}

// question makes a message: RFC 1035, section 4.
func question(id uint16, name string, typ uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	b = binary.BigEndian.AppendUint16(append(b, 0), typ)
	return binary.BigEndian.AppendUint16(b, 1)
}
