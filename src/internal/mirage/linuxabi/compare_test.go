//go:build !mirage

package linuxabi

import (
	"flag"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

var (
	seed   = flag.Int64("seed", 1, "first seed of the comparisons with the host")
	rounds = flag.Int("rounds", 40, "how many seeds")
)

// An operation is done in both worlds; what it returns must be the same.
type operation struct {
	what string
	do   func(w *world) string
}

func result(r int, e syscall.Errno) string {
	if e != 0 {
		return e.Error()
	}
	return fmt.Sprint(r)
}

// success is result for calls whose number means nothing outside the world.
func success(_ int, e syscall.Errno) string { return result(0, e) }

var names = []string{"a", "b", "c", "d", "a", "b", "link"}

// path makes a path of a few names, with all that may be odd about one.
func path(r *rand.Rand) string {
	var b strings.Builder
	for i, n := 0, []int{1, 1, 1, 2, 2, 3}[r.Intn(6)]; i < n; i++ {
		switch r.Intn(24) {
		case 0:
			b.WriteString("./")
		case 1:
			b.WriteString("../below/")
		case 2:
			b.WriteString("/"[:min(1, b.Len())])
		}
		b.WriteString(names[r.Intn(len(names))])
		if i < n-1 {
			b.WriteByte('/')
		}
	}
	switch r.Intn(40) {
	case 0, 1, 2:
		b.WriteByte('/')
	case 3:
		b.WriteString("/.")
	case 4:
		b.WriteString("/..")
	case 5:
		b.WriteString("//")
	case 6:
		return ""
	case 7:
		return "."
	case 8:
		return b.String() + "/" + strings.Repeat("n", 256)
	case 9:
		return strings.Repeat("a/", 2048)
	}
	return b.String()
}

func mode(r *rand.Rand) int { return 0o700 | r.Intn(0o1000) }

var openFlags = []int{syscall.O_CREAT, syscall.O_EXCL, syscall.O_TRUNC, syscall.O_APPEND, syscall.O_DIRECTORY, syscall.O_NOFOLLOW, linux.O_PATH}

func flags(r *rand.Rand) int {
	f := r.Intn(3)
	for _, bit := range openFlags {
		if r.Intn(4) == 0 {
			f |= bit
		}
	}
	return f
}

// stat says what both worlds must agree on.
func (w *world) stat(fd uintptr, path string, flags int) string {
	var s syscall.Stat_t
	_, e := w.do(syscall.SYS_NEWFSTATAT, fd, path, unsafe.Pointer(&s), flags)
	if e != 0 {
		return e.Error()
	}
	if s.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		s.Size = 0
	}
	return fmt.Sprintf("%o nlink %d size %d uid %d", s.Mode, s.Nlink, s.Size, s.Uid)
}

func pathOperation(r *rand.Rand) operation {
	p, q, m, f := path(r), path(r), mode(r), flags(r)
	if q == "" || len(q) >= linux.PATH_MAX {
		q = "a" // what Linux notices after it has resolved the first path is noticed before that here
	}
	switch r.Intn(14) {
	case 0, 1:
		return operation{fmt.Sprintf("mkdir %q %o", p, m), func(w *world) string { return result(w.do(syscall.SYS_MKDIRAT, w.dir, p, m)) }}
	case 2, 3, 4:
		slot := r.Intn(6)
		return operation{fmt.Sprintf("open %q %#x %o as %d", p, f, m, slot), func(w *world) string {
			if w.fds[slot] != noFd {
				w.do(syscall.SYS_CLOSE, w.fds[slot])
			}
			fd, e := w.do(syscall.SYS_OPENAT, w.dir, p, f, m)
			w.fds[slot] = uintptr(fd)
			return success(fd, e)
		}}
	case 5:
		return operation{fmt.Sprintf("unlink %q", p), func(w *world) string { return result(w.do(syscall.SYS_UNLINKAT, w.dir, p, 0)) }}
	case 6:
		return operation{fmt.Sprintf("rmdir %q", p), func(w *world) string { return result(w.do(syscall.SYS_UNLINKAT, w.dir, p, linux.AT_REMOVEDIR)) }}
	case 7, 8:
		f := []int{0, 0, 0, 1, 2, 3, 8}[r.Intn(7)]
		return operation{fmt.Sprintf("rename %q %q %d", p, q, f), func(w *world) string {
			return result(w.do(linux.SYS_RENAMEAT2, w.dir, p, w.dir, q, f))
		}}
	case 9:
		f := []int{0, linux.AT_SYMLINK_FOLLOW, 1}[r.Intn(3)]
		return operation{fmt.Sprintf("link %q %q %#x", p, q, f), func(w *world) string {
			return result(w.do(syscall.SYS_LINKAT, w.dir, p, w.dir, q, f))
		}}
	case 10:
		return operation{fmt.Sprintf("symlink %q %q", p, q), func(w *world) string { return result(w.do(syscall.SYS_SYMLINKAT, p, w.dir, q)) }}
	case 11:
		return operation{fmt.Sprintf("stat %q", p), func(w *world) string {
			return w.stat(w.dir, p, 0) + "; " + w.stat(w.dir, p, linux.AT_SYMLINK_NOFOLLOW)
		}}
	case 12:
		return operation{fmt.Sprintf("chmod %q %o, access", p, m), func(w *world) string {
			return result(w.do(syscall.SYS_FCHMODAT, w.dir, p, m)) + result(w.do(syscall.SYS_FACCESSAT, w.dir, p, 1))
		}}
	}
	return operation{fmt.Sprintf("readlink %q", p), func(w *world) string {
		b := make([]byte, 20)
		n, e := w.do(syscall.SYS_READLINKAT, w.dir, p, b, len(b))
		return result(n, e) + string(b)
	}}
}

