package wire

import "internal/byteorder"

// ARP is a message of the address resolution protocol for IPv4 on Ethernet (RFC 826).
type ARP []byte

// ARPLen is the length of a message in octets.
const ARPLen = 28

// Values of ARP.Op.
const (
	ARPRequest = 1
	ARPReply   = 2
)

// ParseARP checks that b is a request or a reply for IPv4 on Ethernet. What follows it is padding.
func ParseARP(b []byte) (ARP, bool) {
	if len(b) < ARPLen {
		return nil, false
	}
	// Hardware type 1, protocol type IPv4, lengths 6 and 4: the octets that are the same in each.
	if byteorder.BEUint64(b)>>16 != 0x0001_0800_0604 {
		return nil, false
	}
	a := ARP(b[:ARPLen])
	return a, a.Op() == ARPRequest || a.Op() == ARPReply
}

func (a ARP) Op() uint16     { return byteorder.BEUint16(a[6:8]) }
func (a ARP) SenderMAC() MAC { return MACFrom([6]byte(a[8:14])) }
func (a ARP) Sender() Addr   { return AddrFrom4([4]byte(a[14:18])) }
func (a ARP) TargetMAC() MAC { return MACFrom([6]byte(a[18:24])) }
func (a ARP) Target() Addr   { return AddrFrom4([4]byte(a[24:28])) }

// Put writes a whole message.
func (a ARP) Put(op uint16, senderMAC MAC, sender Addr, targetMAC MAC, target Addr) {
	_ = a[ARPLen-1]
	byteorder.BEPutUint64(a, 0x0001_0800_0604<<16|uint64(op))
	byteorder.BEPutUint64(a[8:16], uint64(senderMAC)<<16|uint64(sender.Bits32()>>16))
	byteorder.BEPutUint64(a[16:24], uint64(sender.Bits32())<<48|uint64(targetMAC))
	byteorder.BEPutUint32(a[24:28], target.Bits32())
}
