// Package dns is the domain name system for servers: messages, zone files, and an authoritative answerer that a
// program puts on a socket, or straight on a network stack.
//
//	zone, err := dns.ReadZoneFile("example.com.zone", dns.MustParseName("example.com"))
//	server, err := dns.NewServer(dns.Options{}, zone)
//	conn, err := net.ListenPacket("udp", ":53")
//	err = server.Serve(conn)
//
//	listener, err := net.Listen("tcp", ":53")
//	err = (&dns.StreamServer{Handle: server.HandleStream}).Serve(listener)
//
// A Zone is read by ReadZone, or built with Zone.Add. Server.SetZones turns zones into an index and puts that in
// place of the old one at once; Server.Answer is the whole of answering, without I/O, clock or lock:
//
//	query -> memo.key, memo.find: the question has been asked before -> copy the kept answer
//	      -> request.parse -> resolver.resolve: which rrsets -> resolver.putSections: in wire form -> memo.add
//
// The code, by what it is about:
//
//	name type message edns       names, numbers and messages (Message is for clients and tests: Server has its own)
//	layout data parsedata        how each type's data is laid out; wire form to text and text to wire form,
//	bitmap place oddfields         with the parts that no table can say
//	svcparams number radix
//	scan zonefile zone           master files
//	build check index            what is served, ready for answering
//	request resolve dname nsec   from a query to the rrsets of its answer
//	nsec3 sha1 tsig ede
//	write respond                from rrsets to bytes
//	memo server serve            answers kept, the Server, sockets
//	streamserver stream          connections: limits and time-outs; queries and answers on one
//	servestream                  what a Server answers on one
//
// What is answered is meant to be what NSD answers, byte for byte but for the order of records, the case of names
// and TTLs; test/dns compares. Known differences, where NSD departs from the RFCs: the NSEC record for a name that
// DNAME leads to (RFC 4035 section 3.1.3.2), NSEC3 for a wildcard with a wildcard below it (RFC 5155 section
// 7.2.5), and owners of additional addresses from wildcards.
//
// The package never resolves for others (no recursion), never transfers zones, and never signs. Serve, StreamServer and
// ReadZoneFile are the only parts that reach the operating system; a program that does not use StreamServer links
// nothing of TCP.
package dns
