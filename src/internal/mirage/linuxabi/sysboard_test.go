//go:build !mirage

package linuxabi

import (
	"errors"
	"strings"
	"testing"
)

// A fakeBoard is 48.312 degrees warm.
type fakeBoard struct{ silent bool }

func (fakeBoard) Model() string        { return "Raspberry Pi 3 Model B Rev 1.2" }
func (fakeBoard) Revision() uint32     { return 0xa02082 }
func (fakeBoard) Serial() uint64       { return 0x12345678 }
func (fakeBoard) Watchdog(int64) error { return nil }
func (fakeBoard) Restart()             {}
func (b fakeBoard) Property(tag uint32, v []uint32) error {
	if b.silent || tag != tagTemperature || len(v) != 2 {
		return errors.New("no")
	}
	v[1] = 48312
	return nil
}

func TestBoardFiles(t *testing.T) {
	w, p := booted(t, "/x")
	if e := p.plantBoard(fakeBoard{}); e != 0 {
		t.Fatal(e)
	}
	for name, want := range map[string]string{
		"/proc/device-tree/model":               "Raspberry Pi 3 Model B Rev 1.2\x00",
		"/proc/device-tree/serial-number":       "0000000012345678\x00",
		"/sys/class/thermal/thermal_zone0/temp": "48312\n",
		"/sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
	} {
		if got := w.readFile(t, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got, want := w.readFile(t, "/proc/cpuinfo"), "\nRevision\t: a02082\nSerial\t\t: 0000000012345678\nModel\t\t: Raspberry Pi 3 Model B Rev 1.2\n"; !strings.HasSuffix(got, want) {
		t.Errorf("/proc/cpuinfo ends with %q", got[max(0, len(got)-200):])
	}
	if got := temperature(fakeBoard{silent: true}); got != "" {
		t.Errorf("a firmware that does not answer says %q", got)
	}
}
