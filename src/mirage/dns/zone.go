package dns

import (
	"errors"
	"iter"
	"strconv"
)

// A Zone is a list of records, as read from a zone file or added one by one. Server.SetZones checks it as a
// whole and builds what it answers from; the Zone is not needed after that.
type Zone struct {
	apex  Name     // owner of the first SOA record
	files []string // of positions
	// Record after record: line (4 bytes), file (2), type (2), TTL (4), length of the data (2), owner, data. A
	// slice of Records would take three times as much, and the garbage collector would look at it.
	arena []byte
	count int
}

const (
	maxArena     = 1<<31 - 1<<18 // bytes of records of a zone, and of all that are served
	zoneEntryLen = 14
	noFile       = 0xffff // file of records that Add added
)

var (
	errClass   = errors.New("only records of class IN are served")
	errNotData = errors.New("questions, OPT and TSIG are not data of a zone")
	errBigZone = errors.New("more than 2 GiB of records")
)

// Origin returns the zone's name, which is its SOA record's owner; "" while there is no SOA.
func (z *Zone) Origin() Name { return z.apex }

// Len returns how many records there are.
func (z *Zone) Len() int { return z.count }

// Add adds a record. Whether it belongs in the zone is checked by Server.SetZones.
func (z *Zone) Add(r Record) error {
	if nameLen([]byte(r.Name)) != len(r.Name) {
		return errBadName
	}
	if len(r.Data) > 0xffff || !validData(r.Type, r.Data) {
		return errBadData
	}
	return z.add(r, position{noFile, 0})
}

// A position is where in a zone's files a record stands.
type position struct {
	file uint16
	line uint32
}

// add adds a record that is well-formed.
func (z *Zone) add(r Record, at position) error {
	switch {
	case r.Class != ClassIN:
		return errClass
	case r.Type == 0 || r.Type == TypeOPT || r.Type >= 249 && r.Type <= 255: // RFC 6895 section 3.1
		return errNotData
	case len(z.arena) > maxArena:
		return errBigZone
	}
	if r.Type == TypeSOA && z.apex == "" {
		z.apex = r.Name
	}
	b := appendBE16(appendBE32(z.arena, at.line), at.file)
	b = appendBE32(appendBE16(b, uint16(r.Type)), r.TTL)
	b = append(appendBE16(b, uint16(len(r.Data))), r.Name...)
	z.arena = append(b, r.Data...)
	z.count++
	return nil
}

// entry is a record in the arena.
type entry struct {
	at   position
	typ  Type
	ttl  uint32
	name []byte
	data []byte
}

// entry returns the record at off in the arena and the offset of the next.
func (z *Zone) entry(off int) (e entry, next int) {
	b := z.arena[off:]
	e.at = position{be16(b[4:]), be32(b)}
	e.typ, e.ttl = Type(be16(b[6:])), be32(b[8:])
	data := zoneEntryLen + nameLen(b[zoneEntryLen:])
	end := data + int(be16(b[12:]))
	e.name, e.data = b[zoneEntryLen:data], b[data:end]
	return e, off + end
}

// Records returns the records in their order. What they hold may be kept, but not changed.
func (z *Zone) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for off := 0; off < len(z.arena); {
			var e entry
			e, off = z.entry(off)
			if !yield(Record{Name(e.name), e.typ, ClassIN, e.ttl, e.data}) {
				return
			}
		}
	}
}

// A ZoneError is an error in a zone, with the place in a file where there is one.
type ZoneError struct {
	File string
	Line int // from 1; 0 for none
	Err  error
}

func (e *ZoneError) Error() string {
	switch {
	case e.File == "":
		return e.Err.Error()
	case e.Line == 0:
		return e.File + ": " + e.Err.Error()
	}
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Err.Error()
}

func (e *ZoneError) Unwrap() error { return e.Err }

// errorAt returns an error at a position.
func (z *Zone) errorAt(at position, text string) error {
	e := &ZoneError{Err: errors.New(text)}
	if int(at.file) < len(z.files) {
		e.File, e.Line = z.files[at.file], int(at.line)
	}
	return e
}
