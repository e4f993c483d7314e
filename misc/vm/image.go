package vm

import (
	"debug/buildinfo"
	"debug/elf"
	"fmt"
)

// An Image is what an image's file says of itself.
type Image struct {
	Arch string // "amd64" or "arm64"
}

// Inspect reads an image's headers. A program for another operating system is an error that says so.
func Inspect(file string) (Image, error) {
	f, err := elf.Open(file)
	if err != nil {
		return Image{}, fmt.Errorf("%s is not an image: %w", file, err)
	}
	defer f.Close()
	arch := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
	if arch == "" {
		return Image{}, fmt.Errorf("%s is for %v, which mirage does not run on", file, f.Machine)
	}
	// A hand-made image has no build information, and gets the benefit of the doubt.
	if info, err := buildinfo.ReadFile(file); err == nil {
		for _, s := range info.Settings {
			if s.Key == "GOOS" && s.Value != "mirage" {
				return Image{}, fmt.Errorf("%s is a program for %s: build it with GOOS=mirage", file, s.Value)
			}
		}
	}
	return Image{Arch: arch}, nil
}
