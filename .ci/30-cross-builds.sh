#!/usr/bin/env bash
# Static binaries for every system that a release is made for, and the version that a release sets.
set -euo pipefail
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
  echo "$target"
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} \
    go build -trimpath -ldflags '-s -w -X main.version=1.2.3' -o "$1/cross-${target/\//-}" ./cmd/cvatplan
done
CGO_ENABLED=0 GOOS=windows go vet -trimpath ./... # the tests compile there too
"$1/cross-$(go env GOHOSTOS)-$(go env GOHOSTARCH)" version | grep '^cvatplan 1\.2\.3 '
if command -v ldd >/dev/null && ldd "$1/cross-linux-amd64"; then
  echo "the binary is not static"
  exit 1
fi
