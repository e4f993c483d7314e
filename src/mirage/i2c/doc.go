// Package i2c uses the I2C buses of a board that the program runs on with nothing in between: a Raspberry Pi with GOOS=mirage. Its
// methods are those of periph.io's i2c.Bus and i2c.Dev, with a speed in Hz.
//
//	bus, err := i2c.Open(1)
//	sensor := &i2c.Dev{Bus: bus, Addr: 0x76}
//	id := make([]byte, 1)
//	err = sensor.Tx([]byte{0xd0}, id)
//
// Bus 1 of a Raspberry Pi is at pins 3 (SDA, GPIO2) and 5 (SCL, GPIO3) of its header, which it takes when it is used for the first
// time. On other systems there are no buses, and Open fails; a driver that asks for a Bus can be tested with one of its own.
package i2c