var offsets = []int64{0, 1, 5, 255, 256, 4095, 4096, 65535, 65536, 65537, 200000, -1, 1<<63 - 1, 1<<63 - 2, -5}

func fileOperation(r *rand.Rand) operation {
	slot, off, size := r.Intn(6), offsets[r.Intn(len(offsets))], r.Intn(300)
	if r.Intn(4) == 0 {
		size = r.Intn(150000)
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(r.Intn(256))
	}
	if off > 1<<40 {
		data = data[:min(size, 3)]
	}
	at := func(what string, do func(w *world, fd uintptr) string) operation {
		return operation{fmt.Sprintf("%s of %d at %d, %d bytes", what, slot, off, len(data)), func(w *world) string { return do(w, w.fds[slot]) }}
	}
	switch r.Intn(15) {
	case 0, 1:
		return at("write", func(w *world, fd uintptr) string { return result(w.do(syscall.SYS_WRITE, fd, data, len(data))) })
	case 2, 3:
		return at("read", func(w *world, fd uintptr) string {
			b := make([]byte, len(data))
			n, e := w.do(syscall.SYS_READ, fd, b, len(b))
			return result(n, e) + string(b)
		})
	case 4:
		if off > 1<<40 {
			off = 1 << 20
		}
		return at("pwrite", func(w *world, fd uintptr) string {
			return result(w.do(syscall.SYS_PWRITE64, fd, data, len(data), off))
		})
	case 5:
		return at("pread", func(w *world, fd uintptr) string {
			b := make([]byte, len(data))
			n, e := w.do(syscall.SYS_PREAD64, fd, b, len(b), off)
			return result(n, e) + string(b)
		})
	case 6, 7:
		whence := []int{0, 0, 0, 1, 2, 5}[r.Intn(6)]
		return operation{fmt.Sprintf("lseek %d %d %d", slot, off, whence), func(w *world) string {
			return result(w.do(syscall.SYS_LSEEK, w.fds[slot], off, whence))
		}}
	case 8:
		return at("ftruncate", func(w *world, fd uintptr) string { return result(w.do(syscall.SYS_FTRUNCATE, fd, min(off, 1<<40))) })
	case 9:
		return at("fstat", func(w *world, fd uintptr) string { return w.stat(fd, "", linux.AT_EMPTY_PATH) })
	case 10:
		return at("close", func(w *world, fd uintptr) string {
			w.fds[slot] = noFd
			return result(w.do(syscall.SYS_CLOSE, fd))
		})
	case 11:
		mode := []int{0, 1, 3, 2}[r.Intn(4)]
		return operation{fmt.Sprintf("fallocate %d %d %d %d", slot, mode, min(off, 1<<18), size), func(w *world) string {
			return result(w.do(syscall.SYS_FALLOCATE, w.fds[slot], mode, min(off, 1<<18), size))
		}}
	case 12:
		to, ranges := r.Intn(6), r.Intn(2) == 0
		return operation{fmt.Sprintf("copy %d bytes of %d to %d (%v)", size, slot, to, ranges), func(w *world) string {
			switch {
			case slot == to:
				return ""
			case ranges:
				return result(w.do(linux.SYS_COPY_FILE_RANGE, w.fds[slot], 0, w.fds[to], 0, size, 0))
			}
			return result(w.do(syscall.SYS_SENDFILE, w.fds[to], w.fds[slot], 0, size))
		}}
	case 13:
		return operation{fmt.Sprintf("writev %d", slot), func(w *world) string {
			v := [3]linux.Iovec{}
			if len(data) > 10 {
				v[0] = linux.Iovec{Base: addressOf(&data[0]), Len: 3}
				v[2] = linux.Iovec{Base: addressOf(&data[3]), Len: uintptr(len(data) - 3)}
			}
			return result(w.do(syscall.SYS_WRITEV, w.fds[slot], unsafe.Pointer(&v), 3))
		}}
	}
	return operation{fmt.Sprintf("flags of %d", slot), func(w *world) string {
		r, e := w.do(syscall.SYS_FCNTL, w.fds[slot], syscall.F_GETFL)
		return result(r&^0x8000, e) // amd64 kernels may or may not show O_LARGEFILE
	}}
}

