package fat

import (
	"runtime"
	"unsafe"
)

// A weakPointer leads to a file as long as something else does, as one of package weak. That package itself would be initialized
// behind package time, whose initialization may open files: by then the file tree, and so this package, must be ready.
type weakPointer struct{ p unsafe.Pointer }

func weakTo(f *File) weakPointer {
	w := weakPointer{registerWeakPointer(unsafe.Pointer(f))}
	runtime.KeepAlive(f)
	return w
}

// file returns the file, nil if it is gone.
func (w weakPointer) file() *File {
	if w.p == nil {
		return nil
	}
	return (*File)(makeStrongFromWeak(w.p))
}

//go:linkname registerWeakPointer weak.runtime_registerWeakPointer
func registerWeakPointer(unsafe.Pointer) unsafe.Pointer

//go:linkname makeStrongFromWeak weak.runtime_makeStrongFromWeak
func makeStrongFromWeak(unsafe.Pointer) unsafe.Pointer
