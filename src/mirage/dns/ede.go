package dns

// An extendedError says more than the rcode (RFC 8914), to clients that use EDNS.
type extendedError struct {
	set  bool
	code uint16 // RFC 8914 section 4
	text string
}

var (
	errExpansion        = extendedError{true, 0, "DNAME expansion became too large"}
	errCollision        = extendedError{true, 0, "NSEC3 hash collision"}
	errProhibited       = extendedError{true, 18, ""}
	errNotAuthoritative = extendedError{true, 20, ""}
	errNotSupported     = extendedError{true, 21, ""}
)

func (e *extendedError) len() int {
	if !e.set {
		return 0
	}
	return 6 + len(e.text)
}

func (e *extendedError) append(dst []byte) []byte {
	if !e.set {
		return dst
	}
	dst = appendBE16(appendBE16(dst, OptionError), uint16(2+len(e.text)))
	return append(appendBE16(dst, e.code), e.text...)
}
