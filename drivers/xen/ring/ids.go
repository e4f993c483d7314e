package ring

// IDs are the names of requests, from 0 on, of which each is out once or not at all.
type IDs struct{ out []bool }

// NewIDs returns n names, none of them out.
func NewIDs(n int) IDs { return IDs{make([]bool, n)} }

// Give takes the name of a request that is about to be made. One that is out is a bug of the driver.
func (s IDs) Give(id uint16) {
	if s.out[id] {
		panic("xen: the name of a request is used twice")
	}
	s.out[id] = true
}

// Return takes the name of a response, and reports whether it was out.
func (s IDs) Return(id uint16) bool {
	if int(id) >= len(s.out) || !s.out[id] {
		return false
	}
	s.out[id] = false
	return true
}
