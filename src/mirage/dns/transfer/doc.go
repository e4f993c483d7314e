// Package transfer hands zones on between servers: it gives them out by AXFR (RFC 5936) and IXFR (RFC 1995), tells
// secondaries of changes and hears of them by NOTIFY (RFC 1996), and keeps copies of others' zones. Queries and transfers
// may be signed (package tsig).
//
//	store, err := transfer.NewStore(server, transfer.Options{Allow: []transfer.Rule{{Prefix: net, Key: key.Name}}, Keys: keys}, zones...)
//	err = (&dns.StreamServer{Handle: store.HandleStream}).Serve(listener)
//	err = store.SetZone(changed)              // from then on served, and the secondaries are told
//
//	secondary := &transfer.Secondary{Store: store, Zone: name, Primaries: primaries}
//	err = secondary.Run(ctx)
//
// The code: store (the zones and what changed in them), history (differences), handle (what comes in), out (transfers to
// others), notify (telling others); secondary (when to ask), client (how), in (what comes back).
//
// It never signs zones and never takes dynamic updates. Every zone is in memory twice: as records, and in the server's
// index, which is built anew when one of the zones changes.
package transfer
