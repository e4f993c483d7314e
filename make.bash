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

# Prints the first go on PATH that is not a toolchain of ours: bin/ may well be on PATH.
find_go() {
  local candidate version
  while IFS= read -r candidate; do
    version=$(cd / && GOTOOLCHAIN=local "$candidate" env GOVERSION 2>/dev/null) || continue
    case $version in
      *-mirage.*) ;;
      devel* | go1.2[4-9]* | go1.[3-9][0-9]* | go[2-9]*) printf '%s\n' "$candidate" && return ;;
      *) die "$candidate is $version: Go 1.24 or later is needed" ;;
    esac
  done < <(type -aP go)
  die "no go on PATH: install Go 1.24 or later from https://go.dev/dl"
}

# Keeps of the user's settings of the go command where modules come from and where they are kept, and nothing else.
keep_module_settings() {
  local name value
  for name in GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE GOINSECURE GOPATH GOMODCACHE GOCACHE; do
    value=$(cd / && GOTOOLCHAIN=local "$go" env $name)
    [ -z "$value" ] || export "$name=$value"
  done
  export GOENV=off
}

# Prints the GOROOT of the base release: that of the Go on PATH if it is that release, else the golang.org/toolchain
# module's, which the go command gets.
find_base() {
  local answer
  answer=$(cd / && GOTOOLCHAIN=$base_version "$go" env GOROOT 2>&1) || die "cannot get $base_version: ${answer##*$'\n'}"
  printf '%s\n' "${answer##*$'\n'}"
}

case ${1:-} in "" | demo) ;; *) die "usage: ./make.bash [demo]" ;; esac
unset GOOS GOARCH GOAMD64 GOARM64 GOROOT GOTOOLDIR GOEXPERIMENT GODEBUG GO111MODULE GOBIN
export GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 HOME=${HOME:-$PWD/build/home}
go=$(find_go)
keep_module_settings
base=$(find_base)
export GOTOOLCHAIN=local
"$base/bin/go" build -o build/toolchain ./misc/toolchain || die "cannot build misc/toolchain with $base"
build/toolchain "$base"

if [ "${1:-}" = demo ]; then
  build/go/bin/go build -o build/demo ./misc/demo && exec build/demo
fi
