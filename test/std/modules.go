package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// A module is one whose tests are run beside the distribution's.
type module struct {
	path, version string
	packages      []string
}

// modules are those of the Go project by which programs use a network.
var modules = []module{
	{"golang.org/x/net", "v0.62.0", []string{
		"./bpf", "./http2/...", "./icmp", "./internal/socket", "./internal/socks", "./ipv4", "./ipv6", "./nettest", "./netutil",
		"./proxy", "./quic/...", "./webdav/...", "./websocket",
	}},
	{"golang.org/x/crypto", "v0.58.0", []string{"./ssh/..."}},
}

// owner returns the module that has a package, nil for the distribution.
func owner(pkg string) *module {
	for i := range modules {
		if m := &modules[i]; pkg == m.path || strings.HasPrefix(pkg, m.path+"/") {
			return m
		}
	}
	return nil
}

// folder returns where the go command tests a package: in its own module, as its authors do. It is fetched if need be.
func (r *runner) folder(pkg string) (string, error) {
	m := owner(pkg)
	if m == nil {
		return r.toolchain.Root, nil
	}
	cmd := r.toolchain.Command(nil, "mod", "download", "-json", m.path+"@"+m.version)
	cmd.Dir = os.TempDir() // versions are not those of a module
	text, err := cmd.Output()
	var info struct{ Dir, Error string }
	if json.Unmarshal(text, &info) != nil || info.Dir == "" {
		return "", fmt.Errorf("go mod download %s@%s: %v %s", m.path, m.version, err, info.Error)
	}
	return info.Dir, nil
}
