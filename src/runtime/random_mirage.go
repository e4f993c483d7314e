//go:build mirage

package runtime

import "internal/chacha8rand"

// Randomness: a generator seeded from all that the machine offers, to which drivers add. What leaves it does not tell
// what comes next, nor what came before.

var randomPool struct {
	mu     mutex
	state  chacha8rand.State
	seeded bool // by randomSeed, at the start of the boot
}

// readRandom is called once, for the runtime's own seed.
func readRandom(r []byte) int {
	if !randomPool.seeded {
		print("mirage: this machine has no source of random numbers (CPU instruction, loader's seed, or timing jitter)\n")
		print("mirage: give it one: -cpu max, or -device virtio-rng-pci\n")
		throw("boot: no randomness")
	}
	randomRead(r)
	return len(r)
}

// randomAdd mixes b in.
func randomAdd(b []byte) {
	p := &randomPool
	lock(&p.mu)
	for {
		var seed [32]byte
		n := copy(seed[:], b)
		b = b[n:]
		for i := 0; i < len(seed); i += 8 {
			v := poolNext()
			for j := 0; j < 8; j++ {
				seed[i+j] ^= byte(v >> (8 * j))
			}
		}
		p.state.Init(seed)
		if len(b) == 0 {
			break
		}
	}
	unlock(&p.mu)
}

// randomRead fills b.
func randomRead(b []byte) {
	p := &randomPool
	lock(&p.mu)
	for len(b) > 0 {
		v := poolNext()
		for j := 0; j < 8 && len(b) > 0; j++ {
			b[0] = byte(v >> (8 * j))
			b = b[1:]
		}
	}
	p.state.Reseed() // what was given out cannot be computed from the state any more
	unlock(&p.mu)
}

func poolNext() uint64 {
	for {
		if v, ok := randomPool.state.Next(); ok {
			return v
		}
		randomPool.state.Refill()
	}
}

// randomSeed gathers at least 256 bits from the machine, if it can. What the loader has given is wiped where it lay.
func randomSeed() {
	var b [64]byte
	n := 0
	if hwRandomFill(b[:]) {
		randomAdd(b[:])
		n = len(b)
	}
	for _, seed := range [...][]byte{bootInfo.Seed, bootInfo.KASLRSeed} {
		if len(seed) > 0 {
			randomAdd(seed)
			clear(seed)
			n += len(seed)
		}
	}
	if n < 32 && jitterFill(b[:]) {
		randomAdd(b[:])
		n += len(b)
	}
	clear(b[:])
	randomPool.seeded = n >= 32
}

// jitterFill gathers noise from how long the CPU takes for the same work, which depends on caches, interrupts of the
// host and other tenants. It is the last resort. Samples are credited a small fraction of a bit each, and must pass the
// two health tests of NIST SP 800-90B, 4.4: a machine that runs in lock step with its clock does not.
func jitterFill(b []byte) bool {
	const (
		samplesPerByte = 256 // an eighth of a bit each: four times what is needed
		maxRepeats     = 161 // 4.4.1: 1 + 20/H for H = 1/8, alpha = 2^-20
		window         = 512 // 4.4.2
		maxInWindow    = 500 // likewise
	)
	var scratch [64]uint64
	last, first := uint64(0), uint64(0)
	repeats, inWindow, seen := 0, 0, 0
	for i := range b {
		acc := uint64(0)
		for s := 0; s < samplesPerByte; s++ {
			start := counterRead()
			for j := range scratch {
				scratch[(uint64(j)*7+acc)%64] += acc ^ start
			}
			d := counterRead() - start
			if d == last {
				repeats++
			} else {
				repeats = 0
			}
			last = d
			if seen%window == 0 {
				first, inWindow = d, 0
			} else if d == first {
				inWindow++
			}
			seen++
			if repeats > maxRepeats || inWindow > maxInWindow {
				return false
			}
			acc = (acc<<7|acc>>57)*0x9e3779b97f4a7c15 ^ d
		}
		b[i] = byte(acc>>56) ^ byte(acc>>24) ^ byte(scratch[i%64])
	}
	return true
}
