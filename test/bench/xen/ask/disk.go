//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
)

// askDisk has the guest measure its disk.
func askDisk(g guest) error {
	c, err := again(func() (net.Conn, error) { return net.Dial("tcp", net.JoinHostPort(g.address, "5001")) })
	if err != nil {
		return err
	}
	defer c.Close()
	lines := bufio.NewReader(c)
	for _, name := range []string{"write", "read", "randomwrite", "randomread"} {
		err := g.measured("disk-"+name, func() (moved int, _ float64, err error) {
			fmt.Fprintln(c, name)
			line, err := lines.ReadString('\n')
			if err != nil {
				return 0, 0, err
			}
			if _, err := fmt.Sscanf(line, "%d bytes", &moved); err != nil {
				return 0, 0, errors.New(line)
			}
			return moved, 0, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
