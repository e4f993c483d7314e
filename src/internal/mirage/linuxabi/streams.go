package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"sync/atomic"
)

// A program that can never ask for a TCP socket carries no TCP: nothing here names it. The linker of images looks whether
// something in the program could make a socket, and only then has streamFamily point to tcpFamily (see mirageChoices in
// src/cmd/link/internal/ld). Who makes system calls by number alone asks for it by importing mirage/netstack/tcp.

// streams is TCP as the rest of the package uses it.
type streams interface {
	newSocket(v6 bool, domain int) (socket, linux.Errno)
	finish() bool // ends sending, and reports whether all has arrived
	rows(v6 bool, inodes map[any]uint64) []row
	count(v6 bool) streamCount
	memoryUsed() int64
	counts() []counted // those of /proc/net/snmp
	extras() []counted // those of /proc/net/netstat
}

// A streamMaker makes streams on a stack. Their buffers take at most so many octets together.
type streamMaker struct {
	open func(s *netstack.Stack, memory int64) streams
}

var absentFamily = streamMaker{func(*netstack.Stack, int64) streams { return noStreams{} }}

// A streamCount is how many TCP sockets of one family there are.
type streamCount struct{ used, orphans, waiting int }

// noStreams is what there is without TCP.
type noStreams struct{}

// newSocket says once what whoever made the program could not know.
func (noStreams) newSocket(bool, int) (socket, linux.Errno) {
	if !streamsMissed.Swap(true) {
		lastResort([]byte("mirage: this program has no TCP: one that makes sockets by the number of the system call has to import mirage/netstack/tcp\n"))
	}
	return nil, linux.EPROTONOSUPPORT
}

var streamsMissed atomic.Bool

func (noStreams) finish() bool                    { return true }
func (noStreams) rows(bool, map[any]uint64) []row { return nil }
func (noStreams) count(bool) (n streamCount)      { return n }
func (noStreams) memoryUsed() int64               { return 0 }
func (noStreams) counts() []counted               { return zeros(streamNames) }
func (noStreams) extras() []counted               { return nil }

// zeros are counters of what is not there.
func zeros(names []string) []counted {
	all := make([]counted, len(names))
	for i, name := range names {
		all[i].name = name
	}
	return all
}

// streamNames are TCP's counters: RFC 4022.
var streamNames = []string{
	"RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets", "CurrEstab", "InSegs",
	"OutSegs", "RetransSegs", "InErrs", "OutRsts", "InCsumErrors",
}
