package rpi

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/test/harness"
)

// What a program writes is on the screen, and so is its panic, after which the board stands still.
func TestScreen(t *testing.T) {
	c := board(harness.Build(t, "arm64", "./test/guest/rpi"), "panic")
	// No exit code ends QEMU, and what a stopped board shows stays.
	c.NoCode, c.Extra = true, []string{"-no-shutdown"}
	m := harness.AddMonitor(t, &c)
	b := harness.Boot(t, c)
	b.WaitFor("main.main")
	name := filepath.Join(t.TempDir(), "screen.ppm")
	text := ""
	for end := time.Now().Add(harness.TimeLimit); time.Now().Before(end); {
		m.Execute("screendump", map[string]any{"filename": name})
		picture, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if text = readScreen(t, picture); strings.Contains(text, "main.main") {
			break
		}
	}
	for _, want := range []string{"Standard output, 100 %: on screen?\n", "panic: and this is a panic\n", "goroutine 1 [running]:\n", "main.panics("} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the screen:\n%s", want, text)
		}
	}
}

// glyphs are the font's, by the rows of their dots.
func glyphs(t *testing.T) map[string]rune {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(harness.Root(t), "drivers/rpi/framebuffer/font.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]rune{}
	for _, quoted := range regexp.MustCompile(`(?m)^\t(".+") (\+ )?//`).FindAllSubmatch(source, -1) {
		rows, err := strconv.Unquote(string(quoted[1]))
		if err != nil {
			t.Fatal(err)
		}
		all[rows] = rune(' ' + len(all))
	}
	return all
}

// readScreen reads the text of a picture in the format P6 (ppm(5)), whose cells have 6 by 9 dots.
func readScreen(t *testing.T, picture []byte) string {
	t.Helper()
	var width, height, most int
	if _, err := fmt.Fscanf(bytes.NewReader(picture), "P6\n%d %d\n%d\n", &width, &height, &most); err != nil || most != 255 {
		t.Fatalf("no picture: %v, %.20q", err, picture)
	}
	dots := picture[len(picture)-3*width*height:]
	font := glyphs(t)
	text := ""
	for row := range height / 9 {
		line := ""
		for col := range width / 6 {
			var g [7]byte
			for y := range g {
				for x := range 5 {
					g[y] = g[y]<<1 | dots[3*((row*9+y)*width+col*6+x)]>>7
				}
			}
			c := font[string(g[:])]
			if c == 0 {
				c = '!'
			}
			line += string(c)
		}
		text += strings.TrimRight(line, " ") + "\n"
	}
	return text
}
