#!/usr/bin/env bash
# The GitHub Action's scripts against the embedded server and a GitHub of the test's own; the example workflows.
set -euo pipefail
if ! command -v jq >/dev/null || ! command -v curl >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jq curl
fi
[ "${2-}" != install ] || exit 0
GOBIN=$1 go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
"$1/actionlint" examples/dataset-repo/.github/workflows/*.yml
sed -n '/^```yaml/,/^```/{/^```/!p}' docs/saved-plans.md | "$1/actionlint" -
go build -o "$1/cvatplan" ./cmd/cvatplan
CVATPLAN_BINARY=$1/cvatplan python3 -m unittest discover -v -s interop/action
