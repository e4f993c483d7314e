//go:build !mirage

package store

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/irq"
	"testing"
)

// FuzzMessages has the store send anything. Whatever it is, only messages of a possible length are taken, and an answer goes
// to nobody who has not asked.
func FuzzMessages(f *testing.F) {
	f.Add(header{kind: watchEvent, size: 4}.append(nil))
	f.Add(append(header{kind: watchEvent, size: 4}.append(nil), "a\x001\x00"...))
	f.Add(append(header{kind: read, request: 1, size: 2}.append(nil), "ok"...))
	f.Add(header{kind: failure, request: 1, size: 5000}.append(nil))
	f.Fuzz(func(t *testing.T, in []byte) {
		c := newClient(&xen.Channel{Mem: dma.Alloc(dma.PageSize), Line: irq.NewEvent()})
		w := &Watch{C: make(chan struct{}, 1), token: "1"}
		c.watches["1"] = w
		c.asked = 1
		var err error
		for sent := 0; sent < len(in) && err == nil; {
			n := c.replies.Write(in[sent:])
			sent += n
			err = c.receive()
			if n == 0 && err == nil {
				t.Fatal("stuck")
			}
		}
		if len(c.in) > headerSize+maxBody {
			t.Fatalf("%d bytes are kept", len(c.in))
		}
		if len(c.answer) > 0 && c.asked != 0 {
			t.Fatal("two answers to a question")
		}
		if err == nil && c.asked == 0 {
			if m := <-c.answer; m.request != 1 || int(m.size) != len(m.body) {
				t.Fatalf("%+v", m)
			}
		}
	})
}
