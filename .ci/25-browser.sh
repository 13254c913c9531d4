#!/usr/bin/env bash
# The HTML page in a real headless Chromium; screenshots of it are left in .ci/tmp/screenshots.
set -euo pipefail
if ! command -v chromium chromium-browser google-chrome >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi
[ "${2-}" != install ] || exit 0
go build -o "$1/cvatplan" ./cmd/cvatplan
CVATPLAN_BINARY=$1/cvatplan CVATPLAN_SCREENSHOTS=$1/screenshots python3 -m unittest discover -v -s interop/browser
