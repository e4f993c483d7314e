//go:build mirage

package machine

import "unsafe"

// An Object is contents that can be mapped: pages of memory, of which each appears when it is first written, in front of
// a base that never changes. It is what ranges.Range's Object names, and a file tree's pages.
type Object uintptr

const pageSize = 4096

// NewObject makes an object that begins as base, which the caller keeps; 0 when there is no memory.
func NewObject(base []byte) Object {
	return Object(runtime_objectNew(uintptr(unsafe.Pointer(unsafe.SliceData(base))), uintptr(len(base))))
}

// Page returns page index, nil if it is the base's, or zero.
func (o Object) Page(index int64) []byte { return o.page(index, false) }

// Own returns page index to be written, and makes it if need be; nil when there is no memory.
func (o Object) Own(index int64) []byte { return o.page(index, true) }

func (o Object) page(index int64, make bool) []byte {
	p := runtime_objectPage(o, uintptr(index), make)
	if p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), pageSize)
}

// Resize sets the size in bytes. An access behind its last page is SIGBUS; what was there is gone.
func (o Object) Resize(size int64) { runtime_objectResize(o, uintptr(size)) }

// Drop forgets the pages from first to before last, but not copies of them that private mappings have.
func (o Object) Drop(first, last int64) { runtime_objectDrop(o, uintptr(first), uintptr(last)) }

// Held returns how many bytes of memory the pages take.
func (o Object) Held() int64 {
	pages, _ := runtime_objectUse(o)
	return int64(pages) * pageSize
}

// Mapped reports whether any mapping shows the object.
func (o Object) Mapped() bool {
	_, mapped := runtime_objectUse(o)
	return mapped > 0
}

// Written reports whether a mapping has written since it was last asked.
func (o Object) Written() bool { return runtime_objectWritten(o) }

// Free ends the object, which nobody maps.
func (o Object) Free() { runtime_objectFree(o) }

// UnmappedObject returns an object whose last mapping has gone, each time that happens once; 0 when there is none.
func UnmappedObject() Object { return runtime_objectIdle() }

func runtime_objectNew(base, n uintptr) uintptr
func runtime_objectPage(o Object, index uintptr, make bool) unsafe.Pointer
func runtime_objectResize(o Object, size uintptr)
func runtime_objectDrop(o Object, first, last uintptr)
func runtime_objectUse(o Object) (pages, mapped uintptr)
func runtime_objectWritten(o Object) bool
func runtime_objectFree(o Object)
func runtime_objectIdle() Object
