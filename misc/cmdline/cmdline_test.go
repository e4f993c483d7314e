package cmdline

import (
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"":                      `""`,
		"plain":                 `plain`,
		`C:\dir`:                `C:\dir`,
		"a b":                   `"a b"`,
		`say "hi"`:              `"say \"hi\""`,
		`back\ slash`:           `"back\\ slash"`,
		"new\nline":             `"new\nline"`,
		"tab\t":                 `"tab\t"`,
		"\x00\x1b\x7f":          `"\x00\x1b\x7f"`,
		"größe":                 `größe`,
		"bad\xffutf8":           "bad\xffutf8",
		"-test.run=^Test(A|B)$": `-test.run=^Test(A|B)$`,
	} {
		if got := Quote(word); got != want {
			t.Errorf("Quote(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	for _, test := range []struct {
		kernel, args []string
		want         string
	}{
		{nil, nil, ""},
		{[]string{"ip=dhcp"}, nil, "ip=dhcp"},
		{[]string{"ip=off", "env:A=b c"}, []string{"-v", "--", ""}, `ip=off "env:A=b c" -- -v -- ""`},
		{nil, []string{"x"}, "-- x"},
	} {
		got, err := Line(test.kernel, test.args)
		if err != nil || got != test.want {
			t.Errorf("Line(%q, %q) = %q, %v, want %q", test.kernel, test.args, got, err, test.want)
		}
	}
}

func TestLineTooLong(t *testing.T) {
	if line, err := Line([]string{strings.Repeat("x", MaxLength)}, nil); err != nil || len(line) != MaxLength {
		t.Errorf("a line of MaxLength bytes: %v", err)
	}
	if _, err := Line([]string{strings.Repeat("x", MaxLength-3)}, []string{"y"}); err == nil {
		t.Error("a line that is one byte too long is no error")
	}
}
