//go:build !mirage

package fs

import (
	"internal/mirage/linuxabi/linux"
	"strings"
	"syscall"
	"testing"
)

// grown is a tree with what a path can meet.
func grown(t testing.TB) *FS {
	f := newFS()
	for _, e := range []linux.Errno{
		f.Mkdir(f.Root(), "/d", 0o755), f.Mkdir(f.Root(), "/d/e", 0o755),
		f.Symlink("d/e", f.Root(), "/rel"), f.Symlink("/d", f.Root(), "/abs"), f.Symlink("self", f.Root(), "/self"),
		f.Symlink("../..", f.Root(), "/d/e/up"), f.Symlink("nothing", f.Root(), "/dangling"), f.Symlink("d/", f.Root(), "/slash"),
		f.Fixed("/fixed", 0o555),
	} {
		if e != 0 {
			t.Fatal(e)
		}
	}
	if _, e := f.Mknod(f.Root(), "/d/file", linux.S_IFREG|0o644, 0); e != 0 {
		t.Fatal(e)
	}
	return f
}

// path_resolution(7).
func TestWalk(t *testing.T) {
	f := grown(t)
	chain := "/d/file"
	for i := range linux.MAXSYMLINKS + 1 {
		next := "/chain" + string(rune('A'+i))
		f.Symlink(chain, f.Root(), next)
		chain = next
	}
	for path, want := range map[string]string{
		"/":                            "/",
		"//d//e/":                      "/d/e",
		"/rel":                         "/d/e",
		"/rel/../..":                   "/",
		"/../../d":                     "/d",
		"/rel/up/abs/e/.":              "/d/e",
		"/slash/e":                     "/d/e",
		"/self":                        name(linux.ELOOP),
		"/self/x":                      name(linux.ELOOP),
		"/dangling":                    name(linux.ENOENT),
		"/d/file/":                     name(linux.ENOTDIR),
		"/d/file/x":                    name(linux.ENOTDIR),
		"/d/none/x":                    name(linux.ENOENT),
		"":                             name(linux.ENOENT),
		"/" + strings.Repeat("n", 256): name(linux.ENAMETOOLONG),
		"/" + strings.Repeat("n", 255): name(linux.ENOENT),
		chain:                          name(linux.ELOOP),
	} {
		n, e := f.Lookup(f.Root(), path, true)
		got := name(e)
		if e == 0 {
			got, _ = f.Path(n)
		}
		if got != want {
			t.Errorf("%.40q leads to %s, want %s", path, got, want)
		}
	}
	last := "/chain" + string(rune('A'+linux.MAXSYMLINKS-1))
	if _, e := f.Lookup(f.Root(), last, true); e != 0 {
		t.Errorf("%d links: %d", linux.MAXSYMLINKS, e)
	}
}

// FuzzWalk makes and looks up what it is told: no path may make it panic or go on for ever, and the tree stays whole.
func FuzzWalk(f *testing.F) {
	f.Add("/rel/up/x", "/abs/../d/e/up")
	f.Add("d/file/", "/self/a")
	f.Add("/slash/new", "/d")
	f.Add("/fixed/x", "/d/e")
	f.Fuzz(func(t *testing.T, one, two string) {
		tree := grown(t)
		tree.Mkdir(tree.Root(), one, 0o700)
		tree.Symlink(two, tree.Root(), one+"l")
		tree.Rename(tree.Root(), one, tree.Root(), two, 0)
		tree.Rename(tree.Root(), two, tree.Root(), one, linux.RENAME_EXCHANGE)
		tree.Link(tree.Root(), two, tree.Root(), one, true)
		if n, e := tree.Open(tree.Root(), one, linux.O_CREAT|linux.O_RDWR, 0o600); e == 0 {
			n.Release()
		}
		tree.Unlink(tree.Root(), two)
		tree.Rmdir(tree.Root(), one)
		tree.Lookup(tree.Root(), one, true)
		listing(tree)
		_, used, nodes := tree.Usage()
		if used < 0 || nodes < 1 {
			t.Errorf("%d bytes, %d nodes", used, nodes)
		}
	})
}

// Reading a directory neither skips nor repeats a name because others come and go (getdents64(2)).
func TestReadDirIsStable(t *testing.T) {
	f := newFS()
	for i := range 100 {
		f.Mkdir(f.Root(), "/"+string(rune('A'+i/10))+string(rune('0'+i%10)), 0o700)
	}
	seen := make(map[string]int)
	cookie := int64(0)
	for step := 0; ; step++ {
		more := false
		f.Root().ReadDir(cookie, func(e Dirent) bool {
			seen[e.Name]++
			cookie, more = e.Next, true
			return false
		})
		if !more {
			break
		}
		if i := step * 7 % 100; step < 100 { // remove one in ten, some read already and some not; add others
			f.Rmdir(f.Root(), "/"+string(rune('A'+i/10))+"0")
			f.Mkdir(f.Root(), "/new"+string(rune('A'+step%50))+string(rune('A'+step/50)), 0o700)
		}
	}
	for i := range 100 {
		name := string(rune('A'+i/10)) + string(rune('0'+i%10))
		if n := seen[name]; n > 1 || n == 0 && i%10 != 0 {
			t.Errorf("%s was seen %d times", name, n)
		}
	}
}

// name is an error as a test shows it.
func name(e linux.Errno) string { return syscall.Errno(e).Error() }
