// Package balloon drives the virtio memory balloon (virtio 1.2 section 5.5): the host says how much memory it wants back
// for itself, asks how much there is, and is told of memory that nobody uses.
//
// Package board opens a Device on a transport, with the machine's physical memory as a Memory. There is nothing else that
// uses a Device.
//
// One goroutine follows the host's target, one answers questions, one reports: it waits a while after memory became free,
// so that what is taken again at once costs the host nothing, and then names free blocks of 2 MiB, which stay free. No hint
// is given before a migration (section 5.5.6.4), and pages are not poisoned: what the host takes is written before it is
// read again.
//
// The host may want as much as it likes: it gets what the program can spare. Where it allows that (deflate on out of
// memory), the program takes memory back that it needs, and the host is told afterwards.
package balloon
