package boot

// struct start_info: Xen, xen/include/public/xen.h. The image is linked so that addresses in the space that the loader has
// made are those of the guest's memory (XEN_ELFNOTE_VIRT_BASE is 0).
const (
	pvMagic = "xen-3." // of 32 bytes

	pvPages       = 32  // u64
	pvShared      = 40  // u64, machine address of the shared info
	pvStore       = 56  // u64, machine frame of the xenstore's page
	pvStorePort   = 64  // u32
	pvConsole     = 72  // u64, machine frame of the console's page
	pvConsolePort = 80  // u32
	pvTables      = 88  // u64, address of the root of the page tables
	pvNTables     = 96  // u64
	pvFrames      = 104 // u64, address of the list of machine frames
	pvModule      = 112 // u64
	pvModuleSize  = 120 // u64
	pvCmdline     = 128 // a string
	pvCmdlineSize = 1024
	pvSize        = 1168
)

// PV is what Xen tells a guest of the kind PV of itself. Frames are the machine's.
type PV struct {
	Pages       uint64 // of memory
	SharedInfo  uint64 // machine address
	Store       uint64 // frame
	StorePort   uint32
	Console     uint64 // frame
	ConsolePort uint32
	Tables      Range  // the loader's page tables, the root first
	Frames      uint64 // where the frames of all pages are listed
}

// readShared reads what the guest shares with others.
func (pv *PV) readShared(s []byte) {
	pv.SharedInfo = le64(s[pvShared:])
	pv.Store, pv.StorePort = le64(s[pvStore:]), le32(s[pvStorePort:])
	pv.Console, pv.ConsolePort = le64(s[pvConsole:]), le32(s[pvConsolePort:])
}

// Save makes the start info that page begins with ready for a toolstack, which wants to know which pages of the guest's are the
// xenstore's and the console's: a frame means nothing in another domain.
func (pv *PV) Save(page []byte, store, console uint64) {
	put64(page[pvStore:], store)
	put64(page[pvConsole:], console)
}

// Restore reads in the same place what the toolstack has made of it, after Save. Where the guest has stayed the same domain it has made
// nothing, and frames are what they were.
func (pv *PV) Restore(page []byte, same bool) {
	if same {
		put64(page[pvStore:], pv.Store)
		put64(page[pvConsole:], pv.Console)
	}
	pv.readShared(page)
}

func put64(b []byte, v uint64) {
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
}

// ReadPV reads the start info that page, at physical address at, begins with. The error says what is wrong, "" when nothing
// is. Kept is what the loader has put behind the image and the guest goes on using.
func (i *Info) ReadPV(pv *PV, page []byte, at uint64) (problem string) {
	s := cut(page, 0, pvSize)
	if s == nil || string(s[:len(pvMagic)]) != pvMagic {
		return "the loader passed no PV start info"
	}
	*pv = PV{Pages: le64(s[pvPages:]), Frames: le64(s[pvFrames:])}
	pv.readShared(s)
	const page4K, most = 4096, 1 << 40 / 4096
	if pv.Pages == 0 || pv.Pages > most || !i.addRAM(0, pv.Pages*page4K) {
		return "PV start info gives the guest no memory, or more than 1 TiB"
	}
	memory := pv.Pages * page4K
	within := func(start, size uint64) bool { return start <= memory && size <= memory-start }
	root, n := le64(s[pvTables:]), le64(s[pvNTables:])
	if root%page4K != 0 || n == 0 || n > pv.Pages || !within(root, n*page4K) {
		return "the page tables of PV start info lie outside the guest's memory"
	}
	if pv.Frames%8 != 0 || !within(pv.Frames, pv.Pages*8) {
		return "the list of frames of PV start info lies outside the guest's memory"
	}
	if !within(at, page4K) {
		return "PV start info lies outside the guest's memory"
	}
	pv.Tables = Range{root, root + n*page4K}
	end := max(at+page4K, pv.Frames+pv.Pages*8, pv.Tables.End)
	i.Kept = Range{min(at, pv.Frames, root), (end + page4K - 1) &^ (page4K - 1)}
	if size := le64(s[pvModuleSize:]); size != 0 {
		start := le64(s[pvModule:])
		if !within(start, size) {
			return "the module of PV start info lies outside the guest's memory"
		}
		i.Initrd = Range{start, start + size}
	}
	i.CommandLine = cutString(s[:pvCmdline+pvCmdlineSize], pvCmdline, pvCmdlineSize)
	if i.CommandLine == nil {
		return "the command line of PV start info has no end"
	}
	return ""
}
