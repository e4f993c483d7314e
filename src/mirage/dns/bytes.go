package dns

import "internal/byteorder"

func be16(b []byte) uint16 { return byteorder.BEUint16(b) }
func be32(b []byte) uint32 { return byteorder.BEUint32(b) }
func le64(b []byte) uint64 { return byteorder.LEUint64(b) }

func appendBE16(dst []byte, n uint16) []byte { return byteorder.BEAppendUint16(dst, n) }
func appendBE32(dst []byte, n uint32) []byte { return byteorder.BEAppendUint32(dst, n) }
