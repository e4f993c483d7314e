// Xsystcp has a connection with itself by golang.org/x/sys/unix alone: there is TCP without package net.
package main

import (
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(); err != nil {
		os.Stderr.WriteString("xsystcp: " + err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("xsystcp: hello\n")
}

func run() error {
	at := &unix.SockaddrInet4{Port: 80, Addr: [4]byte{127, 0, 0, 1}}
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	if err := unix.Bind(l, at); err != nil {
		return err
	}
	if err := unix.Listen(l, 1); err != nil {
		return err
	}
	c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	if err := unix.Connect(c, at); err != nil {
		return err
	}
	s, _, err := unix.Accept(l)
	if err != nil {
		return err
	}
	if _, err := unix.Write(c, []byte("hello")); err != nil {
		return err
	}
	b := make([]byte, 5)
	n, err := unix.Read(s, b)
	if err == nil && string(b[:n]) != "hello" {
		err = unix.EPROTO
	}
	return err
}
