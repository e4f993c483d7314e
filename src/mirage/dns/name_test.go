package dns

import (
	"slices"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	for text, want := range map[string]string{
		".":                     "\x00",
		"example":               "\x07example\x00",
		"Example.COM.":          "\x07Example\x03COM\x00",
		`a\.b.c`:                "\x03a.b\x01c\x00",       // RFC 1035 section 5.1: \X
		`\065\000\255.x`:        "\x03A\x00\xff\x01x\x00", // RFC 1035 section 5.1: \DDD
		`\@`:                    "\x01@\x00",              // not the origin
		"@":                     "\x00",                   // the origin
		strings.Repeat("a", 63): "\x3f" + strings.Repeat("a", 63) + "\x00",
	} {
		if got, err := ParseName(text); err != nil || string(got) != want {
			t.Errorf("ParseName(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseNameErrors(t *testing.T) {
	long := strings.Repeat("a.", 127)
	for text, want := range map[string]error{
		"":                      errEmptyLabel,
		".a":                    errEmptyLabel,
		"a..b":                  errEmptyLabel,
		strings.Repeat("a", 64): errLongLabel, // RFC 1035 section 2.3.4
		long + "b":              errLongName,  // 257 bytes
		`a\`:                    errEscape,
		`\256`:                  errEscape,
		strings.Repeat("abcdefg.", 31) + "abcdefg": errLongName,
	} {
		if got, err := ParseName(text); err != want {
			t.Errorf("ParseName(%q) = %q, %v; want %v", text, got, err, want)
		}
	}
	if n, err := ParseName(long); err != nil || len(n) != maxName {
		t.Errorf("a name of 255 bytes: %d, %v", len(n), err)
	}
}

func TestRelativeName(t *testing.T) {
	origin := MustParseName("example.org")
	for text, want := range map[string]string{"www": "www.example.org.", "www.": "www.", "@": "example.org."} {
		if got, err := appendName(nil, []byte(text), origin); err != nil || Name(got).String() != want {
			t.Errorf("%q is %v, %v; want %s", text, Name(got), err, want)
		}
	}
	if _, err := appendName(nil, []byte("www"), ""); err != errNoOrigin {
		t.Error(err)
	}
}

func TestNameString(t *testing.T) {
	for _, text := range []string{".", "example.", `a\.b\\\"\;\@\$\(\)\ .c.`, `\000\127\255.x.`} {
		if got := MustParseName(text).String(); got != text {
			t.Errorf("%s comes back as %s", text, got)
		}
	}
}

// The example of RFC 4034 section 6.1.
func TestCanonicalOrder(t *testing.T) {
	want := []string{"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
		`\001.z.example.`, "*.z.example.", `\200.z.example.`}
	var names []Name
	for _, s := range want {
		names = append(names, MustParseName(s))
	}
	slices.Reverse(names)
	slices.SortFunc(names, Name.Compare)
	for i, n := range names {
		if n.String() != want[i] {
			t.Errorf("%d: %v, want %s", i, n, want[i])
		}
	}
}

func TestNameRelations(t *testing.T) {
	n := MustParseName("WWW.example.com")
	if !n.Within(MustParseName("example.COM")) || !n.Within(n) || !n.Within(Root) || n.Within(MustParseName("ample.com")) || n.Within(MustParseName("x.www.example.com")) {
		t.Error("Within")
	}
	if n.Labels() != 3 || Root.Labels() != 0 || n.Parent().String() != "example.com." || Root.Parent() != Root {
		t.Error("Labels or Parent")
	}
	if n.Lower() != MustParseName("www.example.com") || !n.Equal(n.Lower()) || n.Equal(Root) {
		t.Error("Lower or Equal")
	}
}

// Compression, RFC 1035 section 4.1.4.
func TestReadName(t *testing.T) {
	msg := []byte("\x01F\x03ISI\x04ARPA\x00\x03FOO\xc0\x00\xc0\x06\x00\xc0\x16\xc0\x19\x40")
	for _, c := range []struct {
		off  int
		want string
		next int
		err  error
	}{
		{0, "F.ISI.ARPA.", 12, nil},
		{12, "FOO.F.ISI.ARPA.", 18, nil},
		{18, "ARPA.", 20, nil},
		{20, ".", 21, nil},
		{21, "", 0, errPointer}, // forward
		{23, "", 0, errPointer}, // to itself and on
		{25, "", 0, errLabelType},
		{26, "", 0, errShort},
	} {
		n, next, err := readName(msg, c.off)
		if err != c.err || next != c.next || err == nil && n.String() != c.want {
			t.Errorf("at %d: %v, %d, %v; want %s, %d, %v", c.off, n, next, err, c.want, c.next, c.err)
		}
	}
	// Each pointer goes back, so that a message cannot make us read for ever, but what they add up to is too long.
	var b []byte
	for range 30 {
		at := len(b)
		b = append(b, 9)
		b = append(b, "aaaaaaaaa"...)
		if at == 0 {
			b = append(b, 0)
		} else {
			prev := at - 12
			if at == 11 {
				prev = 0
			}
			b = append(b, 0xc0|byte(prev>>8), byte(prev))
		}
	}
	if _, _, err := readName(b, len(b)-12); err != errLongName {
		t.Error(err)
	}
}
