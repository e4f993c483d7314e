// Package gpio uses the general-purpose pins of a board that the program runs on with nothing in between: a Raspberry Pi with
// GOOS=mirage. Its methods are those of periph.io's gpio.PinIO.
//
//	led, err := gpio.Open(17)
//	led.Out(gpio.High)
//
//	button, err := gpio.Open(27)
//	button.In(gpio.PullUp, gpio.FallingEdge)
//	for button.WaitForEdge(-1) {
//		fmt.Println("pressed")
//	}
//
// Pins are numbered as the chip numbers them: GPIO17, not pin 11 of the header. Nobody keeps a program from pins that the board
// itself uses: on a Pi those of the header are 2 to 27, and 14 and 15 among them are the serial console. On other systems there
// are no pins, and Open fails.
package gpio
