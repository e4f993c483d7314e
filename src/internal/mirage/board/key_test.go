//go:build !mirage

package board

import (
	"encoding/binary"
	"internal/mirage/drivers/bus/fdt"
	"testing"
)

// A property is a name and cells.
type property struct {
	name  string
	cells []uint32
}

// keyTree is a device tree with one node of these properties below the root: Devicetree Specification 0.4, chapter 5.
func keyTree(t *testing.T, properties []property) *fdt.Tree {
	var structure, strings []byte
	put := func(words ...uint32) {
		for _, w := range words {
			structure = binary.BigEndian.AppendUint32(structure, w)
		}
	}
	put(1, 0, 1, 'k'<<24) // the root, and in it "k"
	for _, p := range properties {
		put(3, uint32(4*len(p.cells)), uint32(len(strings)))
		put(p.cells...)
		strings = append(append(strings, p.name...), 0)
	}
	put(2, 2, 9)
	const header = 40
	n, all := uint32(len(structure)), uint32(header+len(structure)+len(strings))
	var blob []byte
	for _, w := range []uint32{0xd00dfeed, all, header, header + n, all, 17, 16, 0, uint32(len(strings)), n} {
		blob = binary.BigEndian.AppendUint32(blob, w)
	}
	tree, ok := fdt.Parse(append(append(blob, structure...), strings...))
	if !ok {
		t.Fatal("no tree")
	}
	return &tree
}

// Devicetree bindings gpio-keys and arm,pl061.
func TestPowerKey(t *testing.T) {
	pins := property{"gpios", []uint32{0x8005, 3, 1}}
	got, ok := powerKey(keyTree(t, []property{{"label", []uint32{0}}, pins, {"linux,code", []uint32{keyPower}}}))
	if !ok || got != (key{0x8005, 3, true}) {
		t.Errorf("%+v, %v", got, ok)
	}
	for _, p := range [][]property{
		nil,
		{pins},
		{pins, {"linux,code", []uint32{115}}},
		{pins, {"linux,code", []uint32{0, keyPower}}},
		{{"gpios", []uint32{0x8005, 3}}, {"linux,code", []uint32{keyPower}}},
		{{"linux,code", []uint32{keyPower}}},
	} {
		if got, ok := powerKey(keyTree(t, p)); ok {
			t.Errorf("%v: %+v", p, got)
		}
	}
}
