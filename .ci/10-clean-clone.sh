#!/usr/bin/env bash
# The README's first command, in a fresh clone: it applies, and run again it has nothing to do.
set -euo pipefail
clone=$1/clone
rm -rf "$clone"
git clone -q . "$clone"
cd "$clone"
go run ./cmd/cvatplan apply examples/quickstart/cvatplan.yaml
go run ./cmd/cvatplan apply examples/quickstart/cvatplan.yaml | tee second.txt
grep -q '^Plan: 0 to create, 0 to resume, 0 in conflict, 0 drifted, 4 unchanged' second.txt
