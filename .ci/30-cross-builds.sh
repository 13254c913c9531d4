#!/usr/bin/env bash
# Static binaries for every system that a release is made for.
set -euo pipefail
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do
  echo "$target"
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build -trimpath -o "$1/cross" ./cmd/cvatplan
done
