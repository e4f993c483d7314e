package main

import (
	"slices"
	"strings"
)

// hostNames are variables that say something of this host that is not so in the machine: where programs and files
// are, who is logged in and how, and how the go command is set up.
var hostNames = []string{
	"PATH", "HOME", "TMPDIR", "TMP", "TEMP", "PWD", "OLDPWD", "SHELL", "SHLVL", "_", "USER", "LOGNAME", "HOSTNAME", "MAIL",
	"TERM", "COLORTERM", "LS_COLORS", "EDITOR", "VISUAL", "PAGER", "MANPATH", "DISPLAY", "WAYLAND_DISPLAY",
	"LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_FILE", "SSL_CERT_DIR", "PKG_CONFIG_PATH", "CC", "CXX",
	"GOPATH", "GOBIN", "GOCACHE", "GOMODCACHE", "GOENV", "GOTMPDIR", "GOPROXY", "GOSUMDB", "GONOPROXY", "GONOSUMDB",
	"GOPRIVATE", "GOINSECURE", "GOTOOLCHAIN", "GOWORK", "GOFLAGS", "GOVCS",
}

// hostPrefixes begin the names of more such variables.
var hostPrefixes = []string{"XDG_", "SSH_", "DBUS_", "LESS", "CGO_", "MIRAGE_"}

// environment returns the kernel words that give the program the variables of env that mean something there. HOME is
// the machine's one writable folder that is sure to be there; PATH, which programs expect to be set, leads to no program.
func environment(env []string) []string {
	words := []string{"env:HOME=/tmp", "env:PATH=/bin"}
	for _, e := range env {
		name, _, ok := strings.Cut(e, "=")
		isHost := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if ok && name != "" && !slices.Contains(hostNames, name) && !slices.ContainsFunc(hostPrefixes, isHost) {
			words = append(words, "env:"+e)
		}
	}
	return words
}
