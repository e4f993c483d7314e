package netfront

// queueOf picks the queue in which a frame is sent: the same for all of a connection, so that they stay in order.
func (d *Device) queueOf(b []byte) *queue {
	if len(d.queues) == 1 {
		return d.queues[0]
	}
	// Addresses and ports, where there are no options: else it is all the same a number that does not change.
	const from4, to4, from6, to6 = minFrame + 12, minFrame + 24, minFrame + 8, minFrame + 44
	from, to := from4, to4
	if len(b) > minFrame && isIPv6(b) {
		from, to = from6, to6
	}
	sum := uint32(0)
	for _, v := range b[min(from, len(b)):min(to, len(b))] {
		sum = sum*31 + uint32(v)
	}
	return d.queues[sum%uint32(len(d.queues))]
}
