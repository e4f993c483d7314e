// Package nethttp tests what net/http does otherwise in a machine than on Linux, where it is to be seen by nobody
// (src/net/http): a server looks for a client's departure only when a handler has run for a while, writes the date once a second
// and looks header names up.
package nethttp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	patience = 30 * time.Second      // for what is to come
	while    = 20 * time.Millisecond // for a handler: by then the server looks for its client
)

// serve starts a server with one handler and connects to it.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*http.Server)) net.Conn {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	for _, f := range change {
		f(s.Config)
	}
	s.Start()
	t.Cleanup(s.Close)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// ends reports whether the context's end comes.
func ends(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-time.After(patience):
		return false
	}
}

// What a handler may do with its context to see that the client has gone.
func TestClientLeaves(t *testing.T) {
	looks := map[string]func(*http.Request, http.ResponseWriter) bool{
		"done": func(r *http.Request, _ http.ResponseWriter) bool { return ends(r.Context()) },
		"child": func(r *http.Request, _ http.ResponseWriter) bool {
			ctx, cancel := context.WithCancelCause(r.Context())
			defer cancel(nil)
			return ends(ctx) && context.Cause(ctx) == context.Canceled
		},
		"after": func(r *http.Request, _ http.ResponseWriter) bool {
			called := make(chan bool, 1)
			defer context.AfterFunc(r.Context(), func() { called <- true })()
			select {
			case <-called:
				return true
			case <-time.After(patience):
				return false
			}
		},
		"error": func(r *http.Request, _ http.ResponseWriter) bool {
			for end := time.Now().Add(patience); time.Now().Before(end) && r.Context().Err() == nil; {
				time.Sleep(time.Millisecond)
			}
			return r.Context().Err() == context.Canceled
		},
		"notify": func(_ *http.Request, w http.ResponseWriter) bool {
			select {
			case <-w.(http.CloseNotifier).CloseNotify():
				return true
			case <-time.After(patience):
				return false
			}
		},
	}
	for name, look := range looks {
		for _, request := range []string{get, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"} {
			method, _, _ := strings.Cut(request, " ")
			t.Run(name+" "+method, func(t *testing.T) {
				entered, seen := make(chan bool), make(chan bool, 1)
				c := serve(t, func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					entered <- true
					seen <- look(r, w)
				})
				send(t, c, request)
				<-entered
				c.Close()
				if !<-seen {
					t.Error("the client's departure was not seen")
				}
			})
		}
	}
}

// A client that stays is not taken for one that has gone: not after its requests before, not when the time to read a request is
// over, and not when it has sent its next request already.
func TestClientStays(t *testing.T) {
	ended := make(chan error, 10)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			time.Sleep(while)
		}
		ended <- r.Context().Err()
		io.WriteString(w, r.Method)
	}, func(s *http.Server) { s.ReadTimeout = while / 2 })
	post := strings.Replace(get, "GET", "POST", 1)
	send(t, c, get+post+post+get+post)
	in := bufio.NewReader(c)
	for _, want := range []string{"GET", "POST", "POST", "GET", "POST"} {
		if got := answer(t, in); got != want {
			t.Errorf("the answer is %q, not %q", got, want)
		}
		if err := <-ended; err != nil {
			t.Errorf("the context ended: %v", err)
		}
	}
}

func answer(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A deadline that a handler sets for reading is kept by what reads beside it, and ends with the request.
func TestReadDeadline(t *testing.T) {
	ended := make(chan bool, 2)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(while))
			ended <- ends(r.Context())
			return
		}
		http.NewResponseController(w).SetReadDeadline(time.Now())
	})
	in := bufio.NewReader(c)
	send(t, c, get)
	answer(t, in)
	time.Sleep(while)
	send(t, c, strings.Replace(get, "GET", "POST", 1))
	if !<-ended {
		t.Error("the deadline has not ended the request's context")
	}
}

// A connection that a handler takes over has every octet that the client sends, whether the server was reading or not.
func TestHijack(t *testing.T) {
	for _, after := range []time.Duration{0, while} {
		t.Run(after.String(), func(t *testing.T) {
			got, request := make(chan string, 1), make(chan *http.Request, 1)
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(after)
				conn, buf, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				request <- r
				go func() {
					defer conn.Close()
					time.Sleep(while)
					b, err := io.ReadAll(buf)
					if err != nil {
						t.Error(err)
					}
					got <- string(b)
				}()
			})
			send(t, c, get)
			(<-request).Context().Err()
			send(t, c, "every ")
			time.Sleep(while)
			send(t, c, "octet")
			c.(*net.TCPConn).CloseWrite()
			if got := <-got; got != "every octet" {
				t.Errorf("%q came", got)
			}
		})
	}
}

// Of many clients of one server those are seen to leave that do, while others come and stay.
func TestSomeLeave(t *testing.T) {
	const clients = 40
	entered, left, stay := make(chan bool), make(chan string, clients), make(chan bool)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			return // done before anybody looks
		}
		entered <- true
		select {
		case <-r.Context().Done():
			left <- r.Header.Get("Client")
		case <-stay:
			left <- ""
		}
	}))
	defer s.Close()
	var conns [clients]net.Conn
	for i := range conns {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
		send(t, c, get)
		answer(t, bufio.NewReader(c))
		send(t, c, fmt.Sprintf("DELETE / HTTP/1.1\r\nHost: a\r\nClient: %d\r\n\r\n", i))
		<-entered
	}
	want := make(map[string]bool)
	for i := 1; i < clients; i += 2 {
		conns[i].Close()
		want[fmt.Sprint(i)] = true
	}
	for range clients / 2 {
		if client := <-left; !want[client] {
			t.Errorf("client %q was taken for one that left", client)
		} else {
			delete(want, client)
		}
	}
	close(stay)
	for range clients / 2 {
		if client := <-left; client != "" {
			t.Errorf("client %s stayed and was taken for one that left", client)
		}
	}
}

// The Date header is the time of the answer (RFC 9110, section 6.6.1).
func TestDate(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	in := bufio.NewReader(c)
	for range 3 {
		before := time.Now().Truncate(time.Second)
		send(t, c, get)
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil || date.Before(before) || date.After(time.Now()) {
			t.Errorf("the date is %q, %v; asked at %v", r.Header.Get("Date"), err, before)
		}
		time.Sleep(time.Second / 2)
	}
}
