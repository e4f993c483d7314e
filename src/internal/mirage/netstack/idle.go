package netstack

// Idle reports whether nothing that was sent waits to leave: for a neighbour's address, or in a card.
func (s *Stack) Idle() bool {
	for _, i := range s.view.Load().ifaces {
		if i.neighbours.Asking() || i.v6.neighbours.Asking() || !i.nic.Idle() {
			return false
		}
	}
	return true
}
