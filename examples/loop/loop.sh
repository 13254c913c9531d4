#!/bin/sh
# From two recordings and what a model found in them to a data set to train on, offline: tasks, predictions, annotations,
# and these back on the recordings' time line.
# usage: examples/loop/loop.sh [DIR], where the labels go to DIR/labels. It needs cvatplan and curl on PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"

# A CVAT-compatible server on loopback takes the place of CVAT.
cvatplan sandbox --listen 127.0.0.1:0 --data "$work/server" >"$work/url" &
server=$!
trap 'kill $server' EXIT
tries=0
until url=$(grep -o 'http://[0-9.:]*' "$work/url"); do
	tries=$((tries + 1)); test $tries -lt 100
	sleep 0.1
done
export CVATPLAN_SERVER="$url" CVAT_ACCESS_TOKEN=sandbox

# 1. The recordings become tasks, and predictions a start for annotators: cvatplan plan says how many of each label.
cvatplan apply "$here/cvatplan.yaml" --auto-approve

# 2. Annotators do their work. Here they add one apple that stays where it is, on all frames of each task.
api() { curl -sSf -H "Authorization: Bearer $CVAT_ACCESS_TOKEN" -H 'Content-Type: application/json' "$@"; }
label=$(api "$url/api/labels?project_id=1" | grep -o '"id":[0-9]*' | head -n 1 | cut -d : -f 2)
for task in $(cvatplan status "$here/cvatplan.yaml" --output ids); do
	api -X PATCH "$url/api/tasks/$task/annotations?action=create" -o "$work/answer" -d '{"tags": [], "shapes": [], "tracks": [
	  {"label_id": '"$label"', "frame": 0, "attributes": [], "shapes": [{"type": "rectangle", "frame": 0, "points": [10, 10, 40, 30], "outside": false, "occluded": false, "attributes": []}]}]}'
done

# 3. Applied again, nothing is put twice, and nothing that annotators drew is touched.
cvatplan apply "$here/cvatplan.yaml" --auto-approve

# 4. The labels come back: files to train on, and recordings to be opened beside the bags.
cvatplan pull "$here/cvatplan.yaml" --to "$work/labels"

# 5. Nothing has changed since: a scheduled job would go on only where this exits with 2.
cvatplan pull "$here/cvatplan.yaml" --to "$work/labels" --check
