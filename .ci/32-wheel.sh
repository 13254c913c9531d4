#!/usr/bin/env bash
# The wheel: built from the static binary, installed from its file into a fresh virtual environment, and it answers.
# The same input must make the same bytes, and each system that is released must have a wheel.
set -euo pipefail
wheels=$1/wheels
rm -rf "$wheels" "$1/wheel-venv"
for target in $(sed -n 's/^for target in \(.*\); do$/\1/p' .ci/30-cross-builds.sh); do
  wheel=$(python3 packaging/wheel.py --binary "$1/cross-${target/\//-}" --version v1.2.3 \
    --os "${target%/*}" --arch "${target#*/}" --out "$wheels")
  echo "$target ${wheel##*/}"
done
python3 packaging/wheel.py --binary "$1/cross-linux-amd64" --version v1.2.3 --os linux --arch amd64 --out "$wheels/again" >/dev/null
cmp "$wheels"/cvatplan-1.2.3-*linux*_x86_64.whl "$wheels/again/"*.whl
python3 -m venv "$1/wheel-venv"
"$1/wheel-venv/bin/pip" install -q --disable-pip-version-check --no-index --find-links "$wheels" cvatplan==1.2.3
"$1/wheel-venv/bin/cvatplan" version | grep '^cvatplan 1\.2\.3 '
"$1/wheel-venv/bin/pip" uninstall -q -y cvatplan
[ ! -e "$1/wheel-venv/bin/cvatplan" ]
