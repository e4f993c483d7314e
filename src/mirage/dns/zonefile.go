package dns

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
)

const (
	maxIncludes  = 10        // depth of $INCLUDE
	maxZoneFile  = 256 << 20 // bytes of a zone's files together
	maxZoneFiles = 10000
	defaultTTL   = 3600 // seconds, where neither the record, nor $TTL, nor a record before says one
)

// An Opener opens a file that $INCLUDE names.
type Opener func(name string) (io.ReadCloser, error)

// ReadZoneFile reads the zone file name of the operating system, as ReadZone does.
func ReadZoneFile(name string, origin Name) (*Zone, error) {
	open := func(name string) (io.ReadCloser, error) { return os.Open(name) }
	return readZoneFile(name, origin, open)
}

// ReadZoneFS reads the zone file name of fsys, as ReadZone does.
func ReadZoneFS(fsys fs.FS, name string, origin Name) (*Zone, error) {
	open := func(name string) (io.ReadCloser, error) { return fsys.Open(name) }
	return readZoneFile(name, origin, open)
}

func readZoneFile(name string, origin Name, open Opener) (*Zone, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadZone(f, name, origin, open)
}

// ReadZone reads a zone in master file format (RFC 1035 section 5) from r. Errors call the file name. Relative
// names are relative to origin until the first $ORIGIN or the SOA record, which names the zone; with origin "" they are an
// error until then. Files of $INCLUDE are opened with open, relative names relative to the file that
// includes; without open there are none.
//
// Besides RFC 1035 it reads $TTL (RFC 2308 section 4), TTLs with units (1h30m), data and types in the form of
// RFC 3597, and it lets $ORIGIN be relative.
func ReadZone(r io.Reader, name string, origin Name, open Opener) (*Zone, error) {
	f := &zoneFile{zone: &Zone{}, open: open, left: maxZoneFile, origin: origin, owner: origin}
	if err := f.read(r, name, 0); err != nil {
		return nil, err
	}
	if f.zone.apex == "" {
		return nil, &ZoneError{name, 0, errors.New("the zone has no SOA record")}
	}
	return f.zone, nil
}

// A zoneFile is the state of reading a zone, which $INCLUDE shares.
type zoneFile struct {
	zone   *Zone
	open   Opener
	left   int // bytes that may still be read
	origin Name
	stated bool // $ORIGIN has set it
	owner  Name // of the last record
	ttl    uint32
	ttlSet ttlSource
	scan   *scanner
	name   string // of the file being read
	data   []byte // reused
	depth  int
}

// A ttlSource is where a TTL for records without one comes from.
type ttlSource int

const (
	ttlNowhere ttlSource = iota
	ttlRecord            // RFC 1035 section 5.1: the last explicitly stated value
	ttlDefault           // $TTL, which stays until the next
)

// A countedReader takes what it reads off a budget.
type countedReader struct {
	r    io.Reader
	left *int
}

var errBigFile = errors.New("a zone's files are larger than 256 MiB together")

func (c countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if *c.left -= n; *c.left < 0 {
		return 0, errBigFile
	}
	return n, err
}

// byteOrderMark is what some editors put before a text in UTF-8 (RFC 3629 section 6).
const byteOrderMark = "\xef\xbb\xbf"

// withoutMark reads r from after its byte order mark, which would be taken for a part of the first name.
func withoutMark(r io.Reader) io.Reader {
	var b [len(byteOrderMark)]byte
	n, _ := io.ReadFull(r, b[:]) // an error comes again at the next read
	if string(b[:n]) == byteOrderMark {
		return r
	}
	return io.MultiReader(bytes.NewReader(b[:n]), r)
}

// read reads all of one file.
func (f *zoneFile) read(r io.Reader, name string, depth int) error {
	if len(f.zone.files) == maxZoneFiles {
		return errors.New("more than 10000 files are included")
	}
	file := uint16(len(f.zone.files))
	f.zone.files = append(f.zone.files, name)
	f.scan, f.name, f.depth = newScanner(countedReader{withoutMark(r), &f.left}), name, depth
	for {
		err := f.scan.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f.entry(file)
		}
		if err != nil {
			if _, ok := err.(*ZoneError); ok { // of an included file
				return err
			}
			return &ZoneError{name, f.scan.entry, err}
		}
	}
}

