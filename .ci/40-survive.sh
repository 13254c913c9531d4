#!/usr/bin/env bash
# The whole tables of accidents: the real program killed at each request of several kinds of apply, and
# every fault of the wire at each request, and who looks at each step of another run. `go test ./...` runs a
# part of them.
set -euo pipefail
CVATPLAN_SURVIVE=all go test -count=1 -v -parallel 12 -timeout 40m -run 'Killed|Fault|AtOnce|WhoLooks' ./cmd/cvatplan ./pkg/cvat |
  grep -v -e '^ *=== ' -e '^ *--- PASS'
