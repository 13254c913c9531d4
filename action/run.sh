#!/usr/bin/env bash
# Runs cvatplan once in a GitHub Actions job (see action.yml) and writes the outputs exitcode, changed,
# plan-json, summary, and markdown: what the job's page and the comment show.
set -euo pipefail

if [[ -z ${CVATPLAN_SERVER:-} ]]; then
  echo "::error::the input server is empty; without it a manifest could send the token anywhere"
  exit 80
fi

arguments=()
case $INPUT_COMMAND in
  plan) arguments+=(plan --detailed-exitcode) ;;
  apply) arguments+=(apply --auto-approve) ;;
  *)
    echo "::error::the input command is neither plan nor apply"
    exit 80
    ;;
esac
if [[ -n $INPUT_FAIL_ON ]]; then
  arguments+=("--fail-on=$INPUT_FAIL_ON")
fi
while IFS= read -r line; do
  if [[ -n $line ]]; then arguments+=("$line"); fi
done <<<"$INPUT_ARGUMENTS"
arguments+=(--step-summary --output=json --)
while IFS= read -r line; do
  if [[ -n $line ]]; then arguments+=("$line"); fi
done <<<"$INPUT_MANIFESTS"

out=$(mktemp -d "$RUNNER_TEMP/cvatplan.XXXXXX")
json=$out/$INPUT_COMMAND.json
markdown=$out/summary.md

# Names come from pull requests: what is printed must not be taken for commands to the runner.
quiet=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "::stop-commands::$quiet"
set +e
GITHUB_STEP_SUMMARY=$markdown "$INPUT_BINARY" "${arguments[@]}" 2>&1 >"$json" | tee "$out/messages.txt"
code=${PIPESTATUS[0]}
set -e

# A Go program that runs out of memory or threads exits with 2 as well: only a whole result means that there
# is something to do.
if [[ $code == 2 ]] && ! { grep -q '^  "applyable": true' "$json" && [[ $(tail -n 1 "$json") == '}' ]]; }; then
  code=11
fi

# Without a result, what was said is the result.
if [[ ! -s $markdown ]]; then
  {
    printf '<!-- cvatplan -->\n**cvatplan %s: exit code %s**\n\n<pre>' "$INPUT_COMMAND" "$code"
    head -c 20000 "$out/messages.txt" | sed 's/&/\&amp;/g; s/</\&lt;/g'
    printf '</pre>\n'
  } >"$markdown"
fi
summary=$(sed -n '2s/^\*\*\(.*\)\*\*$/\1/p' "$markdown")
echo "$summary"
echo "::$quiet::"

changed=false
case $INPUT_COMMAND in
  plan) if [[ $code != 11 ]] && grep -q '^  "applyable": true' "$json"; then changed=true; fi ;;
  apply) if [[ $summary =~ ^Apply:\ [1-9] ]] || grep -q '"created":true\|"labels_added":\[' "$json"; then changed=true; fi ;;
esac
if [[ ! -s $json ]]; then json=; fi

cat "$markdown" >>"$GITHUB_STEP_SUMMARY"
{
  echo "exitcode=$code"
  echo "changed=$changed"
  echo "plan-json=$json"
  echo "summary=$summary"
  echo "markdown=$markdown"
} >>"$GITHUB_OUTPUT"

if [[ $INPUT_COMMAND == plan && $code == 2 ]]; then exit 0; fi
exit "$code"
