package framebuffer

import (
	"internal/mirage/clock"
	"internal/mirage/mmio"
	"sync"
)

// Colours, 8 bits of each: what is bright is as bright in all.
const (
	dark   = 0x000000
	bright = 0xc0c0c0
)

// frame is how long what was written may wait to be drawn: much that comes at once is drawn once.
const frame = 40 * clock.Millisecond

// A Screen is text in a picture. It implements device.Screen.
type Screen struct {
	pixels     mmio.Space
	pitch      int // bytes of a line
	width      int // pixels
	height     int
	scale      int // dots of the picture, each way, that one of a glyph has
	cols, rows int

	mu     sync.Mutex
	dark   bool   // what was in the picture before is gone
	text   []byte // cols * rows: what is to be seen
	shown  []byte // what is drawn
	col    int    // where the next character goes; cols: at the end of a full line
	row    int
	escape escape
	news   chan struct{} // holds one token: something is to be drawn
}

// escape is how far in a control sequence the text is: ECMA-48, 5.4. They are passed over.
type escape uint8

const (
	outside  escape = iota
	begun           // ESC was there
	sequence        // CSI was there, its final byte not yet
)

// columns is how many columns a screen has at least, if it is large enough.
const columns = 80

// newScreen makes a screen of pixels of 32 bits. It returns nil if they are too few.
func newScreen(pixels mmio.Space, pitch, width, height int) *Screen {
	s := &Screen{pixels: pixels, pitch: pitch, width: width, height: height, scale: max(width/(columns*cellWidth), 1), news: make(chan struct{}, 1)}
	s.cols, s.rows = width/(s.scale*cellWidth), height/(s.scale*cellHeight)
	if s.cols == 0 || s.rows == 0 || pitch < 4*width || int64(pixels.Size()) < int64(pitch)*int64(height) {
		return nil
	}
	s.text, s.shown = make([]byte, s.cols*s.rows), make([]byte, s.cols*s.rows)
	for i := range s.text {
		s.text[i], s.shown[i] = ' ', ' '
	}
	go s.follow()
	s.news <- struct{}{}
	return s
}

// follow draws what is written.
func (s *Screen) follow() {
	for range s.news {
		s.mu.Lock()
		s.draw()
		s.mu.Unlock()
		clock.Sleep(frame)
	}
}

// Write implements device.Screen.
func (s *Screen) Write(p []byte) {
	s.mu.Lock()
	for _, c := range p {
		s.put(c)
	}
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// Last writes what the runtime has to say, at once. It may be called at any time, on any stack, with the lock held by somebody who will
// never run again; whatever else draws at the same time, it stays within the screen.
func (s *Screen) Last(p []byte) {
	for _, c := range p {
		s.put(c)
	}
	s.draw()
}

// put takes a character of the text.
func (s *Screen) put(c byte) {
	switch {
	case s.escape == begun:
		s.escape = outside
		if c == '[' {
			s.escape = sequence
		}
	case s.escape == sequence:
		if c >= 0x40 && c <= 0x7e {
			s.escape = outside
		}
	case c == 0x1b:
		s.escape = begun
	case c == '\n':
		s.newLine()
	case c == '\r':
		s.col = 0
	case c == '\b':
		s.col = max(s.col-1, 0)
	case c == '\t':
		s.col = min((s.col+8)/8*8, s.cols)
	case c >= 0x80 && c < 0xc0:
		// More of a character of UTF-8, which has got its mark.
	case c < firstGlyph:
	default:
		s.print(c)
	}
}

// print puts a character where the next one goes. One for which there is no glyph is a question mark.
func (s *Screen) print(c byte) {
	if c > lastGlyph {
		c = '?'
	}
	if s.col >= s.cols {
		s.newLine()
	}
	if i := s.row*s.cols + s.col; i >= 0 && i < len(s.text) {
		s.text[i] = c
	}
	s.col++
}

// newLine goes to the beginning of the next line, for which all go up when there is none.
func (s *Screen) newLine() {
	s.col = 0
	if s.row+1 < s.rows {
		s.row++
		return
	}
	copy(s.text, s.text[s.cols:])
	last := s.text[len(s.text)-s.cols:]
	for i := range last {
		last[i] = ' '
	}
}

// draw draws what is not as it is shown: at first all that is dark, which takes a while.
func (s *Screen) draw() {
	if !s.dark {
		s.dark = true
		for y := range s.height {
			for x := range s.width {
				s.pixels.Store32(uintptr(y*s.pitch+4*x), dark)
			}
		}
	}
	for i, c := range s.text {
		if s.shown[i] != c {
			s.shown[i] = c
			s.paint(i/s.cols, i%s.cols, c)
		}
	}
}

// paint draws a glyph, with what is dark around it.
func (s *Screen) paint(row, col int, c byte) {
	glyph := int(c-firstGlyph) * glyphHeight
	if c < firstGlyph || glyph+glyphHeight > len(font) {
		return
	}
	for y := range glyphHeight * s.scale {
		dots := font[glyph+y/s.scale]
		line := uintptr((row*cellHeight*s.scale+y)*s.pitch + 4*col*cellWidth*s.scale)
		for x := range glyphWidth * s.scale {
			colour := uint32(dark)
			if dots>>(glyphWidth-1-x/s.scale)&1 != 0 {
				colour = bright
			}
			s.pixels.Store32(line+4*uintptr(x), colour)
		}
	}
}
