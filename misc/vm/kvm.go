package vm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// kvmPresent reports whether this host offers KVM, working or not.
func kvmPresent() bool {
	_, err := os.Stat("/dev/kvm")
	return err == nil
}

// probeCode is the exit code of the probe's image.
const probeCode = 0x41

// ProbeKVM reports why KVM cannot be used for amd64 machines on this host, nil if it can. /dev/kvm says little: on a
// host without hardware virtualization it may be there, and QEMU may start with it and fail later. So it boots an
// image of a few instructions, which takes some 50 ms.
func ProbeKVM() error {
	dir, err := os.MkdirTemp("", "mirage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	image := filepath.Join(dir, "probe")
	if err := os.WriteFile(image, pvhImage(pvhExit(probeCode)), 0o600); err != nil {
		return err
	}
	m, err := Config{Image: image, Accel: "kvm", Net: "none", NoConsole: true, TimeLimit: 3 * time.Second}.Start()
	if err != nil {
		return err
	}
	code, err := m.Wait()
	switch {
	case errors.Is(err, ErrTimeLimit):
		return errors.New("a machine hangs")
	case err != nil:
		return err
	case code != probeCode:
		return fmt.Errorf("a machine computes %d for %d", code, probeCode)
	}
	return nil
}
