package linuxabi

import "internal/mirage/linuxabi/linux"

// getrandom never waits: the machine does not start before it has randomness.
func getrandom(p *Process, a args) (uintptr, linux.Errno) {
	if a.a3&^(linux.GRND_NONBLOCK|linux.GRND_RANDOM|linux.GRND_INSECURE) != 0 ||
		a.a3&(linux.GRND_RANDOM|linux.GRND_INSECURE) == linux.GRND_RANDOM|linux.GRND_INSECURE {
		return 0, linux.EINVAL
	}
	b, e := userBytes(a.a1, min(a.a2, linux.MAX_RW), true)
	if e != 0 {
		return 0, e
	}
	random(b)
	return uintptr(len(b)), 0
}
