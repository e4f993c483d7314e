//go:build !mirage

package irq

import (
	"testing"
)

func TestEventIsKeptForTheWaiter(t *testing.T) {
	e := NewEvent()
	e.Raise()
	e.Raise()
	if !e.Wait() {
		t.Fatal("a raised event is closed")
	}
	done := make(chan bool)
	go func() { done <- e.Wait() }()
	select {
	case <-done:
		t.Fatal("two raises before a wait are more than one")
	default:
	}
	e.Raise()
	if !<-done {
		t.Fatal("a raise was taken for a close")
	}
}

func TestCloseWakesTheWaiter(t *testing.T) {
	e := NewEvent()
	done := make(chan bool)
	go func() { done <- e.Wait() }()
	e.Close()
	if <-done {
		t.Fatal("Wait of a closed event returned true")
	}
	e.Raise()
	e.Close()
	if e.Wait() {
		t.Fatal("a closed event can be raised")
	}
}

func TestSharedInput(t *testing.T) {
	in := Input{Number: 77, Level: true}
	a, b := NewEvent(), NewEvent()
	if err := Attach(in, a.Raise); err != nil {
		t.Fatal(err)
	}
	if err := Attach(in, b.Raise); err != nil {
		t.Fatal(err)
	}
	if err := Attach(Input{Number: 77}, a.Raise); err != errConflict {
		t.Fatalf("an input with two triggers: %v", err)
	}
	for range 3 {
		Fire(77)
		a.Wait()
		b.Wait()
	}
}

func TestMessages(t *testing.T) {
	m1, err1 := NewMessage()
	m2, err2 := NewMessage()
	if err1 != nil || err2 != nil || m1.Addr == m2.Addr {
		t.Fatal(m1, m2, err1, err2)
	}
	if !Signal(m2.Addr, m2.Data) || Signal(m2.Addr, m2.Data+1) {
		t.Fatal("the message that was given is not the one that works")
	}
	if !m2.Line.Wait() {
		t.Fatal("closed")
	}
	defer SetMessages(nil)
	SetMessages(func() (Message, error) { return Message{Addr: 42}, nil })
	if m, err := NewMessage(); m.Addr != 42 || err != nil {
		t.Fatal("the source that was set is not used")
	}
}
