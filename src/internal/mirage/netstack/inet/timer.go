package inet

// A Timer is a function to be called at a time. The zero Timer with F set is ready for Network.Schedule.
type Timer struct {
	F     func(now int64) // called without locks held, in the stack's own goroutine
	at    int64
	index int // in the heap, from 1; 0 when it does not wait
}
