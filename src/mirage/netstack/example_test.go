package netstack_test

import (
	"bytes"
	"fmt"
	"log"
	"mirage/netstack"
	"net/netip"
	"os"
)

// A server that answers datagrams straight on the machine's stack; on Linux, on a socket.
func ExampleHandleUDP() {
	udp, err := netstack.HandleUDP(netip.MustParseAddrPort("0.0.0.0:7"), func(dst, query []byte, from netip.AddrPort) []byte {
		return append(dst, query...)
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(udp.Wait())
}

// The same stack on Linux, in the program, over a tap device; on GOOS=mirage Open returns the machine's.
func ExampleOpen() {
	stack, err := netstack.Open(netstack.Config{Tap: "tap0", Addr: netip.MustParsePrefix("10.0.0.2/24"), Gateway: netip.MustParseAddr("10.0.0.1")})
	if err != nil {
		log.Fatal(err)
	}
	defer stack.Close()
	stack.Wait()
	for _, i := range stack.Interfaces() {
		fmt.Println(i.Name, i.MAC, i.Addrs)
	}
}

// A protocol of one's own on Ethernet: stations that say who they are.
func ExampleStack_HandleEther() {
	stack, err := netstack.Open(netstack.Config{Tap: "tap0"})
	if err != nil {
		log.Fatal(err)
	}
	const forExperiments = 0x88b5
	hello, err := stack.HandleEther(forExperiments, func(f netstack.Frame) {
		fmt.Printf("%v says %s\n", f.Source, bytes.TrimRight(f.Payload, "\x00"))
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range stack.Interfaces()[1:] { // without lo
		hello.Send(i.Index, netstack.Broadcast, []byte("hello, here is "+i.MAC.String()))
	}
}

// A protocol of one's own on IP, that answers what it gets.
func ExampleStack_HandleIP() {
	stack, err := netstack.Open(netstack.Config{Tap: "tap0"})
	if err != nil {
		log.Fatal(err)
	}
	const forExperiments = 253
	var ip *netstack.IP
	ready := make(chan struct{})
	ip, err = stack.HandleIP(forExperiments, func(p netstack.Packet) {
		<-ready
		ip.Send(p.Destination, p.Source, p.Payload)
	})
	if err != nil {
		log.Fatal(err)
	}
	close(ready)
}

// A packet filter: nobody outside the network 10.0.0.0/8 reaches port 22.
func ExampleStack_Filter() {
	stack, err := netstack.Open(netstack.Config{Tap: "tap0"})
	if err != nil {
		log.Fatal(err)
	}
	inside := netip.MustParsePrefix("10.0.0.0/8")
	remove := stack.Filter(func(v netstack.View) bool {
		if v.Out {
			return true
		}
		p, ok := v.IP()
		if !ok {
			return true
		}
		_, port, ok := p.Ports()
		return !ok || port != 22 || inside.Contains(p.Source)
	})
	defer remove()
}

// A record of what the machine hears and says, for tcpdump.
func ExampleStack_Capture() {
	stack, err := netstack.Open(netstack.Config{Tap: "tap0"})
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Create("/tmp/traffic.pcap")
	if err != nil {
		log.Fatal(err)
	}
	capture := stack.Capture(file)
	// ...
	if dropped, err := capture.Stop(); err != nil || dropped > 0 {
		log.Println(dropped, "frames are missing:", err)
	}
	file.Close()
}
