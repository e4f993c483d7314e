//go:build !mirage

package linux

import (
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// constants evaluates the constants of this package for an architecture.
func constants(t *testing.T, arch string) map[string]constant.Value {
	fset := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(name, ".go")
		other := map[string]string{"amd64": "_arm64", "arm64": "_amd64"}[arch]
		if strings.HasSuffix(base, "_test") || strings.HasSuffix(base, other) {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: importer.Default()}
	pkg, err := conf.Check("linux", fset, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]constant.Value)
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok {
			all[name] = c.Val()
		}
	}
	return all
}

var definition = regexp.MustCompile(`(?m)^\s+([A-Z][A-Z0-9_]+)\s+= (?:Errno\()?(-?0x[0-9a-f]+|-?[0-9]+)\)?$`)

// TestConstants compares the constants with those of the same names in golang.org/x/sys/unix, which are made from the
// kernel's headers, for both architectures.
func TestConstants(t *testing.T) {
	unix := filepath.Join(runtime.GOROOT(), "src/cmd/vendor/golang.org/x/sys/unix")
	for _, arch := range []string{"amd64", "arm64"} {
		theirs := make(map[string]constant.Value)
		for _, name := range []string{"zerrors_linux.go", "ztypes_linux.go", "zerrors_linux_" + arch + ".go", "zsysnum_linux_" + arch + ".go"} {
			text, err := os.ReadFile(filepath.Join(unix, name))
			if err != nil {
				t.Skip(err)
			}
			for _, m := range definition.FindAllStringSubmatch(string(text), -1) {
				sign := m[2][0] == '-'
				v := constant.MakeFromLiteral(strings.TrimPrefix(m[2], "-"), token.INT, 0)
				if sign {
					v = constant.UnaryOp(token.SUB, v, 0)
				}
				theirs[m[1]] = v
			}
		}
		ours := constants(t, arch)
		compared := 0
		for name, v := range ours {
			if name == "O_LARGEFILE" {
				continue // 0 for programs of 64 bits, which get it without asking
			}
			if want, ok := theirs[name]; ok {
				compared++
				if !constant.Compare(constant.ToInt(v), token.EQL, want) {
					t.Errorf("%s: %s is %v, want %v", arch, name, v, want)
				}
			}
		}
		if compared < 400 {
			t.Errorf("%s: only %d of %d constants were compared", arch, compared, len(ours))
		}
	}
}

// TestLayouts compares the structures with package syscall's.
func TestLayouts(t *testing.T) {
	for _, c := range []struct{ ours, theirs any }{
		{Stat{}, syscall.Stat_t{}}, {Timespec{}, syscall.Timespec{}}, {Timeval{}, syscall.Timeval{}}, {Iovec{}, syscall.Iovec{}},
		{Flock{}, syscall.Flock_t{}}, {Statfs{}, syscall.Statfs_t{}}, {EpollEvent{}, syscall.EpollEvent{}}, {Rlimit{}, syscall.Rlimit{}},
		{Rusage{}, syscall.Rusage{}}, {Sysinfo{}, syscall.Sysinfo_t{}}, {Utsname{}, syscall.Utsname{}}, {Tms{}, syscall.Tms{}},
		{Msghdr{}, syscall.Msghdr{}}, {Linger{}, syscall.Linger{}}, {Ucred{}, syscall.Ucred{}}, {Inet4Pktinfo{}, syscall.Inet4Pktinfo{}},
		{Cmsghdr{}, syscall.Cmsghdr{}}, {Nlmsghdr{}, syscall.NlMsghdr{}},
	} {
		ours, theirs := reflect.TypeOf(c.ours), reflect.TypeOf(c.theirs)
		if ours.Size() != theirs.Size() {
			t.Errorf("%v is %d bytes, want %d", ours, ours.Size(), theirs.Size())
		}
		for i := range ours.NumField() {
			f := ours.Field(i)
			if f.Name == "_" {
				continue
			}
			want, ok := theirs.FieldByName(f.Name)
			if ok && (f.Offset != want.Offset || f.Type.Size() != want.Type.Size()) {
				t.Errorf("%v.%s is %d bytes at %d, want %d at %d", ours, f.Name, f.Type.Size(), f.Offset, want.Type.Size(), want.Offset)
			}
		}
	}
}

func TestMakedev(t *testing.T) {
	for _, c := range []struct {
		major, minor uint32
		want         uint64
	}{{1, 3, DevNull}, {5, 1, DevConsole}, {259, 1 << 10, 0x410300}} {
		if got := Makedev(c.major, c.minor); got != c.want {
			t.Errorf("%d:%d is %#x, want %#x", c.major, c.minor, got, c.want)
		}
	}
}
