package framebuffer

import (
	"errors"
	"internal/mirage/drivers/rpi/mailbox"
	"internal/mirage/mmio"
)

// ErrNone says that there is no screen.
var ErrNone = errors.New("framebuffer: no screen is connected")

var errAnswer = errors.New("framebuffer: the firmware's picture is none that was asked for")

// Tags: wiki, "Mailbox property interface", "Frame buffer".
const (
	tagAllocate   = 0x00040001 // alignment; becomes address and length
	tagScreen     = 0x00040003 // width and height of what is connected
	tagPitch      = 0x00040008
	tagPhysical   = 0x00048003 // width and height of what is shown
	tagVirtual    = 0x00048004 // width and height of the picture
	tagDepth      = 0x00048005 // bits of a pixel
	tagAlphaMode  = 0x00048007
	alphaIgnored  = 2
	depth         = 32
	busAddress    = 0x3fffffff // of an address of the GPU's: what is above says how it is cached
	largest       = 4096       // pixels, each way
	pictureAligns = 4096
)

// A Firmware answers questions: *mailbox.Mailbox is one.
type Firmware interface {
	Properties(tags ...mailbox.Tag) error
}

// Open has the firmware make a picture as large as the screen, and shows an empty one. mapped maps what the firmware says.
func Open(fw Firmware, mapped func(phys, size uint64) (mmio.Space, error)) (*Screen, error) {
	screen := []uint32{0, 0}
	if err := fw.Properties(mailbox.Tag{Number: tagScreen, Values: screen}); err != nil {
		return nil, err
	}
	width, height := screen[0], screen[1]
	if width == 0 || height == 0 {
		return nil, ErrNone
	}
	width, height = min(width, largest), min(height, largest)
	// All in one message: what is made depends on what is said before it.
	picture, pitch, got := []uint32{pictureAligns, 0}, []uint32{0}, []uint32{depth}
	if err := fw.Properties(
		mailbox.Tag{Number: tagPhysical, Values: []uint32{width, height}},
		mailbox.Tag{Number: tagVirtual, Values: []uint32{width, height}},
		mailbox.Tag{Number: tagDepth, Values: got},
		mailbox.Tag{Number: tagAlphaMode, Values: []uint32{alphaIgnored}},
		mailbox.Tag{Number: tagAllocate, Values: picture},
		mailbox.Tag{Number: tagPitch, Values: pitch},
	); err != nil {
		return nil, err
	}
	at, size := uint64(picture[0]&busAddress), uint64(picture[1])
	if at == 0 || got[0] != depth || pitch[0]%4 != 0 || uint64(pitch[0])*uint64(height) > size {
		return nil, errAnswer
	}
	pixels, err := mapped(at, size)
	if err != nil {
		return nil, err
	}
	s := newScreen(pixels, int(pitch[0]), int(width), int(height))
	if s == nil {
		return nil, errAnswer
	}
	return s, nil
}