// entry takes in the entry that the scanner has read.
func (f *zoneFile) entry(file uint16) error {
	toks := f.scan.toks
	if first := toks[0]; !f.scan.blank && !first.quoted && len(first.text) > 1 && first.text[0] == '$' {
		return f.directive(upper(string(first.text)), toks[1:])
	}
	if !f.scan.blank {
		owner, err := appendName(nil, toks[0].text, f.origin)
		if err != nil {
			return errors.New("owner " + quote(toks[0].text) + ": " + err.Error())
		}
		f.owner, toks = Name(owner), toks[1:]
	}
	if f.owner == "" {
		return errors.New("the first record has no owner: begin the line with a name")
	}
	r := Record{Name: f.owner, Class: ClassIN}
	toks, err := f.prefix(&r, toks)
	if err != nil {
		return err
	}
	if r.Type == TypeSOA && !f.stated { // the caller may have had to guess which zone this is
		f.origin = f.owner
	}
	if f.data, err = appendData(f.data[:0], r.Type, toks, f.origin); err != nil {
		return err
	}
	r.Data = f.data
	return f.zone.add(r, position{file, uint32(f.scan.entry)})
}

// prefix reads [TTL] [class] type or [class] [TTL] type (RFC 1035 section 5.1) and returns the tokens behind it.
func (f *zoneFile) prefix(r *Record, toks []token) ([]token, error) {
	hasTTL, hasClass := false, false
	for i, t := range toks {
		word := string(t.text)
		if len(word) > 0 && isDigit(word[0]) {
			if hasTTL {
				return nil, errors.New(quote(t.text) + ": a second TTL, where a type is wanted")
			}
			ttl, err := parsePeriod(t.text)
			if err != nil {
				return nil, err
			}
			r.TTL, hasTTL = ttl, true
			continue
		}
		if c, ok := ParseClass(word); ok && !hasClass {
			r.Class, hasClass = c, true
			continue
		}
		typ, ok := ParseType(word)
		if !ok {
			return nil, errors.New(quote(t.text) + " is not a type; TYPEnnn writes those that have no name here")
		}
		r.Type = typ
		f.fillTTL(r, hasTTL)
		return toks[i+1:], nil
	}
	return nil, errors.New("a type is missing: write OWNER TTL IN TYPE DATA")
}

// fillTTL gives r a TTL if it states none, and remembers one that it states.
func (f *zoneFile) fillTTL(r *Record, stated bool) {
	switch {
	case stated && f.ttlSet != ttlDefault:
		f.ttl, f.ttlSet = r.TTL, ttlRecord
	case stated:
	case f.ttlSet == ttlNowhere:
		r.TTL = defaultTTL
	default:
		r.TTL = f.ttl
	}
}

func (f *zoneFile) directive(name string, args []token) error {
	if len(args) == 0 {
		return errors.New(name + ": an argument is missing")
	}
	most := 1
	switch name {
	case "$ORIGIN":
		origin, err := appendName(nil, args[0].text, f.origin)
		if err != nil {
			return errors.New("$ORIGIN " + quote(args[0].text) + ": " + err.Error())
		}
		f.origin, f.stated = Name(origin), true
	case "$TTL":
		ttl, err := parsePeriod(args[0].text)
		if err != nil {
			return errors.New("$TTL: " + err.Error())
		}
		f.ttl, f.ttlSet = ttl, ttlDefault
	case "$INCLUDE":
		if most = 2; len(args) <= most {
			return f.include(args)
		}
	default:
		return errors.New(name + " is not a directive: $ORIGIN, $TTL and $INCLUDE are")
	}
	if len(args) > most {
		return errors.New(name + ": " + quote(args[most].text) + " is too much")
	}
	return nil
}

// include reads the file that args names, with the origin that they name or the one of now. The origin of the
// including file stays (RFC 1035 section 5.1).
func (f *zoneFile) include(args []token) error {
	text, err := unescapeAll(args[0].text)
	if err != nil {
		return err
	}
	name, origin := string(text), f.origin
	if len(args) > 1 {
		n, err := appendName(nil, args[1].text, f.origin)
		if err != nil {
			return errors.New("$INCLUDE " + quote(args[1].text) + ": " + err.Error())
		}
		origin = Name(n)
	}
	if f.depth == maxIncludes {
		return errors.New("$INCLUDE goes deeper than " + strconv.Itoa(maxIncludes) + " files: does a file include itself?")
	}
	if f.open == nil {
		return errors.New("$INCLUDE: no files can be opened here")
	}
	if !path.IsAbs(name) {
		name = path.Join(path.Dir(f.name), name)
	}
	r, err := f.open(name)
	if err != nil {
		return errors.New("$INCLUDE: " + err.Error())
	}
	defer r.Close()
	outer := *f
	f.origin = origin
	err = f.read(r, name, outer.depth+1)
	f.origin, f.scan, f.name, f.depth = outer.origin, outer.scan, outer.name, outer.depth
	return err
}
