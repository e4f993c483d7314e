package debug

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Sockets are the first so many of those there are.
type Sockets struct {
	List   []Socket
	Total  int
	States map[string]int // how many sockets of TCP are in a state
	Memory map[string]int // octets that TCP's and UDP's buffers take, where it is said
}

// A Socket is a connection, one that listens, or one for datagrams.
type Socket struct {
	Protocol, State   string
	Local, Remote     netip.AddrPort
	RecvQueue         uint64 // octets; of one that listens: connections to be accepted
	SendQueue         uint64 // octets that are not acknowledged
	Retransmits       uint64
	Timeout           float64 // of retransmission, seconds
	Window, Threshold int64   // of congestion control, segments; threshold -1: none yet
	Drops             uint64  // datagrams
}

// states are TCP's as Linux numbers them (include/net/tcp_states.h).
var states = [...]string{
	1: "ESTAB", 2: "SYN-SENT", 3: "SYN-RECV", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "UNCONN", 8: "CLOSE-WAIT",
	9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW-SYN-RECV",
}

func (s source) sockets(limit int) Sockets {
	all := Sockets{States: map[string]int{}, Memory: s.socketMemory()}
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6"} {
		for line := range strings.Lines(s.read("proc/net/" + protocol)) {
			k, ok := parseSocket(protocol, strings.Fields(line))
			if !ok {
				continue // the heading
			}
			if all.Total++; strings.HasPrefix(protocol, "tcp") {
				all.States[k.State]++
			}
			if len(all.List) < limit {
				all.List = append(all.List, k)
			}
		}
	}
	return all
}

// parseSocket reads a line of proc_pid_net(5)'s tables: number, addresses, state, queues, timer, retransmissions, user, timer,
// inode, references, pointer; then for TCP the time-outs in hundredths of seconds and the windows, for the others drops.
func parseSocket(protocol string, f []string) (k Socket, ok bool) {
	if len(f) < 12 {
		return k, false
	}
	local, err1 := parseHexAddr(f[1])
	remote, err2 := parseHexAddr(f[2])
	state, err3 := strconv.ParseUint(f[3], 16, 8)
	send, recv, _ := strings.Cut(f[4], ":")
	if err1 != nil || err2 != nil || err3 != nil || int(state) >= len(states) || states[state] == "" {
		return k, false
	}
	k = Socket{Protocol: protocol, State: states[state], Local: local, Remote: remote, Threshold: -1}
	k.SendQueue, _ = strconv.ParseUint(send, 16, 32)
	k.RecvQueue, _ = strconv.ParseUint(recv, 16, 32)
	k.Retransmits, _ = strconv.ParseUint(f[6], 16, 32)
	switch tcp := strings.HasPrefix(protocol, "tcp"); {
	case !tcp && len(f) >= 13:
		k.Drops = number(f[12])
	case tcp && len(f) >= 17:
		k.Timeout = float64(number(f[12])) / 100
		k.Window = int64(number(f[15]))
		k.Threshold, _ = strconv.ParseInt(f[16], 10, 64)
	}
	return k, true
}

// parseHexAddr reads words of 32 bits in the machine's byte order, and the port.
func parseHexAddr(s string) (netip.AddrPort, error) {
	text, portText, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(text)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(portText, 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if len(b) != 4 && len(b) != 16 {
		return netip.AddrPort{}, strconv.ErrSyntax
	}
	for w := b; len(w) > 0; w = w[4:] {
		binary.NativeEndian.PutUint32(w, binary.BigEndian.Uint32(w))
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a, uint16(port)), nil
}

// socketMemory reads /proc/net/sockstat, which counts pages.
func (s source) socketMemory() map[string]int {
	const page = 4096
	all := map[string]int{}
	for line := range strings.Lines(s.read("proc/net/sockstat")) {
		f := strings.Fields(line)
		for i := 1; i+1 < len(f); i += 2 {
			if f[i] == "mem" {
				all[strings.TrimSuffix(f[0], ":")] = int(number(f[i+1])) * page
			}
		}
	}
	return all
}

// writeSockets lists sockets as ss does.
func writeSockets(w io.Writer, all Sockets) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "Netid\tState\tRecv-Q\tSend-Q\tLocal Address:Port\tPeer Address:Port\t")
	for _, k := range all.List {
		more := ""
		if k.Timeout != 0 {
			more = fmt.Sprintf("rto:%.0f cwnd:%d", k.Timeout*1000, k.Window)
			if k.Threshold >= 0 {
				more += fmt.Sprintf(" ssthresh:%d", k.Threshold)
			}
		}
		if k.Retransmits != 0 {
			more += fmt.Sprintf(" retrans:%d", k.Retransmits)
		}
		if k.Drops != 0 {
			more += fmt.Sprintf("drops:%d", k.Drops)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%v\t%v\t%s\n", k.Protocol, k.State, k.RecvQueue, k.SendQueue, k.Local, k.Remote, more)
	}
	t.Flush()
	if len(all.List) < all.Total {
		fmt.Fprintf(w, "and %d more: ?sockets=%d shows them\n", all.Total-len(all.List), all.Total)
	}
	names := make([]string, 0, len(all.States))
	for name := range all.States {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(w, "tcp %s: %d\n", name, all.States[name])
	}
}
