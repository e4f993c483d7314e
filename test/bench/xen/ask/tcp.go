//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
)

// tcpBytes go each way: so many that what a test begins and ends with does not count.
const tcpBytes = 512 << 20

// askTCP is iperf3's client, both ways: what is counted is what the receiver says.
func askTCP(g guest) error {
	for _, way := range []struct {
		name string
		args []string
	}{{"tcp-to-guest", nil}, {"tcp-from-guest", []string{"-R"}}} {
		// It listens when it has booted, and not for a moment behind each client. The first seconds are not measured.
		if _, err := again(func() (moved, error) { return iperf3(g.address, tcpBytes/16, way.args) }); err != nil {
			return err
		}
		err := g.measured(way.name, func() (int, float64, error) {
			m, err := again(func() (moved, error) { return iperf3(g.address, tcpBytes, way.args) })
			return m.Bytes, m.Seconds, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moved is what iperf3 says of a sum of streams.
type moved struct {
	Bytes   int     `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func iperf3(address string, n int, args []string) (moved, error) {
	out, err := exec.Command("/usr/bin/iperf3", append([]string{"-c", address, "-n", fmt.Sprint(n), "-J"}, args...)...).Output()
	if err != nil {
		return moved{}, fmt.Errorf("iperf3: %w\n%s", err, out)
	}
	var r struct {
		End struct {
			Received moved `json:"sum_received"`
		} `json:"end"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return moved{}, err
	}
	if m := r.End.Received; m.Bytes == 0 || m.Seconds == 0 {
		return m, fmt.Errorf("iperf3 says\n%s", out)
	}
	return r.End.Received, nil
}
