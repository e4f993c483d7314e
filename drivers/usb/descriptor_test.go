//go:build !mirage

package usb

import "testing"

// ecm is the configuration of a CDC-ECM device, as QEMU's usb-net has it.
var ecm = []byte{
	9, 2, 80, 0, 2, 1, 7, 0xc0, 50,
	9, 4, 0, 0, 1, 2, 6, 0, 5,
	5, 0x24, 0, 0x10, 1,
	5, 0x24, 6, 0, 1,
	13, 0x24, 0xf, 3, 0, 0, 0, 0, 0xea, 5, 0, 0, 0,
	7, 5, 0x81, 3, 16, 0, 32,
	9, 4, 1, 0, 0, 10, 0, 0, 0,
	9, 4, 1, 1, 2, 10, 0, 0, 4,
	7, 5, 0x82, 2, 64, 0, 0,
	7, 5, 0x02, 2, 64, 0, 0,
}

// USB 2.0, 9.6; CDC 1.2, 5.2.3.
func TestConfiguration(t *testing.T) {
	ecm[2] = byte(len(ecm))
	c, ok := parseConfiguration(ecm)
	if !ok || c.Value != 1 || len(c.Interfaces) != 3 {
		t.Fatalf("%+v", c)
	}
	if u := c.Interfaces[0].Functional(6, 5); u == nil || u[4] != 1 {
		t.Errorf("union descriptor %v", u)
	}
	if c.Interfaces[0].Functional(6, 6) != nil || c.Interfaces[0].Functional(9, 3) != nil {
		t.Error("a descriptor that is not there, or shorter")
	}
	in, ok1 := c.Interface(1, 1).Find(Bulk, true)
	out, ok2 := c.Interface(1, 1).Find(Bulk, false)
	if _, ok := c.Interface(1, 0).Find(Bulk, true); !ok1 || !ok2 || ok || in != (Endpoint{2, true, Bulk, 64, 0}) || out != (Endpoint{2, false, Bulk, 64, 0}) {
		t.Errorf("endpoints %+v %+v", in, out)
	}
}

func FuzzConfiguration(f *testing.F) {
	f.Add(ecm)
	f.Add([]byte{9, 2, 18, 0, 1, 1, 0, 0, 0, 0, 4, 0})
	f.Add([]byte{48, 2, 0, 1, 1, 1, 0, 0, 0, 9}) // longer than all that there is
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := parseConfiguration(b)
		if !ok {
			return
		}
		for i := range c.Interfaces {
			for _, e := range c.Interfaces[i].Endpoints {
				if e.Number == 0 || e.Number > 15 || e.MaxPacket < 1 || e.MaxPacket > 1024 {
					t.Errorf("endpoint %+v", e)
				}
			}
			for subtype := range uint8(32) {
				c.Interfaces[i].Functional(subtype, 5)
			}
		}
	})
}

func FuzzDescriptors(f *testing.F) {
	f.Add([]byte{18, 1, 0, 2, 2, 0, 0, 64, 0x25, 5, 0xa2, 0xa4, 0, 0, 1, 2, 10, 2})
	f.Add([]byte{9, 0x29, 8, 0, 0, 1, 0, 0, 0xff})
	f.Add([]byte{6, 3, 'A', 0, 'B', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok := parseDevice(b); ok && d.Configurations > maxConfigurations {
			t.Errorf("%+v", d)
		}
		if h, ok := parseHub(b); ok && (h.ports < 1 || h.ports > 255 || h.powerTime > 510*millisecond) {
			t.Errorf("%+v", h)
		}
		if s, ok := parseString(b); ok && len(s) > 126 {
			t.Errorf("%q", s)
		}
	})
}
