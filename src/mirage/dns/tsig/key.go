package tsig

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"mirage/dns"
)

// Algorithms that a Key may have (RFC 8945 section 6). SHA1 verifies what old servers send.
const (
	SHA1   dns.Name = "\x09hmac-sha1\x00"
	SHA256 dns.Name = "\x0bhmac-sha256\x00"
	SHA384 dns.Name = "\x0bhmac-sha384\x00"
	SHA512 dns.Name = "\x0bhmac-sha512\x00"
)

// A Key is a secret that has a name.
type Key struct {
	Name      dns.Name
	Algorithm dns.Name
	Secret    []byte
}

// Keys are the keys that a server knows.
type Keys []Key

// Find returns the key with which msg says it is signed, nil if there is none such, and whether msg says so at all.
func (k Keys) Find(msg []byte) (key *Key, signed bool) {
	r, err := find(msg)
	if err != nil || r == nil {
		return nil, false
	}
	for i := range k {
		if k[i].Name.Equal(r.name) && k[i].Algorithm.Equal(r.algorithm) && k[i].newHash() != nil {
			return &k[i], true
		}
	}
	return nil, true
}

// newHash returns a new HMAC, nil for an algorithm that is not known.
func (k *Key) newHash() hash.Hash {
	switch k.Algorithm.Lower() {
	case SHA1:
		return hmac.New(sha1.New, k.Secret)
	case SHA256:
		return hmac.New(sha256.New, k.Secret)
	case SHA384:
		return hmac.New(sha512.New384, k.Secret)
	case SHA512:
		return hmac.New(sha512.New, k.Secret)
	}
	return nil
}
