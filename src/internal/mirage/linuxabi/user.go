package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/linuxabi/linux"
	"unsafe"
)

// The caller's memory. Every pointer that comes with a system call goes through here.

// pageSize is the granularity in which memory is accessible or not.
const pageSize = 4096

// pointer makes a pointer of a checked address. The caller of the system call keeps what is there alive and in its
// place; vet cannot know, so that the conversion stands here alone.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// userBytes returns [p, p+n) as a slice to read from, or to write to if write is set. The error is EFAULT.
// It may be more than one Go object: the page that a string ends in.
//
//go:nocheckptr
func userBytes(p, n uintptr, write bool) ([]byte, linux.Errno) {
	if n == 0 {
		return nil, 0
	}
	if p+n < p || !accessible(p, n, write) {
		return nil, linux.EFAULT
	}
	return unsafe.Slice((*byte)(pointer(p)), n), 0
}

// userBuffer is userBytes for read and write: what is longer than Linux moves at once is cut (read(2)), and a length
// that is negative as a signed number is EINVAL.
func userBuffer(p, n uintptr, write bool) ([]byte, linux.Errno) {
	if int(n) < 0 {
		return nil, linux.EINVAL
	}
	return userBytes(p, min(n, linux.MAX_RW), write)
}

// load copies a T, which holds no pointers, from the caller's memory.
func load[T any](p uintptr) (v T, e linux.Errno) {
	b, e := userBytes(p, unsafe.Sizeof(v), false)
	if e == 0 {
		copy(bytesOf(&v), b)
	}
	return v, e
}

// store copies v, which holds no pointers, to the caller's memory.
func store[T any](p uintptr, v T) linux.Errno {
	b, e := userBytes(p, unsafe.Sizeof(v), true)
	if e == 0 {
		copy(b, bytesOf(&v))
	}
	return e
}

// bytesOf returns the memory of a value.
func bytesOf[T any](v *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v)) }

// loadSlice copies n values from the caller's memory; the caller has bounded n.
func loadSlice[T any](p uintptr, n int) ([]T, linux.Errno) {
	if n == 0 {
		return nil, 0
	}
	var zero T
	b, e := userBytes(p, uintptr(n)*unsafe.Sizeof(zero), false)
	if e != 0 {
		return nil, e
	}
	s := make([]T, n)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(b)), b)
	return s, 0
}

// userString copies a string that ends in NUL and is at most limit bytes long with it. tooLong is the error if it is
// longer; EFAULT if the memory ends first.
func userString(p uintptr, limit int, tooLong linux.Errno) (string, linux.Errno) {
	var s []byte
	for len(s) < limit {
		n := min(pageSize-int(p%pageSize), limit-len(s))
		b, e := userBytes(p, uintptr(n), false)
		if e != 0 {
			return "", e
		}
		if i := bytealg.IndexByte(b, 0); i >= 0 {
			if s == nil {
				return string(b[:i]), 0
			}
			return string(append(s, b[:i]...)), 0
		}
		s = append(s, b...)
		p += uintptr(n)
	}
	return "", tooLong
}

// userPath copies a path.
func userPath(p uintptr) (string, linux.Errno) {
	return userString(p, linux.PATH_MAX, linux.ENAMETOOLONG)
}

// putString stores s and a NUL in a buffer of n bytes. The error is tooSmall if it does not fit.
func putString(p, n uintptr, s string, tooSmall linux.Errno) linux.Errno {
	if uintptr(len(s)) >= n {
		return tooSmall
	}
	b, e := userBytes(p, uintptr(len(s))+1, true)
	if e == 0 {
		b[copy(b, s)] = 0
	}
	return e
}
