package debug

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed page.html
var page string

// policy lets the page run its own script, ask where it came from, and nothing else.
var policy = "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; script-src '" + hashOf(page) + "'"

// hashOf is the source expression of the page's script: Content Security Policy Level 3, section 2.3.1.
func hashOf(page string) string {
	_, script, _ := strings.Cut(page, "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	sum := sha256.Sum256([]byte(script))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// How many sockets are listed, and how many may be asked for with ?sockets=N.
const (
	someSockets = 500
	mostSockets = 100000
)

// Handler serves the page at the path where it is mounted, which ends in a slash, and state and ss below it.
func Handler() http.Handler { return handler{system} }

type handler struct{ source }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are served here", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.URL.Path == "" || strings.HasSuffix(r.URL.Path, "/"):
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(page))
	case path.Base(r.URL.Path) == "state":
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(h.state(limitOf(r)))
	case path.Base(r.URL.Path) == "ss":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		writeSockets(w, h.sockets(limitOf(r)))
	default:
		http.NotFound(w, r)
	}
}

// limitOf is how many sockets are asked for.
func limitOf(r *http.Request) int {
	n, err := strconv.Atoi(r.FormValue("sockets"))
	if err != nil || n < 0 {
		return someSockets
	}
	return min(n, mostSockets)
}
