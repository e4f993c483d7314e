// Command barrier has functions with write barriers where the runtime may have none, for the test that looks for them.
// It does not run.
package main

type node struct{ next *node }

var head *node

// onTrapStack stands for package runtime's.
//
//go:noinline
func onTrapStack(f func()) { f() }

func main() {
	n := new(node)
	onTrapStack(func() { head = n })
	onTrapStack(func() {
		if head != nil {
			one(n)
		}
	})
	onTrapStack(named)
	onTrapStack(func() { count(1) })
	onTrapStack(func() {
		if head == n {
			panic(n)
		}
	})
}

//go:noinline
func one(n *node) { two(n) }

//go:noinline
func two(n *node) {
	n.next = head
	count(2)
}

//go:noinline
func named() { head = nil }

var counter int

//go:noinline
func count(n int) { counter += n }
