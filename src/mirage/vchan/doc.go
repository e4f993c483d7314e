// Package vchan is connections between two guests of one Xen, or a guest and its dom0, without a network: net.Conn and
// net.Listener on the streams of bytes in shared memory that libxenvchan speaks.
//
// A server waits at a path in the xenstore for one other domain, whose number it says:
//
//	l, err := vchan.Listen(7, "data/echo")
//	for {
//		c, err := l.Accept()
//		...
//
// and domain 7 connects to it by the server's number:
//
//	c, err := vchan.Dial(5, "data/echo")
//
// A path that does not begin with a slash is one in the server's folder, /local/domain/5 here; a guest may write below data in its
// own. What names and numbers there are is up to those who make the guests: `xl domid NAME` says a number, and Domain the
// machine's own. libxenvchan at the other end, as server or client, takes the absolute path.
//
// Either may be made first. Connections have deadlines as others have. One that the other side has closed ends with io.EOF behind all that was written, and is
// written to in vain (syscall.EPIPE); one whose other side has vanished without a word ends with syscall.ECONNRESET, within seconds.
// Neither side can close one direction alone, and when a machine is suspended its connections end.
//
// The other side is a domain like any other: what it writes besides bytes is checked, and can do no more than end the connection.
//
// Elsewhere than in a guest of Xen's, and on other systems than mirage, Listen and Dial fail with ErrNone.
package vchan
