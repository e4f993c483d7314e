// Package resolver finds the answers to any question by asking the servers of the domain name system one after the other,
// from the root down, and keeps what it has learned.
//
//	r, err := resolver.New(resolver.Options{})
//	answer, err := r.Resolve(ctx, dns.MustParseName("example.org"), dns.TypeA)
//
//	conn, err := net.ListenPacket("udp", ":53")
//	err = r.Serve(conn)                        // or to answer others, for dns.StreamServer too
//
// The way of a question: Resolve -> chain (aliases) -> find (kept, or else) -> fetch (zone after zone, RFC 1034 section
// 5.3.3) -> askZone (server after server) -> exchange (one query) -> classify (what the answer means).
//
// Whatever comes from outside is hostile. A query has a random ID and port (RFC 5452); of an answer only that counts which
// the server is responsible for and that was asked (bailiwick); a question costs a bounded number of queries, aliases and
// nested questions, whatever loops there are; the cache is bounded. It asks servers for no more of a name than they need to
// know (RFC 9156), and gives old answers when no new ones can be had (RFC 8767).
//
// With Options.Forward it asks one resolver of somebody's instead (package dot: by TLS), and keeps what it learns all the same.
//
// It does not validate DNSSEC, and asks over IPv4 unless told otherwise.
package resolver
