//go:build !linux

package block

import "os"

// On other systems there are files alone.

func deviceGeometry(*os.File) (geometry, error) { return geometry{}, ErrUnsupported }
func deviceSize(*os.File) (int64, error)        { return 0, ErrUnsupported }
func (d *Disk) discard(off, n int64) error      { return ErrUnsupported }
func (d *Disk) zero(off, n int64) error         { return d.writeZeros(off, n) }
