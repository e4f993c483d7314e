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
	text   []byte // cols * rows: what is to be seen
	shown  []byte // what is drawn; 0 where it is what was in the picture before
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
		s.text[i] = ' '
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

// draw draws what is not as it is shown: at first all, which takes a while.
func (s *Screen) draw() {
	for i, c := range s.text {
		if s.shown[i] != c {
			s.paint(i/s.cols, i%s.cols, c)
			s.shown[i] = c // not before it is: who draws may be stopped, for ever, by a panic that Last shows
		}
	}
}

// paint draws a glyph, with what is dark around it: to the edge, where it is the last one.
func (s *Screen) paint(row, col int, c byte) {
	glyph := int(c-firstGlyph) * glyphHeight
	if c < firstGlyph || glyph+glyphHeight > len(font) {
		return
	}
	left, right := span(col, s.cols, cellWidth*s.scale, s.width)
	top, bottom := span(row, s.rows, cellHeight*s.scale, s.height)
	for y := top; y < bottom; y++ {
		var dots byte
		if line := (y - top) / s.scale; line < glyphHeight {
			dots = font[glyph+line]
		}
		for x := left; x < right; x++ {
			colour := uint32(dark)
			if dot := (x - left) / s.scale; dot < glyphWidth && dots>>(glyphWidth-1-dot)&1 != 0 {
				colour = bright
			}
			s.pixels.Store32(uintptr(y*s.pitch+4*x), colour)
		}
	}
}

// span returns where the i-th of n cells begins and ends, of which the last one has what is left of all.
func span(i, n, size, all int) (from, to int) {
	if i == n-1 {
		return i * size, all
	}
	return i * size, (i + 1) * size
}
