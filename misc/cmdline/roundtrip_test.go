package cmdline

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// reader is a program that splits command lines with the image's own code: JSON in, JSON out.
const reader = `package main

import (
	"encoding/json"
	"os"

	"reader/boot"
)

func main() {
	var lines [][]byte
	if err := json.NewDecoder(os.Stdin).Decode(&lines); err != nil {
		panic(err)
	}
	var all [][][]byte
	for _, line := range lines {
		var words [][]byte
		for w := boot.SplitWords(line, make([]byte, len(line)+1)); ; {
			word, ok := w.Next()
			if !ok {
				break
			}
			words = append(words, word)
		}
		all = append(all, words)
	}
	json.NewEncoder(os.Stdout).Encode(all)
}
`

// split returns the words of each line as the image's reader, boot/cmdline.go, sees them.
func split(t *testing.T, lines [][]byte) (words [][][]byte) {
	t.Helper()
	dir := t.TempDir()
	source, err := os.ReadFile("../../boot/cmdline.go")
	if err != nil {
		t.Fatal(err)
	}
	os.Mkdir(filepath.Join(dir, "boot"), 0o777)
	for name, text := range map[string]string{"go.mod": "module reader\n\ngo 1.26\n", "main.go": reader, "boot/cmdline.go": string(source)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	input, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(input), os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "PWD="+dir)
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(output, &words); err != nil {
		t.Fatal(err)
	}
	return words
}

// What Line writes, the image reads, whatever bytes are in it.
func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const letters = "ab \t\n\"\\x0aA=:-\x00\x1f\x7f\xff\xc3\xa4"
	var lines [][]byte
	var want [][]string
	for range 2000 {
		words := make([]string, 1+random.IntN(6))
		for i := range words {
			word := make([]byte, random.IntN(12))
			for j := range word {
				word[j] = letters[random.IntN(len(letters))]
			}
			words[i] = string(word)
		}
		line, err := Line(words, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines, want = append(lines, []byte(line)), append(want, words)
	}
	for i, got := range split(t, lines) {
		equal := slices.EqualFunc(got, want[i], func(g []byte, w string) bool { return string(g) == w })
		if !equal {
			t.Errorf("%q is read as %q, want %q", lines[i], got, want[i])
		}
	}
}
