//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
)

// tcpBytes go each way.
const tcpBytes = 64 << 20

// askTCP is iperf3's client, both ways: what is counted is what the receiver says.
func askTCP(g guest) error {
	c, err := again(func() (net.Conn, error) { return net.Dial("tcp", net.JoinHostPort(g.address, "5201")) })
	if err != nil {
		return err
	}
	c.Close()
	for _, way := range []struct{ name, flag string }{{"tcp-to-guest", ""}, {"tcp-from-guest", "-R"}} {
		if err := g.measured(way.name, func() (int, float64, error) { return iperf3(g.address, way.flag) }); err != nil {
			return err
		}
	}
	return nil
}

func iperf3(address, flag string) (count int, seconds float64, err error) {
	args := []string{"-c", address, "-n", fmt.Sprint(tcpBytes), "-J"}
	if flag != "" {
		args = append(args, flag)
	}
	out, err := exec.Command("iperf3", args...).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("iperf3: %w\n%s", err, out)
	}
	var r struct {
		End struct {
			Received struct {
				Bytes   int     `json:"bytes"`
				Seconds float64 `json:"seconds"`
			} `json:"sum_received"`
		} `json:"end"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return 0, 0, err
	}
	if r.End.Received.Bytes == 0 || r.End.Received.Seconds == 0 {
		return 0, 0, fmt.Errorf("iperf3 says\n%s", out)
	}
	return r.End.Received.Bytes, r.End.Received.Seconds, nil
}
