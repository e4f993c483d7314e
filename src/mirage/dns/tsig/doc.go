// Package tsig signs DNS messages with secrets that two servers share, and verifies such signatures (RFC 8945).
//
//	session := tsig.Session{Key: key}         // a client
//	query = session.Sign(query, time.Now())
//	answer, err := session.Verify(answer, time.Now())
//
// A server takes the key from the query (Keys.Find), verifies, and signs with the same Session. The package has no I/O
// and no clock.
package tsig
