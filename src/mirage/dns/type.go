package dns

import "strconv"

// A Type is a record's or a question's type; the numbers are IANA's.
type Type uint16

const (
	TypeA          Type = 1
	TypeNS         Type = 2
	TypeCNAME      Type = 5
	TypeSOA        Type = 6
	TypeMB         Type = 7
	TypePTR        Type = 12
	TypeHINFO      Type = 13
	TypeMX         Type = 15
	TypeTXT        Type = 16
	TypeRP         Type = 17
	TypeAFSDB      Type = 18
	TypeX25        Type = 19
	TypeISDN       Type = 20
	TypeRT         Type = 21
	TypeAAAA       Type = 28
	TypeLOC        Type = 29
	TypeSRV        Type = 33
	TypeNAPTR      Type = 35
	TypeKX         Type = 36
	TypeCERT       Type = 37
	TypeDNAME      Type = 39
	TypeOPT        Type = 41
	TypeAPL        Type = 42
	TypeDS         Type = 43
	TypeSSHFP      Type = 44
	TypeIPSECKEY   Type = 45
	TypeRRSIG      Type = 46
	TypeNSEC       Type = 47
	TypeDNSKEY     Type = 48
	TypeDHCID      Type = 49
	TypeNSEC3      Type = 50
	TypeNSEC3PARAM Type = 51
	TypeTLSA       Type = 52
	TypeSMIMEA     Type = 53
	TypeHIP        Type = 55
	TypeCDS        Type = 59
	TypeCDNSKEY    Type = 60
	TypeOPENPGPKEY Type = 61
	TypeSVCB       Type = 64
	TypeHTTPS      Type = 65
	TypeSPF        Type = 99
	TypeEUI48      Type = 108
	TypeEUI64      Type = 109
	TypeTSIG       Type = 250
	TypeIXFR       Type = 251
	TypeAXFR       Type = 252
	TypeANY        Type = 255
	TypeURI        Type = 256
	TypeCAA        Type = 257
)

// A Class is a record's or a question's class.
type Class uint16

const (
	ClassIN   Class = 1
	ClassCH   Class = 3
	ClassHS   Class = 4
	ClassNONE Class = 254
	ClassANY  Class = 255
)

// An Opcode is what a message asks for (RFC 1035 section 4.1.1).
type Opcode uint8

const (
	OpcodeQuery  Opcode = 0
	OpcodeStatus Opcode = 2
	OpcodeNotify Opcode = 4
	OpcodeUpdate Opcode = 5
)

// An Rcode is how a query went; those above 15 need EDNS (RFC 6891 section 6.1.3).
type Rcode uint16

const (
	RcodeSuccess        Rcode = 0
	RcodeFormatError    Rcode = 1
	RcodeServerFailure  Rcode = 2
	RcodeNameError      Rcode = 3 // NXDOMAIN
	RcodeNotImplemented Rcode = 4
	RcodeRefused        Rcode = 5
	RcodeYXDomain       Rcode = 6
	RcodeNotAuth        Rcode = 9
	RcodeBadVersion     Rcode = 16
)

// String returns t's mnemonic, or TYPEnnn (RFC 3597 section 5).
func (t Type) String() string {
	if l := t.layout(); l != nil {
		return l.name
	}
	for _, q := range questionTypes {
		if q.typ == t {
			return q.name
		}
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// ParseType returns the type that text names, in any case; TYPEnnn names any.
func ParseType(text string) (Type, bool) {
	name := upper(text)
	for i := range layouts {
		if layouts[i].name == name {
			return layouts[i].typ, true
		}
	}
	for _, q := range questionTypes {
		if q.name == name {
			return q.typ, true
		}
	}
	n, ok := numbered(name, "TYPE")
	return Type(n), ok
}

// String returns c's mnemonic, or CLASSnnn (RFC 3597 section 5).
func (c Class) String() string {
	for _, k := range classes {
		if k.class == c {
			return k.name
		}
	}
	return "CLASS" + strconv.Itoa(int(c))
}

// ParseClass returns the class that text names, in any case; CLASSnnn names any.
func ParseClass(text string) (Class, bool) {
	text = upper(text)
	for _, k := range classes {
		if k.name == text {
			return k.class, true
		}
	}
	n, ok := numbered(text, "CLASS")
	return Class(n), ok
}

var classes = []struct {
	class Class
	name  string
}{{ClassIN, "IN"}, {2, "CS"}, {ClassCH, "CH"}, {ClassHS, "HS"}, {ClassNONE, "NONE"}, {ClassANY, "ANY"}}

// questionTypes are types that no zone holds, but that questions and additional sections have.
var questionTypes = []struct {
	typ  Type
	name string
}{
	{TypeOPT, "OPT"}, {249, "TKEY"}, {TypeTSIG, "TSIG"}, {TypeIXFR, "IXFR"}, {TypeAXFR, "AXFR"},
	{253, "MAILB"}, {254, "MAILA"}, {TypeANY, "ANY"},
}

// numbered returns n of a text that is prefix and n.
func numbered(text, prefix string) (uint16, bool) {
	if len(text) <= len(prefix) || text[:len(prefix)] != prefix {
		return 0, false
	}
	n, err := strconv.ParseUint(text[len(prefix):], 10, 16)
	return uint16(n), err == nil
}

// upper returns s with ASCII letters in upper case.
func upper(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i]-'a' <= 'z'-'a' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i]-'a' <= 'z'-'a' {
					b[i] -= 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
