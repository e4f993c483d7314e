// Package spi uses the SPI buses of a board that the program runs on with nothing in between: a Raspberry Pi with GOOS=mirage. Its
// methods are those of periph.io's spi.Port and spi.Conn, with a speed in Hz.
//
//	port, err := spi.Open(0, 0)
//	chip, err := port.Connect(1_000_000, spi.Mode0, 8)
//	got := make([]byte, 3)
//	err = chip.Tx([]byte{1, 0x80, 0}, got)
//
// Bus 0 of a Raspberry Pi is at pins 19 (MOSI, GPIO10), 21 (MISO, GPIO9), 23 (SCLK, GPIO11), 24 (chip 0, GPIO8) and 26 (chip 1, GPIO7)
// of its header, which it takes when it is used for the first time. On other systems there are no buses, and Open fails.
package spi
