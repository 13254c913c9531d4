#!/usr/bin/env bash
# The official cvat-sdk and cvat-cli, in a virtual environment of their own, against `cvatplan sandbox`.
set -euo pipefail
venv=$1/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check -r interop/requirements.txt
[ "${2-}" != install ] || exit 0
go build -o "$1/cvatplan" ./cmd/cvatplan
CVATPLAN_BINARY=$1/cvatplan "$venv/bin/python" -m unittest discover -v -s interop
