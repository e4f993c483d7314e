package dns

import (
	"errors"
	"io"
)

// maxEntry bounds one entry of a zone file: 65,535 bytes of data, each written \DDD, and some room.
const maxEntry = 320 << 10

// A token is one word of a zone file, its escapes left in place.
type token struct {
	text   []byte
	quoted bool // stood in quotes, which are not part of text
	glued  bool // no space between it and the token before
}

// A scanner cuts a zone file into entries and those into tokens (RFC 1035 section 5.1).
type scanner struct {
	r        io.Reader
	buf      [4096]byte
	pos, end int
	eof      bool

	line  int // of the next byte, from 1
	entry int // the line that the current entry starts on

	blank bool // the entry starts with space: its owner is left out
	text  []byte
	spans []span
	toks  []token
}

type span struct {
	start, end    int
	quoted, glued bool
}

var (
	errOpenParen  = errors.New("a parenthesis is not closed: write ) where the record ends")
	errCloseParen = errors.New("a closing parenthesis without an opening one")
	errOpenQuote  = errors.New(`a quoted string is not closed: write " where it ends`)
	errBigEntry   = errors.New("a record is too long: its data has at most 65535 bytes")
)

func newScanner(r io.Reader) *scanner { return &scanner{r: r, line: 1} }

// next reads the next entry that has a token. It returns io.EOF after the last.
func (s *scanner) next() error {
	for {
		if err := s.readEntry(); err != nil {
			return err
		}
		if len(s.spans) > 0 {
			break
		}
		if s.eof {
			return io.EOF
		}
	}
	s.toks = s.toks[:0]
	for _, p := range s.spans {
		s.toks = append(s.toks, token{s.text[p.start:p.end:p.end], p.quoted, p.glued})
	}
	return nil
}

// readEntry reads up to the end of a line outside parentheses and quotes.
func (s *scanner) readEntry() error {
	s.entry, s.blank = s.line, false
	s.text, s.spans = s.text[:0], s.spans[:0]
	depth, first, glued := 0, true, false
	for {
		c, err := s.read()
		if err == io.EOF {
			s.eof = true
			if depth > 0 {
				return errOpenParen
			}
			return nil
		}
		if err != nil {
			return err
		}
		if len(s.text) > maxEntry || len(s.spans) > maxEntry/2 {
			return errBigEntry
		}
		switch c {
		case '\n':
			if depth == 0 {
				return nil
			}
			glued = false
		case ' ', '\t', '\r':
			s.blank = s.blank || first && c != '\r'
			glued = false
		case ';':
			if err := s.skipComment(); err != nil {
				return err
			}
			glued = false
		case '(':
			depth++
			glued = false
		case ')':
			if depth--; depth < 0 {
				return errCloseParen
			}
			glued = false
		case '"':
			if err := s.readQuoted(glued); err != nil {
				return err
			}
			glued = true
		default:
			s.unread()
			if err := s.readWord(glued); err != nil {
				return err
			}
			glued = true
		}
		first = false
	}
}

// skipComment reads up to the end of the line and leaves that.
func (s *scanner) skipComment() error {
	for {
		switch c, err := s.read(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c == '\n':
			s.unread()
			return nil
		}
	}
}

func (s *scanner) readQuoted(glued bool) error {
	start := len(s.text)
	for {
		c, err := s.read()
		if err == nil && c == '"' {
			s.spans = append(s.spans, span{start, len(s.text), true, glued})
			return nil
		}
		if err == nil {
			err = s.keep(c)
		}
		if err == io.EOF {
			return errOpenQuote
		}
		if err != nil {
			return err
		}
	}
}

func (s *scanner) readWord(glued bool) error {
	start := len(s.text)
	for {
		c, err := s.read()
		if err != nil && err != io.EOF {
			return err
		}
		end := err == io.EOF
		switch c {
		case ' ', '\t', '\r', '\n', ';', '(', ')', '"':
			if !end {
				s.unread()
			}
			end = true
		}
		if end {
			s.spans = append(s.spans, span{start, len(s.text), false, glued})
			return nil
		}
		if err := s.keep(c); err != nil && err != io.EOF {
			return err
		}
	}
}

// keep adds c to the token, and the byte after it if c is a backslash.
func (s *scanner) keep(c byte) error {
	s.text = append(s.text, c)
	if c == '\\' {
		c, err := s.read()
		if err != nil {
			return err
		}
		s.text = append(s.text, c)
	}
	if len(s.text) > maxEntry {
		return errBigEntry
	}
	return nil
}

func (s *scanner) read() (byte, error) {
	for tries := 0; s.pos == s.end; tries++ {
		n, err := s.r.Read(s.buf[:])
		if n > 0 {
			s.pos, s.end = 0, n
			break
		}
		if err != nil {
			return 0, err
		}
		if tries == 100 {
			return 0, io.ErrNoProgress
		}
	}
	c := s.buf[s.pos]
	s.pos++
	if c == '\n' {
		s.line++
	}
	return c, nil
}

// unread takes back the byte that read has just returned.
func (s *scanner) unread() {
	s.pos--
	if s.buf[s.pos] == '\n' {
		s.line--
	}
}
