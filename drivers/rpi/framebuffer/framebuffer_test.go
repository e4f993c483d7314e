//go:build !mirage

package framebuffer

import (
	"bytes"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/rpi/mailbox"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
	"runtime"
	"strings"
	"sync"
	"testing"
)

var _ device.Screen = (*Screen)(nil)

// picture is a screen's memory, which must not be written to beyond what is seen.
type picture struct {
	mmiotest.Bytes
	t     testing.TB
	pitch int
	width int
}

func (p picture) Store32(off uintptr, v uint32) {
	if off%4 != 0 || int(off)%p.pitch >= 4*p.width || v != dark && v != bright {
		p.t.Errorf("%#x is written at %#x", v, off)
	}
	p.Bytes.Store32(off, v)
}

func open(t testing.TB, width, height int) (*Screen, picture) {
	p := picture{make(mmiotest.Bytes, (4*width+64)*height), t, 4*width + 64, width}
	for i := range p.Bytes {
		p.Bytes[i] = 0xaa // what was there before
	}
	s := newScreen(p, p.pitch, width, height)
	if s == nil {
		t.Fatal("no screen")
	}
	for drawn := false; !drawn; { // for the first time
		s.mu.Lock()
		drawn = !bytes.Contains(s.shown, []byte{0})
		s.mu.Unlock()
	}
	return s, p
}

// read reads the text of a picture by its glyphs.
func (p picture) read(s *Screen) string {
	text := ""
	for row := range s.rows {
		line := ""
		for col := range s.cols {
			line += string(p.glyph(s, row, col))
		}
		text += strings.TrimRight(line, " ") + "\n"
	}
	return strings.TrimRight(text, "\n")
}

func (p picture) glyph(s *Screen, row, col int) rune {
	var dots [glyphHeight]byte
	for y := range cellHeight * s.scale {
		for x := range cellWidth * s.scale {
			v := p.Load32(uintptr((row*cellHeight*s.scale+y)*p.pitch + 4*(col*cellWidth*s.scale+x)))
			inGlyph := y < glyphHeight*s.scale && x < glyphWidth*s.scale
			switch {
			case v != dark && (v != bright || !inGlyph):
				return '!'
			case v == bright:
				dots[y/s.scale] |= 1 << (glyphWidth - 1 - x/s.scale)
			}
		}
	}
	i := strings.Index(font, string(dots[:]))
	if i%glyphHeight != 0 {
		return '!'
	}
	return rune(firstGlyph + i/glyphHeight)
}

func TestFont(t *testing.T) {
	if len(font) != (lastGlyph-firstGlyph+1)*glyphHeight {
		t.Fatalf("the font has %d bytes", len(font))
	}
	seen := map[string]int{}
	for i := 0; i < len(font); i += glyphHeight {
		g := font[i:][:glyphHeight]
		if was, twice := seen[g]; twice {
			t.Errorf("glyphs %c and %c are one", firstGlyph+was, firstGlyph+i/glyphHeight)
		}
		seen[g] = i / glyphHeight
		for _, row := range []byte(g) {
			if row>>glyphWidth != 0 {
				t.Errorf("glyph %c is too wide", firstGlyph+i/glyphHeight)
			}
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"Hello, Pi!\n", "Hello, Pi!"},
		{"one\r\ntwo", "one\ntwo"},
		{"abc\rX", "Xbc"},
		{"ab\bX\b\b\b\bY", "YX"},
		{"a\tb", "a       b"},
		{"\x1b[1;31mred\x1b[0m \x1bcok", "red ok"},
		{"na\u00efve \u2603 \x07", "na?ve ?"},
		{strings.Repeat("x", 85), strings.Repeat("x", 80) + "\nxxxxx"},
		{strings.Repeat("x", 80) + "\nnext", strings.Repeat("x", 80) + "\nnext"},
		{"1\n2\n3\n4\n5\n6\n", "3\n4\n5\n6"},
	} {
		s, p := open(t, 480, 45)
		if s.cols != 80 || s.rows != 5 {
			t.Fatalf("%d columns, %d rows", s.cols, s.rows)
		}
		s.Last([]byte(test.in))
		if got := p.read(s); got != test.want {
			t.Errorf("%q is shown as %q", test.in, got)
		}
	}
}

// All glyphs, and a screen so large that each dot is four.
func TestScale(t *testing.T) {
	s, p := open(t, 1000, 200)
	all := ""
	for c := rune(firstGlyph + 1); c <= lastGlyph; c++ {
		all += string(c)
	}
	s.Last([]byte(all))
	if got := strings.ReplaceAll(p.read(s), "\n", ""); s.scale != 2 || got != all {
		t.Errorf("scale %d: %q", s.scale, got)
	}
	for y := range 200 {
		for x := range 1000 {
			if v := p.Load32(uintptr(y*p.pitch + 4*x)); v != dark && v != bright {
				t.Fatalf("%#x is left at %d, %d", v, x, y)
			}
		}
	}
}

