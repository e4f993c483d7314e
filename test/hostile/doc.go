// Package hostile puts a machine on a network where not everybody means well.
//
// TestSiege: one peer sends whatever it likes, random frames, forged ARP and DHCP, fragments that overlap or never end, as fast
// as it can. The server in the machine must go on answering, and its memory must not grow. The peer is this test: QEMU carries the
// machine's Ethernet frames over UDP.
//
// TestStorm: a web server and a connection that stands, on a tap device in a network namespace; around them SYN floods, segments and
// ICMP errors forged in the connection's name, fragments, connections whose windows never open and requests that never end. Those
// who ask are answered meanwhile. MIRAGE_STORM=N makes it last N seconds.
//
// TestCrowd: many connections at once, in little memory. MIRAGE_CROWD=1 makes it 100,000 idle ones in 1 GiB, and 10,000 in 256 MiB,
// some minutes each.
package hostile
