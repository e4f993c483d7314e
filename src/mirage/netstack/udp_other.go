//go:build !mirage

package netstack

func (u *UDP) open(h Handler) error { return u.openSocket(h) }
