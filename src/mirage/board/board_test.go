//go:build !mirage

package board

import "testing"

// A machine that is no board says so, and nothing breaks.
func TestNone(t *testing.T) {
	if Model() != "" {
		t.Skip("this is " + Model())
	}
	if err := Restart(); err != ErrNone {
		t.Error(err)
	}
	if _, err := MAC(); err != ErrNone {
		t.Error(err)
	}
	if hz, err := Rate(ARM); err != ErrNone || hz != 0 {
		t.Error(hz, err)
	}
	if Revision() != 0 || Serial() != 0 {
		t.Error(Revision(), Serial())
	}
}
