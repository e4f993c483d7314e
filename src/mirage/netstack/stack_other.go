//go:build !linux && !mirage

package netstack

import "errors"

func open(Config) (*Stack, error) {
	return nil, errors.New("netstack: a stack of one's own needs Linux's tap devices")
}
