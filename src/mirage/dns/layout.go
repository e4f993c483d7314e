package dns

// A layout says what a type's data is made of, in the order of both the wire and the zone file.
type layout struct {
	typ    Type
	name   string
	fields string // one of the field kinds below a field
}

// The kinds of fields. Those that take the rest of the data stand last.
const (
	fieldByte     = '1' // 8-bit number
	fieldShort    = '2' // 16-bit number
	fieldLong     = '4' // 32-bit number
	fieldPeriod   = 'P' // 32-bit number of seconds, written with units or not (1h30m)
	fieldDate     = 'D' // 32-bit time, written YYYYMMDDHHmmSS (RFC 4034 section 3.2)
	fieldName     = 'N' // name that answers may compress (the types of RFC 1035: RFC 3597 section 4)
	fieldFullName = 'n' // name that answers never compress
	fieldLiteral  = 'r' // name of DNSSEC's: never compressed, its case kept (RFC 6840 section 5.1)
	fieldA        = 'a' // IPv4 address
	fieldAAAA     = '6' // IPv6 address
	fieldString   = 's' // character string: length byte and as many bytes
	fieldStrings  = 'S' // character strings, one or more: the rest
	fieldOptional = 'o' // a last character string that may be left out
	fieldText     = 'T' // one text, without length byte: the rest
	fieldTag      = 'G' // character string of letters and digits (RFC 8659 section 4.1)
	fieldHex      = 'X' // hexadecimal, the rest
	fieldSalt     = 'x' // hexadecimal after a length byte, "-" for none (RFC 5155 section 3.3)
	fieldHash     = 'h' // base32 with extended hex alphabet after a length byte (RFC 5155 section 3.3)
	fieldBase64   = 'B' // base64, the rest
	fieldType     = 't' // a type
	fieldAlg      = 'g' // DNSSEC algorithm number or mnemonic
	fieldCert     = 'c' // certificate type (RFC 4398 section 2.1)
	fieldBitmap   = 'w' // types in windows (RFC 4034 section 4.1.2), the rest
	fieldNXT      = 'b' // types 1 to 127 as one bitmap (RFC 2535 section 5.2), the rest
	fieldEUI48    = 'e' // six bytes with dashes (RFC 7043)
	fieldEUI64    = 'E' // eight bytes with dashes (RFC 7043)
	fieldILNP     = 'i' // four groups of 16 bits with colons (RFC 6742)
	fieldNSAP     = 'q' // hexadecimal after 0x, dots anywhere (RFC 1706 section 5), the rest
	fieldLOC      = 'L' // a place on Earth (RFC 1876), the rest
	fieldAPL      = 'A' // address prefixes (RFC 3123), the rest
	fieldWKS      = 'K' // protocol and bitmap of ports (RFC 1035 section 3.4.2), the rest
	fieldGateway  = 'I' // gateway type, algorithm and gateway of IPSECKEY (RFC 4025 section 2.1)
	fieldHIP      = 'H' // lengths, identity tag, key and rendezvous servers of HIP (RFC 8005 section 5)
	fieldParams   = 'V' // service parameters (RFC 9460 section 2.2), the rest
)

// layouts holds the types whose data is more to us than bytes, the common ones first. Types not here are
// written as RFC 3597 has it.
var layouts = [...]layout{
	{TypeA, "A", "a"},
	{TypeAAAA, "AAAA", "6"},
	{TypeNS, "NS", "N"},
	{TypeCNAME, "CNAME", "N"},
	{TypeMX, "MX", "2N"},
	{TypeTXT, "TXT", "S"},
	{TypeSRV, "SRV", "222n"},
	{TypePTR, "PTR", "N"},
	{TypeRRSIG, "RRSIG", "tg1PDD2rB"},
	{TypeNSEC, "NSEC", "rw"},
	{TypeNSEC3, "NSEC3", "112xhw"},
	{TypeDS, "DS", "2g1X"},
	{TypeSOA, "SOA", "NN4PPPP"},
	{3, "MD", "n"}, // not compressed any more: what answers is meant to be what NSD answers
	{4, "MF", "n"},
	{TypeMB, "MB", "N"},
	{8, "MG", "N"},
	{9, "MR", "N"},
	{11, "WKS", "aK"},
	{TypeHINFO, "HINFO", "ss"},
	{14, "MINFO", "NN"},
	{TypeRP, "RP", "nn"},
	{TypeAFSDB, "AFSDB", "2n"},
	{TypeX25, "X25", "s"},
	{TypeISDN, "ISDN", "so"},
	{TypeRT, "RT", "2n"},
	{22, "NSAP", "q"},
	{24, "SIG", "tg1PDD2rB"},
	{25, "KEY", "21gB"},
	{26, "PX", "2nn"},
	{27, "GPOS", "sss"},
	{TypeLOC, "LOC", "L"},
	{30, "NXT", "nb"},
	{31, "EID", "X"},
	{32, "NIMLOC", "X"},
	{TypeNAPTR, "NAPTR", "22sssn"},
	{TypeKX, "KX", "2n"},
	{TypeCERT, "CERT", "c2gB"},
	{TypeDNAME, "DNAME", "n"},
	{TypeAPL, "APL", "A"},
	{TypeSSHFP, "SSHFP", "11X"},
	{TypeIPSECKEY, "IPSECKEY", "1IB"},
	{TypeDNSKEY, "DNSKEY", "21gB"},
	{TypeDHCID, "DHCID", "B"},
	{TypeNSEC3PARAM, "NSEC3PARAM", "112x"},
	{TypeTLSA, "TLSA", "111X"},
	{TypeSMIMEA, "SMIMEA", "111X"},
	{TypeHIP, "HIP", "H"},
	{56, "NINFO", "S"},
	{57, "RKEY", "21gB"},
	{58, "TALINK", "rr"},
	{TypeCDS, "CDS", "2g1X"},
	{TypeCDNSKEY, "CDNSKEY", "21gB"},
	{TypeOPENPGPKEY, "OPENPGPKEY", "B"},
	{62, "CSYNC", "42w"},
	{63, "ZONEMD", "411X"},
	{TypeSVCB, "SVCB", "2nV"},
	{TypeHTTPS, "HTTPS", "2nV"},
	{TypeSPF, "SPF", "S"},
	{104, "NID", "2i"},
	{105, "L32", "2a"},
	{106, "L64", "2i"},
	{107, "LP", "2n"},
	{TypeEUI48, "EUI48", "e"},
	{TypeEUI64, "EUI64", "E"},
	{TypeURI, "URI", "22T"},
	{TypeCAA, "CAA", "1GT"},
	{258, "AVC", "S"},
	{261, "RESINFO", "S"},
	{32768, "TA", "2g1X"},
	{32769, "DLV", "2g1X"},
}

// layout returns how t's data is laid out, nil when it is bytes to us.
func (t Type) layout() *layout {
	for i := range layouts {
		if layouts[i].typ == t {
			return &layouts[i]
		}
	}
	return nil
}

// names finds the names in data, well-formed wire data of type t, that stand for places in the tree: count of
// them in a row from offset at on, and whether answers may compress them.
func (t Type) names(data []byte) (at, count int, compress bool) {
	l := t.layout()
	if l == nil {
		return 0, 0, false
	}
	for i := 0; i < len(l.fields); i++ {
		switch f := l.fields[i]; f {
		case fieldByte:
			at++
		case fieldShort:
			at += 2
		case fieldString:
			at += 1 + int(data[at])
		case fieldName, fieldFullName:
			for i+count < len(l.fields) && l.fields[i+count] == f {
				count++
			}
			return at, count, f == fieldName
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}
