//go:build !mirage

package xentest

import (
	"encoding/binary"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Store is the daemon of the xenstore (docs/misc/xenstore.txt), for one guest, whose own folder is /local/domain/1.
type Store struct {
	// Fail, if set, says the error with which a request fails, "" for none.
	Fail func(kind uint32, path string) string

	domain *Domain
	port   uint32
	page   *dma.Memory

	mu      sync.Mutex
	values  map[string]string
	shared  map[string]string // permissions
	watches [][2]string       // path, token
	began   uint32            // transactions
	in      []byte
	out     []byte // what the ring has no room for
	quiet   bool
}

const home = "/local/domain/1/"

// NewStore makes the guest's store.
func (d *Domain) NewStore() *Store {
	s := &Store{domain: d, values: map[string]string{}, shared: map[string]string{}}
	s.page, s.port = d.Connect(xen.StoreFrame, xen.StorePort, s.serve)
	return s
}

func absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return home + path
}

// Set writes a value as another domain does.
func (s *Store) Set(path, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(absolute(path), value)
	s.flush()
}

// SetQuiet says whether requests stay unanswered. When they do not any more, those that were made are answered.
func (s *Store) SetQuiet(quiet bool) {
	s.mu.Lock()
	s.quiet = quiet
	s.mu.Unlock()
	s.serve()
}

// Get reads a value.
func (s *Store) Get(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[absolute(path)]
}

// Permissions are what XS_SET_PERMS was asked for last, with blanks in between.
func (s *Store) Permissions(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shared[absolute(path)]
}

// Delete removes a value.
func (s *Store) Delete(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, absolute(path))
	s.changed(absolute(path))
	s.flush()
}

// Watches is the number of watches.
func (s *Store) Watches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watches)
}

// Page is the shared page, and Raise tells the guest of changes in it: for tests that send what no daemon does.
func (s *Store) Page() *dma.Memory { return s.page }

// Raise sends the guest an event.
func (s *Store) Raise() { s.domain.Raise(s.port) }

func (s *Store) set(path, value string) {
	s.values[path] = value
	s.changed(path)
}

func (s *Store) changed(path string) {
	for _, w := range s.watches {
		if at := absolute(w[0]); path == at || strings.HasPrefix(path, at+"/") {
			s.send(15, 0, 0, path+"\x00"+w[1]+"\x00")
		}
	}
}

// serve answers the requests in the ring.
func (s *Store) serve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quiet {
		return
	}
	taken, put := s.page.Load32(2048), s.page.Load32(2052)
	for ; taken != put; taken++ {
		s.in = append(s.in, s.page.Bytes()[taken%1024])
	}
	s.page.Store32(2048, taken)
	for len(s.in) >= 16 {
		word := func(i int) uint32 { return binary.LittleEndian.Uint32(s.in[4*i:]) }
		if len(s.in) < 16+int(word(3)) {
			break
		}
		kind, request, transaction := word(0), word(1), word(2)
		body := string(s.in[16 : 16+word(3)])
		s.in = s.in[16+word(3):]
		answer, failure := s.answer(kind, body)
		if failure != "" {
			kind, answer = 16, failure+"\x00"
		}
		s.send(kind, request, transaction, answer)
	}
	s.flush()
	s.domain.Raise(s.port)
}

// answer does what a request asks for.
func (s *Store) answer(kind uint32, body string) (answer, failure string) {
	path, rest, _ := strings.Cut(body, "\x00")
	if s.Fail != nil {
		if failure = s.Fail(kind, path); failure != "" {
			return "", failure
		}
	}
	at := absolute(path)
	switch kind {
	case 1: // XS_DIRECTORY
		var names []string
		for p := range s.values {
			if below, ok := strings.CutPrefix(p, at+"/"); ok {
				name, _, _ := strings.Cut(below, "/")
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			answer += n + "\x00"
		}
		if names == nil {
			return "", "ENOENT"
		}
		return answer, ""
	case 2: // XS_READ
		v, ok := s.values[at]
		if !ok {
			return "", "ENOENT"
		}
		return v, ""
	case 4: // XS_WATCH
		token := strings.TrimSuffix(rest, "\x00")
		s.watches = append(s.watches, [2]string{path, token})
		defer s.send(15, 0, 0, path+"\x00"+token+"\x00")
	case 5: // XS_UNWATCH
		s.watches = slices.DeleteFunc(s.watches, func(w [2]string) bool { return w[1] == strings.TrimSuffix(rest, "\x00") })
	case 6: // XS_TRANSACTION_START
		s.began++
		return strconv.Itoa(int(s.began)) + "\x00", ""
	case 7: // XS_TRANSACTION_END
	case 11: // XS_WRITE
		s.set(at, rest)
	case 13: // XS_RM
		for p := range s.values {
			if p == at || strings.HasPrefix(p, at+"/") {
				delete(s.values, p)
			}
		}
		s.changed(at)
	case 14: // XS_SET_PERMS
		s.shared[at] = strings.TrimSuffix(strings.ReplaceAll(rest, "\x00", " "), " ")
	default:
		return "", "ENOSYS"
	}
	return "OK\x00", ""
}

func (s *Store) send(kind, request, transaction uint32, body string) {
	for _, w := range []uint32{kind, request, transaction, uint32(len(body))} {
		s.out = binary.LittleEndian.AppendUint32(s.out, w)
	}
	s.out = append(s.out, body...)
}

// flush moves to the ring what it has room for.
func (s *Store) flush() {
	taken, put := s.page.Load32(2056), s.page.Load32(2060)
	for ; len(s.out) > 0 && put-taken < 1024; put++ {
		s.page.Bytes()[1024+put%1024] = s.out[0]
		s.out = s.out[1:]
	}
	s.page.Store32(2060, put)
	s.domain.Raise(s.port)
}
