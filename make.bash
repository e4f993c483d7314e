#!/usr/bin/env bash
# Builds the toolchain: the base Go release, with src/, boot/ and drivers/ laid over it and runtime-patches/ applied.
set -euo pipefail
cd "$(dirname "$0")"
top=$PWD base_version=go1.26.8 tree=$PWD/build/go
say() { printf 'make.bash: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
unset GOOS GOARCH GOFLAGS GOROOT GOEXPERIMENT GOTOOLDIR GO111MODULE
export GOENV=off GOWORK=off CGO_ENABLED=0

mkdir -p build bin
exec 9>build/lock
flock 9

# What the rebuilt tools depend on.
tools_id() { (printf '%s\n' "$base_version"; cat runtime-patches/*.patch; find src/cmd src/internal/goos -type f -print0 | sort -z | xargs -0 cat) | sha256sum | cut -c1-12; }

# Puts src/, boot/ and drivers/ in place, and takes away what an earlier run had put there and is gone.
overlay() {
  (cd src && find . -type f -printf '%P\n') >build/overlay.new
  for d in boot drivers; do [ -d $d ] && (cd $d && find . -type f -printf "internal/mirage/$d/%P\n"); done >>build/overlay.new || true
  if [ -f build/overlay ]; then
    sort build/overlay >build/a; sort build/overlay.new >build/b
    comm -23 build/a build/b | while IFS= read -r f; do rm -f "$1/src/$f"; done
    rm build/a build/b
  fi
  cp -R -u --preserve=timestamps src/. "$1/src/"
  for d in boot drivers; do [ -d $d ] && mkdir -p "$1/src/internal/mirage/$d" && cp -R -u --preserve=timestamps $d/. "$1/src/internal/mirage/$d/"; done || true
  mv build/overlay.new build/overlay
}

id=$(tools_id)
if [ "$(cat build/id 2>/dev/null)" != "$id" ]; then
  base=$(GOTOOLCHAIN=$base_version go env GOROOT) || die "no Go on PATH, or no $base_version to be had"
  say "base $base"
  rm -rf build/go build/go.new build/overlay build/id
  mkdir build/go.new
  cp -a "$base/src" "$base/pkg" "$base/bin" "$base/lib" "$base/VERSION" "$base/go.env" build/go.new/
  [ -d "$base/test" ] && cp -a "$base/test" build/go.new/
  for p in runtime-patches/*.patch; do
    (cd build/go.new && GIT_CEILING_DIRECTORIES=$PWD/.. git apply -p1 "$top/$p") || die "$p does not apply to $base_version"
  done
  overlay "$top/build/go.new"
  version=$base_version-mirage.$id
  sed -i "1s/.*/$version/" build/go.new/VERSION
  sed -i "s/^const version = .*/const version = \`$version\`/" build/go.new/src/internal/buildcfg/zbootstrap.go
  mv build/go.new "$tree"
  tools=$tree/pkg/tool/$("$base/bin/go" env GOHOSTOS)_$("$base/bin/go" env GOHOSTARCH)
  for t in compile asm link go; do
    out=$tools/$t; [ $t = go ] && out=$tree/bin/go.new
    say "building $t"
    GOROOT=$tree GOTOOLCHAIN=local "$base/bin/go" -C "$tree/src" build -ldflags "-s -w -X runtime.buildVersion=$version" -o "$out.new" cmd/$t
  done
  for t in compile asm link; do mv "$tools/$t.new" "$tools/$t"; done
  mv "$tree/bin/go.new.new" "$tree/bin/go"
  echo "$id" >build/id
else
  overlay "$tree"
fi
ln -sfn ../build/go/bin/go bin/go
ln -sfn ../build/go/bin/gofmt bin/gofmt