// tree lists all that is below a directory, and what the files hold.
func (w *world) tree(t *testing.T, dir int, prefix string, out *[]string) {
	b := make([]byte, 1024)
	for {
		n := w.must(t, syscall.SYS_GETDENTS64, dir, b, len(b))
		if n == 0 {
			break
		}
		for rest := b[:n]; len(rest) > 0; rest = rest[get16(rest[16:]):] {
			name, _, _ := strings.Cut(string(rest[19:get16(rest[16:])]), "\x00")
			if name == "." || name == ".." {
				continue
			}
			line := fmt.Sprintf("%s%s type %d: %s", prefix, name, rest[18], w.stat(uintptr(dir), name, linux.AT_SYMLINK_NOFOLLOW))
			switch rest[18] {
			case syscall.DT_DIR:
				fd := w.must(t, syscall.SYS_OPENAT, dir, name, syscall.O_DIRECTORY, 0)
				w.tree(t, fd, prefix+name+"/", out)
				w.do(syscall.SYS_CLOSE, fd)
			case syscall.DT_LNK:
				target := make([]byte, 5000)
				n := w.must(t, syscall.SYS_READLINKAT, dir, name, target, len(target))
				line += " -> " + string(target[:n])
			case syscall.DT_REG:
				fd := w.must(t, syscall.SYS_OPENAT, dir, name, 0, 0)
				data := make([]byte, 400000)
				n := w.must(t, syscall.SYS_READ, fd, data, len(data))
				line += fmt.Sprintf(" %x", data[:n])
				w.do(syscall.SYS_CLOSE, fd)
			}
			*out = append(*out, line)
		}
	}
	slices.Sort(*out)
}

// TestSameAsHost does the same random calls on the host's kernel and here, and compares what they answer, and at the end
// what is left.
func TestSameAsHost(t *testing.T) {
	for i := range *rounds {
		s := *seed + int64(i)
		if !t.Run(fmt.Sprint("seed", s), func(t *testing.T) { sameAsHost(t, s) }) {
			return
		}
	}
}

func sameAsHost(t *testing.T, seed int64) {
	r := rand.New(rand.NewSource(seed))
	host := hostWorld(t)
	ours, _ := ourWorld(t)
	var done []string
	for range 1500 {
		op := pathOperation(r)
		if r.Intn(3) == 0 {
			op = fileOperation(r)
		}
		done = append(done, op.what)
		want, got := op.do(host), op.do(ours)
		if want != got {
			from := max(0, len(done)-60)
			t.Fatalf("%s\nhost:   %.300q\nmirage: %.300q", strings.Join(done[from:], "\n"), want, got)
		}
	}
	var want, got []string
	host.tree(t, host.must(t, syscall.SYS_OPENAT, host.dir, ".", syscall.O_DIRECTORY, 0), "", &want)
	ours.tree(t, ours.must(t, syscall.SYS_OPENAT, ours.dir, ".", syscall.O_DIRECTORY, 0), "", &got)
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("after seed %d the trees differ:\nhost:   %.300s\nmirage: %.300s", seed, at(want, i), at(got, i))
		}
	}
}

func at(s []string, i int) string {
	if i < len(s) {
		return s[i]
	}
	return "nothing"
}
