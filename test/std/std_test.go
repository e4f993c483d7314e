package main

import (
	"testing"

	"mirage.build/test/results"
)

func TestSkipFile(t *testing.T) {
	if _, err := results.ParseSkips(skipText); err != nil {
		t.Error(err)
	}
}

func TestOwner(t *testing.T) {
	for pkg, want := range map[string]string{
		"net": "", "golang.org/x/net": "golang.org/x/net", "golang.org/x/net/ipv4": "golang.org/x/net",
		"golang.org/x/network": "", "vendor/golang.org/x/net/idna": "",
	} {
		got := ""
		if m := owner(pkg); m != nil {
			got = m.path
		}
		if got != want {
			t.Errorf("%s is of module %q, want %q", pkg, got, want)
		}
	}
}
