//go:build !mirage

package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"math/rand"
	"syscall"
	"testing"
)

// assemble is the bytes of a program.
func assemble(p ...bpfInstruction) (b []byte) {
	for _, i := range p {
		w := make([]byte, linux.SizeofSockFilter)
		put16(w, i.code)
		w[2], w[3] = i.yes, i.no
		put32(w[4:], i.k)
		b = append(b, w...)
	}
	return b
}

// dhcpProgram wants UDP datagrams to port 67 that are no later fragment, as a DHCP server asks for them: tcpdump -dd 'udp dst port
// 67 and ip'.
var dhcpProgram = []bpfInstruction{
	{bpfLoad | bpfAbs | bpfHalf, 0, 0, 12},
	{bpfJump | bpfEqual, 0, 8, 0x800},
	{bpfLoad | bpfAbs | bpfByte, 0, 0, 23},
	{bpfJump | bpfEqual, 0, 6, 17},
	{bpfLoad | bpfAbs | bpfHalf, 0, 0, 20},
	{bpfJump | bpfSet, 4, 0, 0x1fff},
	{bpfLoadX | bpfMsh | bpfByte, 0, 0, 14},
	{bpfLoad | bpfInd | bpfHalf, 0, 0, 16},
	{bpfJump | bpfEqual, 0, 1, 67},
	{bpfReturn, 0, 0, 262144},
	{bpfReturn, 0, 0, 0},
}

func TestBPF(t *testing.T) {
	frame := func(typ, fragment, port uint16, protocol, words byte) []byte {
		b := make([]byte, 14+int(words)*4+8)
		b[12], b[13] = byte(typ>>8), byte(typ)
		b[14], b[20], b[21], b[23] = 4<<4|words, byte(fragment>>8), byte(fragment), protocol
		b[14+words*4+2], b[14+words*4+3] = byte(port>>8), byte(port)
		return b
	}
	p := parseBPF(assemble(dhcpProgram...))
	if p == nil {
		t.Fatal("not taken")
	}
	for _, c := range []struct {
		frame []byte
		want  uint32
	}{
		{frame(0x800, 0, 67, 17, 5), 262144}, {frame(0x800, 0, 67, 17, 15), 262144}, {frame(0x800, 0x4000, 67, 17, 5), 262144},
		{frame(0x806, 0, 67, 17, 5), 0}, {frame(0x800, 1, 67, 17, 5), 0}, {frame(0x800, 0, 68, 17, 5), 0}, {frame(0x800, 0, 67, 6, 5), 0},
		{frame(0x800, 0, 67, 17, 5)[:36], 0}, {nil, 0},
	} {
		if got := p.run(c.frame, &bpfFacts{}); got != c.want {
			t.Errorf("%x: %d, want %d", c.frame, got, c.want)
		}
	}
}

func TestBPFFacts(t *testing.T) {
	for k, want := range map[uint32]uint32{bpfProtocol: 0x806, bpfKind: linux.PACKET_OUTGOING, bpfIface: 2} {
		p := parseBPF(assemble(bpfInstruction{bpfLoad | bpfAbs, 0, 0, k}, bpfInstruction{bpfReturn | bpfRetA, 0, 0, 0}))
		if got := p.run(nil, &bpfFacts{0x806, linux.PACKET_OUTGOING, 2}); got != want {
			t.Errorf("fact %#x is %#x, want %#x", k, got, want)
		}
	}
}

// randomProgram is mostly one that is taken.
func randomProgram(r *rand.Rand) []bpfInstruction {
	codes := []uint16{
		bpfLoad | bpfAbs, bpfLoad | bpfAbs | bpfHalf, bpfLoad | bpfAbs | bpfByte, bpfLoad | bpfInd | bpfByte, bpfLoad | bpfLen, bpfLoad | bpfImm,
		bpfLoadX | bpfImm, bpfLoadX | bpfMsh | bpfByte, bpfLoadX | bpfLen, bpfALU | bpfNeg, bpfMisc | bpfTAX, bpfMisc | bpfTXA,
		bpfJump | bpfAlways, bpfReturn, bpfReturn | bpfRetA,
	}
	for op := uint16(bpfAdd); op <= bpfXor; op += bpfSub {
		codes = append(codes, bpfALU|op, bpfALU|op|bpfX)
	}
	for op := uint16(bpfEqual); op <= bpfSet; op += bpfEqual {
		codes = append(codes, bpfJump|op, bpfJump|op|bpfX)
	}
	p := make([]bpfInstruction, 1+r.Intn(12))
	for i := range p {
		p[i] = bpfInstruction{codes[r.Intn(len(codes))], uint8(r.Intn(4)), uint8(r.Intn(4)), uint32(r.Intn(40))}
		if r.Intn(200) == 0 {
			p[i].code = uint16(r.Intn(300))
		}
	}
	p[len(p)-1] = bpfInstruction{bpfReturn | bpfRetA, 0, 0, 0}
	return p
}

// TestBPFSameAsHost has the host's kernel judge programs, and run those that it takes, on what a Unix socket receives.
func TestBPFSameAsHost(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Close(pair[0])
	defer syscall.Close(pair[1])
	host := hostWorld(t)
	taken := 0
	for i := range 50 * *rounds {
		r := rand.New(rand.NewSource(*seed + int64(i)))
		p := randomProgram(r)
		b := assemble(p...)
		f := make([]byte, linux.SizeofSockFprog)
		put16(f, uint16(len(p)))
		put64(f[8:], uint64(addressOf(&b[0])))
		_, e := host.do(syscall.SYS_SETSOCKOPT, pair[1], linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, f, len(f))
		ours := parseBPF(b)
		if (e == 0) != (ours != nil) {
			t.Fatalf("seed %d: %+v: the host: %v; taken here: %v", *seed+int64(i), p, e, ours != nil)
		}
		if e != 0 {
			continue
		}
		taken++
		frame := make([]byte, 1+r.Intn(60))
		r.Read(frame)
		want := 0
		// A datagram that the program does not want is lost without a word, or refused, by the version of the kernel.
		if syscall.Sendto(pair[0], frame, syscall.MSG_NOSIGNAL, nil) == nil {
			if n, err := syscall.Read(pair[1], make([]byte, 100)); err == nil {
				want = n
			}
		}
		if got := min(uint64(ours.run(frame, &bpfFacts{})), uint64(len(frame))); got != uint64(want) {
			t.Fatalf("seed %d: %+v of %x: %d, the host: %d", *seed+int64(i), p, frame, got, want)
		}
	}
	if taken < 10**rounds {
		t.Errorf("%d programs were taken", taken)
	}
}

func FuzzBPF(f *testing.F) {
	f.Add(assemble(dhcpProgram...), make([]byte, 60))
	f.Fuzz(func(t *testing.T, program, frame []byte) {
		if n := len(program) / linux.SizeofSockFilter; n == 0 || n > linux.BPF_MAXINSNS {
			return
		}
		if p := parseBPF(program); p != nil {
			p.run(frame, &bpfFacts{})
		}
	})
}
