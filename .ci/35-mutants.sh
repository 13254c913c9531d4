#!/usr/bin/env bash
# 1,500 mutants of each small recording, read under a memory limit in child processes, one per processor; 2,000 of each video file.
set -euo pipefail
BAG_MUTANTS=1500 go test -count=1 -timeout 10m -run '^TestNoMutantCrashesOrTakesMemory$' ./internal/bag
VIDEO_MUTANTS=2000 go test -count=1 -timeout 5m -run '^TestNoMutantTakesMoreThanItsBytes$' ./internal/video
