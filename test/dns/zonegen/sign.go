package zonegen

import (
	"bufio"
	"crypto/sha1"
	"encoding/base32"
	"fmt"
	"io"
	"mirage/dns"
	"slices"
	"strings"
)

// Denial says how a signed zone proves that something is not there.
type Denial struct {
	NSEC3      bool
	OptOut     bool // delegations without DS have no NSEC3 record
	Iterations int
	Salt       []byte
}

// Sign writes z as a signed zone. The signatures are made up: a server does not look at them. The proofs are as
// they must be.
func Sign(w io.Writer, z *dns.Zone, d Denial) error {
	s := &signer{w: bufio.NewWriter(w), zone: z, d: d, types: map[string][]dns.Type{}, names: map[string]dns.Name{}}
	s.collect()
	s.records()
	if d.NSEC3 {
		s.nsec3()
	} else {
		s.nsec()
	}
	return s.w.Flush()
}

type signer struct {
	w     *bufio.Writer
	zone  *dns.Zone
	d     Denial
	types map[string][]dns.Type // by name in lower case
	names map[string]dns.Name
	cuts  []dns.Name
	min   uint32
}

func key(n dns.Name) string { return string(n.Lower()) }

func (s *signer) collect() {
	for r := range s.zone.Records() {
		k := key(r.Name)
		s.names[k] = dns.Name(k)
		if !slices.Contains(s.types[k], r.Type) {
			s.types[k] = append(s.types[k], r.Type)
		}
		if r.Type == dns.TypeNS && !r.Name.Equal(s.zone.Origin()) {
			s.cuts = append(s.cuts, dns.Name(k))
		}
		if r.Type == dns.TypeSOA {
			s.min = r.TTL
		}
	}
}

// hidden reports whether n lies below a delegation.
func (s *signer) hidden(n dns.Name) bool {
	return slices.ContainsFunc(s.cuts, func(c dns.Name) bool { return n.Within(c) && !n.Equal(c) })
}

func (s *signer) isCut(n dns.Name) bool { return slices.ContainsFunc(s.cuts, n.Equal) }

// signs reports whether the set of type t at n has a signature.
func (s *signer) signs(n dns.Name, t dns.Type) bool {
	return !s.hidden(n) && (!s.isCut(n) || t == dns.TypeDS || t == dns.TypeNSEC)
}

func (s *signer) rrsig(n dns.Name, t dns.Type, ttl uint32) {
	labels := n.Labels()
	if strings.HasPrefix(string(n), "\x01*") {
		labels--
	}
	fmt.Fprintf(s.w, "%v %d IN RRSIG %v 13 %d %d 20380101000000 20200101000000 4711 %v %s\n", n, ttl, t, labels, ttl, s.zone.Origin(), strings.Repeat("c2lnbmF0", 6))
}

func (s *signer) records() {
	origin := s.zone.Origin()
	for r := range s.zone.Records() {
		if r.Type == dns.TypeSOA {
			fmt.Fprintln(s.w, r)
			fmt.Fprintf(s.w, "%v 3600 IN DNSKEY 257 3 13 a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5\n", origin)
			fmt.Fprintf(s.w, "%v 3600 IN DNSKEY 256 3 13 emtlemtlemtlemtlemtlemtlemtlemtl\n", origin)
			s.rrsig(origin, dns.TypeDNSKEY, 3600)
		}
	}
	done := map[string]bool{}
	for r := range s.zone.Records() {
		if r.Type != dns.TypeSOA {
			fmt.Fprintln(s.w, r)
		}
		if k := key(r.Name) + r.Type.String(); s.signs(r.Name, r.Type) && !done[k] {
			done[k] = true
			s.rrsig(r.Name, r.Type, r.TTL)
		}
	}
}

// bitmap returns the types of n as a denial lists them.
func (s *signer) bitmap(n dns.Name, extra ...dns.Type) string {
	types := append([]dns.Type(nil), extra...)
	signed := false
	for _, t := range s.types[key(n)] {
		if s.isCut(n) && t != dns.TypeNS && t != dns.TypeDS {
			continue
		}
		types = append(types, t)
		signed = signed || s.signs(n, t)
	}
	if n.Equal(s.zone.Origin()) {
		types = append(types, dns.TypeDNSKEY)
	}
	if signed && !slices.Contains(types, dns.TypeRRSIG) {
		types = append(types, dns.TypeRRSIG)
	}
	slices.Sort(types)
	var b strings.Builder
	for _, t := range types {
		fmt.Fprintf(&b, " %v", t)
	}
	return b.String()
}

func (s *signer) nsec() {
	var names []dns.Name
	for _, n := range s.names {
		if !s.hidden(n) {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, dns.Name.Compare)
	for i, n := range names {
		fmt.Fprintf(s.w, "%v %d IN NSEC %v%s\n", n, s.min, names[(i+1)%len(names)], s.bitmap(n, dns.TypeNSEC, dns.TypeRRSIG))
		s.rrsig(n, dns.TypeNSEC, s.min)
	}
}

// Hash returns n's hash as an NSEC3 record's owner has it.
func (d Denial) Hash(n dns.Name) string {
	sum := sha1.Sum(append([]byte(key(n)), d.Salt...))
	for range d.Iterations {
		sum = sha1.Sum(append(sum[:], d.Salt...))
	}
	return base32.HexEncoding.EncodeToString(sum[:])
}

func (s *signer) nsec3() {
	origin := s.zone.Origin()
	salt, flags := "-", 0
	if len(s.d.Salt) > 0 {
		salt = fmt.Sprintf("%x", s.d.Salt)
	}
	if s.d.OptOut {
		flags = 1
	}
	fmt.Fprintf(s.w, "%v 0 IN NSEC3PARAM 1 0 %d %s\n", origin, s.d.Iterations, salt)
	s.rrsig(origin, 51, 0)
	hashed := map[string]dns.Name{}
	for k, n := range s.names {
		if s.hidden(n) || s.d.OptOut && s.isCut(n) && !slices.Contains(s.types[k], dns.TypeDS) {
			continue
		}
		for ; n.Within(origin); n = n.Parent() { // empty non-terminals too
			hashed[s.d.Hash(n)] = n
			if n == dns.Root {
				break
			}
		}
	}
	var hashes []string
	for h := range hashed {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	for i, h := range hashes {
		n := hashed[h]
		var extra []dns.Type
		if n.Equal(origin) {
			extra = append(extra, 51)
		}
		owner := dns.MustParseName(h + "." + origin.String())
		fmt.Fprintf(s.w, "%v %d IN NSEC3 1 %d %d %s %s%s\n", owner, s.min, flags, s.d.Iterations, salt, hashes[(i+1)%len(hashes)], s.bitmap(n, extra...))
		s.rrsig(owner, dns.TypeNSEC3, s.min)
	}
}
