// Package cmdline writes an image's command line: kernel words, then " -- " and the program's arguments.
//
// The command (misc/mirage), the exec wrappers and the tests use it; boot/cmdline.go is the reader. It knows the
// quoting, not what the words mean (README.md says that).
package cmdline

import (
	"fmt"
	"strings"
)

// MaxLength is the longest line that an image takes, in bytes (boot/pvh.go).
const MaxLength = 64<<10 - 1

// Line joins kernel words and the program's arguments, os.Args[1:], to a command line.
func Line(kernel, args []string) (string, error) {
	var words []string
	for _, w := range kernel {
		words = append(words, Quote(w))
	}
	if len(args) > 0 {
		words = append(words, "--")
	}
	for _, a := range args {
		words = append(words, Quote(a))
	}
	line := strings.Join(words, " ")
	if len(line) > MaxLength {
		return "", fmt.Errorf("the command line, arguments and environment, is %d bytes, more than the %d that an image takes", len(line), MaxLength)
	}
	return line, nil
}

// Quote returns word as the reader takes it for one word. Blanks separate words; double quotes group, and within
// them a backslash escapes: \" \\ \n \t \xHH. Outside of them a backslash is itself.
func Quote(word string) string {
	if word != "" && !strings.ContainsFunc(word, needsQuotes) {
		return word
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func needsQuotes(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }
