//go:build linux && !mirage

package netstack

import (
	"crypto/rand"
	"errors"
	"internal/mirage/netstack/link/tap"
)

func open(c Config) (*Stack, error) {
	if c.Tap == "" {
		return nil, errors.New("netstack: Config names no tap device")
	}
	if c.MTU == 0 {
		c.MTU = 1500
	}
	if c.MAC == (MAC{}) {
		rand.Read(c.MAC[:])
		c.MAC[0] = c.MAC[0]&^1 | 2 // one station's, locally administered: IEEE 802 section 8.4
	}
	card, err := tap.Open(c.Tap, c.MAC, c.MTU)
	if err != nil {
		return nil, err
	}
	s, err := compose(c, card)
	if err != nil {
		card.Close()
		return nil, err
	}
	stop := s.close
	s.close = func() { card.Close(); stop() }
	return s, nil
}
