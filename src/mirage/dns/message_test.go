package dns

import (
	"bytes"
	"reflect"
	"testing"
)

func testMessage() *Message {
	name := MustParseName("www.Example.com")
	data := func(t Type, text string) []byte {
		b, err := ParseData(t, text, Root)
		if err != nil {
			panic(err)
		}
		return b
	}
	return &Message{
		Header:    Header{ID: 0x1234, Response: true, Authoritative: true, RecursionDesired: true, CheckingDisabled: true, Rcode: RcodeNameError},
		Questions: []Question{{name, TypeMX, ClassIN}},
		Answers: []Record{
			{name, TypeCNAME, ClassIN, 60, data(TypeCNAME, "mail.example.com.")},
			{name, TypeMX, ClassIN, 60, data(TypeMX, "10 mail.example.com.")},
			{name, TypeSRV, ClassIN, 60, data(TypeSRV, "1 2 3 mail.example.com.")},
		},
		Authorities: []Record{{name.Parent(), TypeSOA, ClassIN, 60, data(TypeSOA, "ns.example.com. host.example.com. 1 2 3 4 5")}},
		Additionals: []Record{
			{name, 65280, ClassCH, 1, []byte{1, 2, 3}},
			EDNS{UDPSize: 1232, DNSSECOK: true, Options: []Option{{OptionNSID, []byte("x")}}}.Record(),
		},
	}
}

func TestMessageRoundTrip(t *testing.T) {
	m := testMessage()
	b, err := m.Append([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseMessage(b[len("before"):])
	if err != nil {
		t.Fatal(err)
	}
	if got.Answers[0].Name != m.Answers[0].Name { // the question's case
		t.Errorf("%q", got.Answers[0].Name)
	}
	for i := range m.Answers {
		if !bytes.EqualFold(got.Answers[i].Data, m.Answers[i].Data) {
			t.Errorf("data %q, want %q", got.Answers[i].Data, m.Answers[i].Data)
		}
		got.Answers[i].Data = m.Answers[i].Data
	}
	got.Authorities = m.Authorities
	if !reflect.DeepEqual(got, m) {
		t.Errorf("%+v\nwant %+v", got, m)
	}
	e, ok, err := got.EDNS()
	if !ok || err != nil || e.UDPSize != 1232 || !e.DNSSECOK || len(e.Options) != 1 || string(e.Options[0].Data) != "x" {
		t.Errorf("%+v %v %v", e, ok, err)
	}
}

// RFC 3597 section 4: names in data are compressed in the types of RFC 1035 only.
func TestCompression(t *testing.T) {
	m := testMessage()
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b, []byte("\x04mail")); n != 2 { // CNAME's, which MX points to, and SRV's
		t.Errorf("mail is written %d times", n)
	}
	if n := bytes.Count(bytes.ToLower(b), []byte("\x07example\x03com\x00")); n != 2 { // the question's and SRV's
		t.Errorf("example.com is written %d times", n)
	}
}

func TestParseMessageErrors(t *testing.T) {
	b, _ := testMessage().Append(nil)
	for i := range b {
		if _, err := ParseMessage(b[:i]); err == nil {
			t.Errorf("no error for the first %d bytes", i)
		}
	}
	if _, err := ParseMessage(append(b, 0)); err != errTrailing {
		t.Error(err)
	}
	bad := &Message{Answers: []Record{{Root, TypeA, ClassIN, 0, []byte{1, 2, 3}}}}
	if _, err := bad.Append(nil); err != errBadData {
		t.Error(err)
	}
	bad = &Message{Questions: []Question{{"www", TypeA, ClassIN}}}
	if _, err := bad.Append(nil); err != errBadName {
		t.Error(err)
	}
}

// RFC 6891 section 6.1.1: one OPT record, of the root.
func TestEDNSErrors(t *testing.T) {
	opt := EDNS{UDPSize: 512}.Record()
	named := opt
	named.Name = MustParseName("x")
	cut := opt
	cut.Data = []byte{0, 3, 0, 1}
	for _, list := range [][]Record{{opt, opt}, {named}, {cut}} {
		m := Message{Additionals: list}
		if _, ok, err := m.EDNS(); ok || err == nil {
			t.Error("no error for ", list)
		}
	}
	var m Message
	if _, ok, err := m.EDNS(); ok || err != nil {
		t.Error("EDNS of nothing")
	}
}

// What is parsed can be written, and means the same.
func FuzzParseMessage(f *testing.F) {
	b, _ := testMessage().Append(nil)
	f.Add(b)
	f.Add(b[:20])
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			return
		}
		m.EDNS()
		out, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseMessage(out)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Answers) != len(m.Answers) || again.Header != m.Header {
			t.Fatal("changed")
		}
		for i, r := range m.Answers {
			if o := again.Answers[i]; !o.Name.Equal(r.Name) || o.Type != r.Type || o.TTL != r.TTL || !bytes.EqualFold(o.Data, r.Data) {
				t.Fatalf("%v became %v", r, o)
			}
		}
	})
}
