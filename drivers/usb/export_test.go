//go:build !mirage

package usb

// Addresses is how many devices have one.
func (b *Bus) Addresses() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, used := range b.used {
		if used {
			n++
		}
	}
	return n
}
