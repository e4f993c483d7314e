package work

import (
	"cmd/go/internal/base"
	"cmd/go/internal/cfg"
)

// mirageInit refuses what an image cannot have: there is no C library below it, nor an operating system to load
// one from. Without this, CGO_ENABLED=1 ends in a C compiler's errors.
func mirageInit() {
	if cfg.Goos == "mirage" && cfg.BuildContext.CgoEnabled {
		base.Fatalf("go: cgo is not supported on %s/%s: unset CGO_ENABLED", cfg.Goos, cfg.Goarch)
	}
}
