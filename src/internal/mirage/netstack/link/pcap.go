package link

import (
	"errors"
	"internal/byteorder"
	"sync"
)

// The pcap file format: a file header, then each frame behind a record header (draft-ietf-opsawg-pcap, sections 4 and 5).
const (
	pcapMicro     = 0xa1b2c3d4 // times have microseconds
	pcapNano      = 0xa1b23c4d // times have nanoseconds
	pcapFileLen   = 24
	pcapRecordLen = 16
	pcapEthernet  = 1 // link type
	pcapMaxFrame  = 256 << 10
)

// Errors of a PcapReader, besides those of what it reads from.
var (
	ErrPcapFormat    = errors.New("pcap: not a capture of Ethernet frames")
	ErrPcapTruncated = errors.New("pcap: ends within a record")
)

// A Writer is what a capture goes to: an io.Writer.
type Writer interface {
	Write(p []byte) (n int, err error)
}

// A Reader is what a capture comes from: an io.Reader.
type Reader interface {
	Read(p []byte) (n int, err error)
}

// A PcapWriter writes a capture. Its methods may be called from any goroutine.
type PcapWriter struct {
	mu  sync.Mutex
	w   Writer
	buf []byte
	err error
}

// NewPcapWriter writes the file header to w.
func NewPcapWriter(w Writer) *PcapWriter {
	b := make([]byte, pcapFileLen)
	byteorder.LEPutUint32(b[0:], pcapNano)
	byteorder.LEPutUint16(b[4:], 2) // version 2.4
	byteorder.LEPutUint16(b[6:], 4)
	byteorder.LEPutUint32(b[16:], pcapMaxFrame)
	byteorder.LEPutUint32(b[20:], pcapEthernet)
	p := &PcapWriter{w: w}
	_, p.err = w.Write(b)
	return p
}

// Write records a frame. at is nanoseconds since 1970. The first error stays: what follows it is not written.
func (p *PcapWriter) Write(at int64, frame []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	b := p.buf[:0]
	b = byteorder.LEAppendUint32(b, uint32(at/1e9))
	b = byteorder.LEAppendUint32(b, uint32(at%1e9))
	kept := frame[:min(len(frame), pcapMaxFrame)]
	b = byteorder.LEAppendUint32(b, uint32(len(kept)))
	b = byteorder.LEAppendUint32(b, uint32(len(frame)))
	p.buf = append(b, kept...)
	_, p.err = p.w.Write(p.buf)
	return p.err
}

// A PcapReader reads a capture of either byte order and either unit of time.
type PcapReader struct {
	r    Reader
	big  bool
	unit int64 // nanoseconds
	buf  []byte
}

// NewPcapReader reads the file header from r. The error is ErrPcapFormat or r's.
func NewPcapReader(r Reader) (*PcapReader, error) {
	p := &PcapReader{r: r}
	var b [pcapFileLen]byte
	if n, err := readFull(r, b[:]); n < len(b) {
		if n > 0 {
			err = ErrPcapFormat
		}
		return nil, err
	}
	le, be := byteorder.LEUint32(b[:]), byteorder.BEUint32(b[:])
	switch {
	case le == pcapNano || be == pcapNano:
		p.unit = 1
	case le == pcapMicro || be == pcapMicro:
		p.unit = 1000
	default:
		return nil, ErrPcapFormat
	}
	p.big = be == pcapNano || be == pcapMicro
	if p.uint32(b[20:])&0xffff != pcapEthernet {
		return nil, ErrPcapFormat
	}
	return p, nil
}

func (p *PcapReader) uint32(b []byte) uint32 {
	if p.big {
		return byteorder.BEUint32(b)
	}
	return byteorder.LEUint32(b)
}

// Next returns the next frame, valid until the following call, and its time in nanoseconds since 1970. At the end the
// error is r's (io.EOF).
func (p *PcapReader) Next() (frame []byte, at int64, err error) {
	var b [pcapRecordLen]byte
	if n, err := readFull(p.r, b[:]); n < len(b) {
		if n > 0 {
			err = ErrPcapTruncated
		}
		return nil, 0, err
	}
	at = int64(p.uint32(b[0:]))*1e9 + int64(p.uint32(b[4:]))*p.unit
	n := p.uint32(b[8:])
	if n > pcapMaxFrame {
		return nil, 0, ErrPcapFormat
	}
	if cap(p.buf) < int(n) {
		p.buf = make([]byte, n)
	}
	p.buf = p.buf[:n]
	if got, _ := readFull(p.r, p.buf); got < int(n) {
		return nil, 0, ErrPcapTruncated
	}
	return p.buf, at, nil
}

// readFull fills b, or returns how much there was and why no more.
func readFull(r Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	return n, err
}
