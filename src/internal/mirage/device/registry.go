package device

import "sync"

// A list keeps the devices of one kind in the order in which they were found.
type list[T comparable] struct {
	mu    sync.Mutex
	all   []T
	watch []func(T)
	gone  []func(T)
}

func (l *list[T]) add(d T) {
	l.mu.Lock()
	l.all = append(l.all, d)
	watch := l.watch
	l.mu.Unlock()
	for _, f := range watch {
		f(d)
	}
}

func (l *list[T]) each(f func(T)) {
	l.mu.Lock()
	all := l.all
	l.watch = append(l.watch, f)
	l.mu.Unlock()
	for _, d := range all {
		f(d)
	}
}

// remove takes d out of the list.
func (l *list[T]) remove(d T) {
	l.mu.Lock()
	var kept []T
	for _, e := range l.all {
		if e != d {
			kept = append(kept, e)
		}
	}
	was := len(kept) < len(l.all)
	l.all = kept
	gone := l.gone
	l.mu.Unlock()
	for _, f := range gone {
		if was {
			f(d)
		}
	}
}

func (l *list[T]) eachGone(f func(T)) {
	l.mu.Lock()
	l.gone = append(l.gone, f)
	l.mu.Unlock()
}

var (
	nics      list[NIC]
	consoles  list[Console]
	keyboards list[Keyboard]
	screens   list[Screen]
	entropy   list[Entropy]
	ports     list[Port]
	blocks    list[Block]
)

// AddNIC makes d known.
func AddNIC(d NIC) { nics.add(d) }

// EachNIC calls f for each NIC, those known now and those that come later.
func EachNIC(f func(NIC)) { nics.each(f) }

// AddConsole makes d known. The first becomes the program's standard input and output.
func AddConsole(d Console) { consoles.add(d) }

// EachConsole calls f for each console, those known now and those that come later.
func EachConsole(f func(Console)) { consoles.each(f) }

// AddKeyboard makes k known.
func AddKeyboard(k Keyboard) { keyboards.add(k) }

// RemoveKeyboard says that k, which was made known, is not there any more.
func RemoveKeyboard(k Keyboard) { keyboards.remove(k) }

// EachKeyboard calls f for each keyboard, those known now and those that come later.
func EachKeyboard(f func(Keyboard)) { keyboards.each(f) }

// AddScreen makes s known.
func AddScreen(s Screen) { screens.add(s) }

// EachScreen calls f for each screen, those known now and those that come later.
func EachScreen(f func(Screen)) { screens.each(f) }

// AddEntropy makes d known.
func AddEntropy(d Entropy) { entropy.add(d) }

// EachEntropy calls f for each source of randomness, those known now and those that come later.
func EachEntropy(f func(Entropy)) { entropy.each(f) }

// AddBlock makes d known.
func AddBlock(d Block) { blocks.add(d) }

// RemoveBlock says that d, which was made known, is not there any more.
func RemoveBlock(d Block) { blocks.remove(d) }

// EachBlock calls f for each disk, those known now and those that come later, and gone for each that goes.
func EachBlock(f, gone func(Block)) {
	blocks.each(f)
	blocks.eachGone(gone)
}

// A Port is a stream with a name that the host gave it, for whoever knows what it is for. It is nobody's console.
type Port struct {
	Name string
	Console
}

// AddPort makes p known.
func AddPort(p Port) { ports.add(p) }

// EachPort calls f for each port, those known now and those that come later.
func EachPort(f func(Port)) { ports.each(f) }
