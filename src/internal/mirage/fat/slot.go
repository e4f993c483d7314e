package fat

import "internal/byteorder"

// A slot is a directory's entry as it is on the disk: "FAT Directory Structure", "Long Directory Entries".
type slot [slotSize]byte

const slotSize = 32

// Fields of a slot.
const (
	slotName      = 0
	slotAttr      = 11
	slotSmall     = 12 // Windows NT's: smallBase, smallExt; ours: moveBits
	slotMadeTenth = 13 // 10 ms
	slotMadeTime  = 14 // le16
	slotMadeDate  = 16
	slotUsedDate  = 18
	slotFirstHigh = 20
	slotTime      = 22
	slotDate      = 24
	slotFirstLow  = 26
	slotFileSize  = 28 // le32

	longOrder = 0  // counts down to 1; lastLong marks the first slot, which has the name's end
	longSum   = 13 // of the short name

	slotFree = 0xe5
	slotEnd  = 0 // and so are all behind it

	attrReadOnly = 0x01
	attrHidden   = 0x02
	attrSystem   = 0x04
	attrVolume   = 0x08
	attrFolder   = 0x10
	attrArchive  = 0x20
	attrLong     = attrReadOnly | attrHidden | attrSystem | attrVolume
	attrLongMask = attrLong | attrFolder | attrArchive

	lastLong = 0x40
	perLong  = 13 // units of a name in a slot

	// moveBits count how often a file was moved, modulo 4, so that of two entries for the same clusters, which a crash may
	// leave, the newer one is known. Windows' and Linux's drivers leave these bits alone; fsck.vfat takes 0x20 for a mark.
	moveBits  = 0xc0
	moveShift = 6
)

// longUnits are where the units of a long name are in a slot.
var longUnits = [perLong]int{1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30}

func (s *slot) name() short     { return short(s[:11]) }
func (s *slot) isLong() bool    { return s[slotAttr]&attrLongMask == attrLong }
func (s *slot) isFolder() bool  { return s[slotAttr]&attrFolder != 0 }
func (s *slot) size() int64     { return int64(byteorder.LEUint32(s[slotFileSize:])) }
func (s *slot) setSize(n int64) { byteorder.LEPutUint32(s[slotFileSize:], uint32(n)) }
func (s *slot) moves() byte     { return s[slotSmall] & moveBits >> moveShift }
func (s *slot) setMoves(n byte) { s[slotSmall] = s[slotSmall]&^moveBits | n<<moveShift&moveBits }
func (s *slot) setFirst(c uint32) {
	byteorder.LEPutUint16(s[slotFirstHigh:], uint16(c>>16))
	byteorder.LEPutUint16(s[slotFirstLow:], uint16(c))
}

// first is the first cluster. The upper half is another thing on FAT12 and FAT16.
func (s *slot) first(bits int) uint32 {
	c := uint32(byteorder.LEUint16(s[slotFirstLow:]))
	if bits == 32 {
		c |= uint32(byteorder.LEUint16(s[slotFirstHigh:])) << 16
	}
	return c & last
}

// longSlot makes slot number order, from 1, of a name.
func (l *long) longSlot(order int, sum byte) (s slot) {
	s[longOrder], s[slotAttr], s[longSum] = byte(order), attrLong, sum
	if order == l.slots() {
		s[longOrder] |= lastLong
	}
	for i, at := range longUnits {
		u := uint16(0xffff) // what is behind the end
		switch n := (order-1)*perLong + i; {
		case n < l.n:
			u = l.units[n]
		case n == l.n:
			u = 0
		}
		byteorder.LEPutUint16(s[at:], u)
	}
	return s
}

// slots is how many slots a name takes, besides the short one.
func (l *long) slots() int { return (l.n + perLong - 1) / perLong }

// A gather puts a long name together as its slots come by, its end first.
type gather struct {
	name  long
	sum   byte
	want  int // the next slot's order; 0: there is no name, or all of it is there
	start int // where its first slot is
	whole bool
}

// add takes a slot of a long name, which is number at in its directory, and reports whether it belongs where it is.
func (g *gather) add(s *slot, at int) bool {
	order := int(s[longOrder] &^ lastLong)
	switch {
	case order == 0 || order > (maxName+perLong-1)/perLong:
		g.drop()
		return false
	case s[longOrder]&lastLong != 0:
		*g = gather{sum: s[longSum], want: order, start: at}
		g.name.n = order * perLong
	case g.want != order || g.sum != s[longSum]:
		g.drop()
		return false
	}
	for i, p := range longUnits {
		u := byteorder.LEUint16(s[p:])
		n := (order-1)*perLong + i
		g.name.units[n] = u
		if u == 0 {
			g.name.n = min(g.name.n, n)
		}
	}
	g.want--
	g.whole = g.want == 0
	return true
}

func (g *gather) drop() { g.want, g.whole = 0, false }

// of reports whether there is a long name for a short one.
func (g *gather) of(s short) bool {
	return g.whole && g.sum == s.sum() && g.name.n > 0 && g.name.n <= maxName
}