// What is written by many at the same time, and by the runtime in between, is within the screen; and what is written is drawn.
func TestWrite(t *testing.T) {
	s, p := open(t, 480, 45)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				s.Write([]byte("some text\nand more "))
			}
		})
	}
	all.Wait()
	s.Write([]byte("\n\n\n\n\nthe end"))
	for drawn := false; !drawn; {
		s.mu.Lock()
		drawn = p.read(s) == "\n\n\n\nthe end"
		s.mu.Unlock()
	}
}

// stopping is a picture whose drawer is stopped once it has stored so many dots.
type stopping struct {
	mmio.Space
	left *int
}

func (p stopping) Store32(off uintptr, v uint32) {
	if *p.left == 0 {
		runtime.Goexit()
	}
	*p.left--
	p.Space.Store32(off, v)
}

// A panic stops all that runs, and who draws with the lock held: it is seen whole nevertheless, with what was written before it.
func TestLastFinishesTheDrawing(t *testing.T) {
	for stop, left := 0, 0; left == 0; stop += 97 {
		s, p := open(t, 480, 45)
		s.mu.Lock()
		left = stop
		s.pixels = stopping{p, &left}
		clear(s.shown)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for _, c := range []byte("first") {
				s.put(c)
			}
			s.draw()
		}()
		<-stopped
		s.pixels = p
		s.Last([]byte("\nlast"))
		if got := p.read(s); got != "first\nlast" {
			t.Fatalf("stopped after %d dots, then shown:\n%s", stop, got)
		}
	}
}

// firmware is a model of the firmware: wiki, "Mailbox property interface".
type firmware struct {
	t             *testing.T
	width, height uint32
	spoil         func(tag uint32, v []uint32)
	err           error
	asked         []uint32
}

func (f *firmware) Properties(tags ...mailbox.Tag) error {
	for _, tag := range tags {
		f.asked = append(f.asked, tag.Number)
		v := tag.Values
		switch tag.Number {
		case tagScreen:
			v[0], v[1] = f.width, f.height
		case tagAllocate:
			if len(f.asked) < 5 {
				f.t.Error("a picture is wanted before it is known which")
			}
			v[0], v[1] = 0xc0000000|0x3c100000, f.width*f.height*4
		case tagPitch:
			v[0] = f.width * 4
		}
		if f.spoil != nil {
			f.spoil(tag.Number, v)
		}
	}
	return f.err
}

func TestOpen(t *testing.T) {
	var at uint64
	mapped := func(phys, size uint64) (mmio.Space, error) { at = phys; return make(mmiotest.Bytes, size), nil }
	if s, err := Open(&firmware{t: t, width: 640, height: 480}, mapped); err != nil || s.cols != 106 || s.rows != 53 || at != 0x3c100000 {
		t.Errorf("%+v, %v, at %#x", s, err, at)
	}
	if _, err := Open(&firmware{t: t}, mapped); err != ErrNone {
		t.Errorf("without a screen: %v", err)
	}
	set := func(tag uint32, i int, to uint32) *firmware {
		return &firmware{t: t, width: 640, height: 480, spoil: func(is uint32, v []uint32) {
			if is == tag {
				v[i] = to
			}
		}}
	}
	for name, fw := range map[string]*firmware{
		"no memory":         set(tagAllocate, 0, 0xc0000000),
		"too little memory": set(tagAllocate, 1, 640*480*4-1),
		"a short pitch":     set(tagPitch, 0, 640*4-4),
		"a long pitch":      set(tagPitch, 0, 640*4+4),
		"an odd pitch":      set(tagPitch, 0, 641),
		"no pitch":          set(tagPitch, 0, 0),
		"another depth":     set(tagDepth, 0, 16),
		"a few dots":        {t: t, width: 5, height: 5},
	} {
		if s, err := Open(fw, mapped); err != errAnswer {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	no := errors.New("no")
	if _, err := Open(&firmware{t: t, width: 9, height: 9, err: no}, mapped); err != no {
		t.Error(err)
	}
}

// Whatever is written, and however large the screen is, what is drawn lies within it.
func FuzzText(f *testing.F) {
	f.Add([]byte("a\tb\x1b[0mc\r\n\b\xc3\xa4"), uint16(480), uint16(45))
	f.Fuzz(func(t *testing.T, text []byte, width, height uint16) {
		w, h := int(width%1000)+cellWidth, int(height%200)+cellHeight
		p := picture{make(mmiotest.Bytes, 4*w*h), t, 4 * w, w}
		s := newScreen(p, p.pitch, w, h)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.Last(text)
		if s.col > s.cols || s.row >= s.rows {
			t.Errorf("at %d, %d of %d, %d", s.col, s.row, s.cols, s.rows)
		}
		close(s.news)
	})
}
