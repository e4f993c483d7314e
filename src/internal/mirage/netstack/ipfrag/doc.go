// Package ipfrag puts fragmented datagrams together again (IPv4: RFC 791 section 3.2, RFC 815, RFC 1122 section 3.3.2;
// IPv6: RFC 8200 section 4.5).
//
// It is passive: the stack hands each fragment and the time to Input, gets whole datagrams back, and learns from
// Expire which ones never became whole. A datagram whose fragments overlap or disagree is dropped, with all of
// it that is still to come (RFC 5722 section 4 asks that of IPv6; the attacks are the same). Memory is bounded in
// all and per source. Nothing here sends, starts a goroutine or reads a clock.
package ipfrag
