// Package tcp is TCP on a netstack.Stack, as connections and listeners of package net: a program that has put a stack together
// itself, on a tap device or with filters of its own, serves on it what it serves on sockets:
//
//	l, err := tcp.Listen(stack, netip.MustParseAddrPort("0.0.0.0:80"))
//	http.Serve(l, handler)
//
// On GOOS=mirage a program that makes no socket in a usual way carries no TCP; to import this package, if only for that, brings it.
package tcp
