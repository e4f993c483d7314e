//go:build mirage

package runtime

// The interrupt controller: a GIC (gic_mirage_arm64.go), or a BCM2836's own (bcm2836_mirage_arm64.go).

// inputLines is the line plus one of an input, 0: none.
var inputLines [firstSpecial]uint8

func hasGIC() bool { return platform.Pi.Local == 0 }

// interruptsInit starts the interrupt controller, all inputs off but the timer.
func interruptsInit() {
	if hasGIC() {
		gicInit()
	} else {
		localInit()
	}
}

// interruptsPrepareCPU makes the interrupt controller ready for the CPU c, and reports whether it knows it.
func interruptsPrepareCPU(c *vcpu) bool {
	if hasGIC() {
		return gicPrepareCPU(c)
	}
	return localPrepareCPU(c)
}

// interruptsInitCPU makes interrupts reach the CPU that calls, c.
func interruptsInitCPU(c *vcpu) {
	if hasGIC() {
		gicInitCPU(c)
	} else {
		localInitCPU(c)
	}
}

// wakeCPU interrupts c, so that it looks at its run queue and its thread's signals.
//
//go:nosplit
func wakeCPU(c *vcpu) {
	if hasGIC() {
		gicWakeCPU(c)
	} else {
		localWakeCPU(c)
	}
}

// interrupt handles an interrupt.
//
//go:nowritebarrierrec
func interrupt() {
	if hasGIC() {
		gicInterrupt()
	} else {
		localInterrupt()
	}
}

// fireInput marks the line of an input that has fired.
//
//go:nowritebarrierrec
func fireInput(id uint32) {
	if line := inputLines[id]; line != 0 {
		irqFire(uint32(line) - 1)
	}
}

// irqWired attaches a line to input id, which is shared by all CPUs, -1 when there is no such input, when another line has
// it, or when there is no line.
func irqWired(id uint32, level, low bool) int32 {
	usable := localUsable
	if hasGIC() {
		usable = gicUsable
	}
	if low || !usable(id, level) {
		return -1
	}
	if old := inputLines[id]; old != 0 && !irqLines[old-1].closed {
		return -1
	}
	line := irqAlloc(id, level)
	if line < 0 {
		return -1
	}
	l := &irqLines[line]
	l.masked.Store(1) // the first wait opens it
	l.wired = true
	irqMask(l)
	if hasGIC() {
		onTrapStack(func() { gicConfigure(id, level) })
	}
	inputLines[id] = uint8(line) + 1
	return line
}

//go:nosplit
func irqMask(l *irqLine) {
	switch {
	case !l.wired:
	case hasGIC():
		gicMask(l.input)
	default:
		localMask(l.input)
	}
}

//go:nosplit
func irqUnmask(l *irqLine) {
	switch {
	case !l.wired:
	case hasGIC():
		gicUnmask(l.input)
	default:
		localUnmask(l.input)
	}
}

// irqMessage returns no line: messages are SPIs here, which the driver of the controller's message frame attaches to.
func irqMessage() (line int32, addr uint64, data uint32) { return -1, 0, 0 }

// addIOAPIC does nothing: there are none.
func addIOAPIC(pa uint64, base uint32) {}
