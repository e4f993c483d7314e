// Package cong is TCP's congestion control: how many octets a connection may have in the network. NewReno (RFC 5681)
// and CUBIC (RFC 9438) stand behind one small interface.
//
// A connection of package tcp has one Controller and tells it what happened. Which octets are lost, and when, is not
// decided here; nor is anything sent. A Controller knows no clock and is called under its connection's lock.
package cong
