package dns

// An nsec3Chain is the NSEC3 records of a zone (RFC 5155).
type nsec3Chain struct {
	iterations uint16
	salt       []byte
	nodes      []uint32 // the names with NSEC3 records, in the order of their hashes
}

func (r *resolver) signed3() bool                                                       { return false }
func (ix *index) onlyNSEC3(n uint32, zone uint16) bool                                  { return false }
func (r *resolver) nsec3Delegation()                                                    {}
func (r *resolver) nsec3Wildcard(n uint32, name []byte)                                 {}
func (r *resolver) nsec3Authoritative(from, match, encloser uint32, name []byte) uint32 { return from }
func (r *resolver) nsec3NoData(n uint32)                                                {}
