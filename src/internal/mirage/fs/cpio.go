package fs

import (
	"internal/mirage/inflate"
	"internal/mirage/linuxabi/linux"
)

// The cpio format of an initrd (Documentation/driver-api/early-userspace/buffer-format.rst): archives in newc form,
// each with a trailer, one after another, with any number of zero bytes between and after them. Each may be compressed
// with gzip.

const (
	headerSize = 110 // magic and thirteen fields of eight hexadecimal digits
	trailer    = "TRAILER!!!"
	// maxMembers bounds what one image can make; each member costs nodeCost besides.
	maxMembers = 1 << 20
)

// A FormatError says what is wrong with an initrd, and where.
type FormatError struct {
	Offset int // bytes from the image's beginning
	What   string
}

func (e *FormatError) Error() string { return e.What }

// A member is one file of an archive.
type member struct {
	offset                        int
	ino, mode, uid, gid, nlink    uint32
	mtime, devmajor, devminor     uint32
	rdevmajor, rdevminor, checked uint32
	crc                           bool // magic 070702: checked is the sum of the data's bytes
	name                          string
	data                          []byte
}

// reader reads the members of an image.
type reader struct {
	image []byte
	at    int
}

func (r *reader) fail(what string) error { return &FormatError{r.at, what} }

// next returns the next member, nil at the end of the image and before what is compressed. A trailer is a member too.
func (r *reader) next() (*member, error) {
	for r.at < len(r.image) && r.image[r.at] == 0 {
		r.at++
	}
	if r.at == len(r.image) || inflate.IsGzip(r.image[r.at:]) {
		return nil, nil
	}
	if len(r.image)-r.at < headerSize {
		return nil, r.fail(notCpio(r.image[r.at:]))
	}
	m := &member{offset: r.at}
	switch string(r.image[r.at : r.at+6]) {
	case "070701":
	case "070702":
		m.crc = true
	default:
		return nil, r.fail(notCpio(r.image[r.at:]))
	}
	var size, nameSize uint32
	fields := [...]*uint32{&m.ino, &m.mode, &m.uid, &m.gid, &m.nlink, &m.mtime, &size, &m.devmajor, &m.devminor,
		&m.rdevmajor, &m.rdevminor, &nameSize, &m.checked}
	for i, p := range fields {
		v, ok := hex8(r.image[r.at+6+8*i:])
		if !ok {
			return nil, r.fail("a header field is not hexadecimal")
		}
		*p = v
	}
	return m, r.body(m, int64(size), int64(nameSize))
}

// body reads the name and the data, each padded with zeros to a multiple of four bytes.
func (r *reader) body(m *member, size, nameSize int64) error {
	rest := r.image[r.at+headerSize:]
	if nameSize < 1 || nameSize > linux.PATH_MAX || nameSize > int64(len(rest)) {
		return r.fail("a name's length is wrong")
	}
	name := rest[:nameSize]
	if name[nameSize-1] != 0 {
		return r.fail("a name does not end")
	}
	for i, c := range name {
		if c == 0 {
			m.name = string(name[:i])
			break
		}
	}
	head := headerSize + nameSize // padded from the header on: an archive may begin anywhere
	from := int64(m.offset) + head + pad(head)
	if from > int64(len(r.image)) || size > int64(len(r.image))-from {
		return r.fail("the image ends inside a file")
	}
	m.data = r.image[from : from+size]
	r.at = min(int(from+size+pad(size)), len(r.image))
	return nil
}

// pad is what n lacks to a multiple of four.
func pad(n int64) int64 { return -n & 3 }

// notCpio says what the bytes may be instead.
func notCpio(b []byte) string {
	magics := [...]struct{ magic, what string }{
		{"\x28\xb5\x2f\xfd", "the initrd is compressed with zstd: give it as it is or with gzip"},
		{"\xfd7zXZ", "the initrd is compressed with xz: give it as it is or with gzip"},
		{"\x02\x21\x4c\x18", "the initrd is compressed with lz4: give it as it is or with gzip"},
		{"070707", "the initrd is a cpio archive of the old form: make it with cpio -H newc"},
	}
	for _, m := range magics {
		if len(b) >= len(m.magic) && string(b[:len(m.magic)]) == m.magic {
			return m.what
		}
	}
	return "the initrd is not a cpio archive in newc form"
}

// hex8 reads eight hexadecimal digits of either case.
func hex8(b []byte) (v uint32, ok bool) {
	for _, c := range b[:8] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | uint32(c)
	}
	return v, true
}
