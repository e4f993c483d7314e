#!/usr/bin/env bash
# Builds the toolchain and the commands into build/ and bin/: run it again after any change.
#
#   ./make.bash         builds
#   ./make.bash demo    builds, installs QEMU if it is missing, boots the DNS example on amd64 and arm64, asks it
#
# Here a Go on PATH gets the base release; misc/toolchain does the rest with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
base_version=go1.26.8

die() { printf 'make.bash: %s\n' "$*" >&2; exit 1; }

# Nothing of the caller's settings may steer the build but where modules come from and where they are kept.
settle_environment() {
  command -v go >/dev/null || die "no go on PATH: install Go 1.24 or later from https://go.dev/dl"
  [ -n "${HOME:-}" ] || export HOME=$PWD/build/home
  unset GOOS GOARCH GOAMD64 GOARM64 GOROOT GOTOOLDIR GOEXPERIMENT GODEBUG GO111MODULE GOBIN
  local name value
  for name in GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE GOINSECURE GOPATH GOMODCACHE GOCACHE; do
    value=$(cd / && GOTOOLCHAIN=local go env $name) || die "the go on PATH does not work"
    [ -z "$value" ] || export "$name=$value"
  done
  export GOENV=off GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0
}

check_go() {
  local version
  version=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
  case $version in
    devel*|go1.2[4-9]*|go1.[3-9][0-9]*|go[2-9]*) ;;
    *) die "the go on PATH is ${version:-too old}: Go 1.24 or later is needed" ;;
  esac
}

# Prints the GOROOT of the base release: the Go on PATH if it is that, else the golang.org/toolchain module.
find_base() {
  local answer
  answer=$(cd / && GOTOOLCHAIN=$base_version go env GOROOT 2>&1) || die "cannot get $base_version: ${answer##*$'\n'}"
  printf '%s\n' "${answer##*$'\n'}"
}

settle_environment
check_go
base=$(find_base)
export GOTOOLCHAIN=local
"$base/bin/go" build -o build/toolchain ./misc/toolchain || die "cannot build misc/toolchain with $base"
build/toolchain "$base"

case ${1:-} in
  "") ;;
  demo) build/go/bin/go build -o build/demo ./misc/demo && exec build/demo ;;
  *) die "usage: ./make.bash [demo]" ;;
esac
