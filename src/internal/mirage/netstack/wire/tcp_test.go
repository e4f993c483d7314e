//go:build !mirage

package wire

import (
	"bytes"
	"testing"
)

// A SYN from the wire, as Linux sends it from 10.0.2.2:40004 to 10.0.2.15:80.
const syn = "9c44 0050 12345678 00000000 a002 faf0 0000 0000 0204 05b4 0402 080a 0001e240 00000000 0103 0307"

func TestParseTCP(t *testing.T) {
	b := unhex(t, syn)
	s, ok := ParseTCP(b)
	if !ok {
		t.Fatal("a good header is refused")
	}
	if s.SrcPort() != 40004 || s.DstPort() != 80 || s.Seq() != 0x12345678 || s.Ack() != 0 || s.Flags() != SYN ||
		s.Window() != 0xfaf0 || s.HeaderLen() != 40 || len(s.Payload()) != 0 || s.Urgent() != 0 {
		t.Errorf("% x", []byte(s))
	}
	var o TCPOptions
	want := TCPOptions{MSS: 1460, HasScale: true, Scale: 7, SACKPermitted: true, HasTime: true, TimeVal: 123456}
	if !o.Parse(s.Options()) || o != want {
		t.Errorf("%+v", o)
	}
	for n := range len(b) { // cut off anywhere
		if _, ok := ParseTCP(b[:n]); ok {
			t.Errorf("%d octets are taken for a header of 40", n)
		}
	}
	b[12] = 0x40
	if _, ok := ParseTCP(b); ok {
		t.Error("a header of 16 octets is taken")
	}
}

func TestPutTCP(t *testing.T) {
	src, dst := V4(10, 0, 2, 2), V4(10, 0, 2, 15)
	f := TCPFields{SrcPort: 40004, DstPort: 80, Seq: 0x12345678, Ack: 0x9abcdef0, Flags: ACK | PSH, Window: 500}
	o := TCPOptions{HasTime: true, TimeVal: 7, TimeEcho: 8}
	for _, payload := range []string{"", "x", "hello"} {
		s := make(TCP, TCPLen+o.Len()+len(payload))
		o.Put(s[TCPLen:])
		copy(s[TCPLen+o.Len():], payload)
		s.Put(&f, o.Len(), src, dst, false)
		p, ok := ParseTCP(s)
		if !ok || !p.ChecksumOK(src, dst) || string(p.Payload()) != payload || p.Seq() != f.Seq || p.Ack() != f.Ack ||
			p.Flags() != f.Flags || p.Window() != f.Window {
			t.Errorf("% x", []byte(s))
		}
		s[len(s)-1]++
		if p.ChecksumOK(src, dst) {
			t.Error("a damaged segment passes")
		}
		s[len(s)-1]--
		whole := s.Checksum()
		s.Put(&f, o.Len(), src, dst, true)
		if got := Sum(0).Add(s).Checksum(); got != whole {
			t.Errorf("finished by a card %#x, want %#x", got, whole)
		}
	}
}

func TestTCPOptions(t *testing.T) {
	for _, o := range []TCPOptions{
		{},
		{MSS: 536},
		{HasScale: true, Scale: 14},
		{SACKPermitted: true},
		{HasTime: true, TimeVal: 1, TimeEcho: 1 << 31},
		{MSS: 1460, HasScale: true, SACKPermitted: true, HasTime: true, TimeVal: 5},
		{NumBlocks: 4, Blocks: [4]SACKBlock{{1, 2}, {3, 4}, {5, 6}, {0xfffffff0, 7}}},
		{HasTime: true, NumBlocks: 3, Blocks: [4]SACKBlock{{1, 2}, {3, 4}, {5, 6}}},
	} {
		b := make([]byte, o.Len())
		o.Put(b)
		var p TCPOptions
		if len(b) > 40 || len(b)%4 != 0 || !p.Parse(b) || p != o {
			t.Errorf("% x gives %+v, want %+v", b, p, o)
		}
	}
	for text, want := range map[string]TCPOptions{
		"0402 00 ff":          {SACKPermitted: true}, // what follows the end is not looked at
		"01 fd03 00 00000000": {},                    // unknown options are passed over: RFC 9293 MUST-6
		"03030f 00":           {HasScale: true, Scale: 14},
	} {
		var o TCPOptions
		if !o.Parse(unhex(t, text)) || o != want {
			t.Errorf("%s: %+v", text, o)
		}
	}
	for _, text := range []string{
		"0200 0000", "0201 0000", "0203 0000", "02", "0204 05", "fd01 0000", "fdff 0000", "0502 0000", "0509 00000000 00000000 01",
		"0809 00000000 0000 00", "0403 00 00", "0304 00 00", // RFC 9293 MUST-7
	} {
		var o TCPOptions
		if o.Parse(unhex(t, text)) {
			t.Errorf("%s is taken: %+v", text, o)
		}
	}
}

// FuzzTCP: whatever comes, what is read lies in the segment, and what was read is read again from what Put writes.
func FuzzTCP(f *testing.F) {
	f.Add(unhex(f, syn))
	f.Add(unhex(f, "9c44 0050 12345678 00000000 a010 faf0 0000 0000 0101 080a 00000001 00000002 0101 050a 00000001 00000002"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := ParseTCP(b)
		if !ok {
			return
		}
		if len(s.Options())+len(s.Payload())+TCPLen != len(b) {
			t.Fatal("header and payload are not the segment")
		}
		var o, p TCPOptions
		if !o.Parse(s.Options()) || o.Len() > 40 {
			return
		}
		c := make([]byte, o.Len())
		o.Put(c)
		if !p.Parse(c) || p != o {
			t.Fatalf("%+v, again %+v", o, p)
		}
		h := bytes.Clone(b)
		src, dst := V4(1, 2, 3, 4), V4(5, 6, 7, 8)
		fields := TCPFields{s.SrcPort(), s.DstPort(), s.Seq(), s.Ack(), s.Flags(), s.Window()}
		TCP(h).Put(&fields, len(s.Options()), src, dst, false)
		if !TCP(h).ChecksumOK(src, dst) || !bytes.Equal(h[:12], b[:12]) || !bytes.Equal(h[13:16], b[13:16]) {
			t.Fatalf("% x, again % x", b, h)
		}
	})
}
