#!/usr/bin/env bash
# 1,500 mutants of each small recording, read under a memory limit in child processes, one per processor.
set -euo pipefail
BAG_MUTANTS=1500 go test -count=1 -timeout 10m -run '^TestNoMutantCrashesOrTakesMemory$' ./internal/bag
