#!/usr/bin/env bash
# Shows $MARKDOWN in a comment on the pull request of a GitHub Actions job (see action.yml): in the one
# that this action wrote before under $INPUT_COMMENT_KEY, or in a new one. Needs curl and jq, which GitHub's runners have.
set -euo pipefail

marker='<!-- cvatplan -->' # the first line of what cvatplan writes
if [[ -n $INPUT_COMMENT_KEY ]]; then
  if [[ $INPUT_COMMENT_KEY =~ [^A-Za-z0-9._-] ]]; then
    echo "::error::the input comment-key holds more than letters, digits, dots, dashes and underscores"
    exit 80
  fi
  marker="<!-- cvatplan: $INPUT_COMMENT_KEY -->"
fi
number=$(jq -r '.pull_request.number // empty' "$GITHUB_EVENT_PATH")
if [[ -z $number ]]; then
  echo "::notice::not a pull request, so there is nothing to comment on"
  exit 0
fi

# The token is read from a file descriptor: arguments can be seen by other processes.
api() {
  curl -sS --fail-with-body --retry 3 --config <(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN") \
    -H 'Accept: application/vnd.github+json' -H 'X-GitHub-Api-Version: 2022-11-28' "$@"
}

# ours prints the id of our comment. Others may write the marker too; they are no bots.
ours() {
  local page comments id
  for ((page = 1; ; page++)); do
    comments=$(api "$repo/issues/$number/comments?per_page=100&page=$page") || return # set -e is off in a condition
    id=$(jq -r --arg marker "$marker" \
      'first(.[] | select(.user.type == "Bot" and ((.body // "") | startswith($marker))) | .id) // empty' <<<"$comments")
    if [[ -n $id || $(jq length <<<"$comments") -lt 100 ]]; then
      echo "$id"
      return
    fi
  done
}

repo=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY
body=$(jq -Rs --arg run "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID" --arg marker "$marker" \
  '{body: ((if startswith($marker) then "" else $marker + "\n" end) + . + "\n<sub>[This run](" + $run + ")</sub>\n")}' "$MARKDOWN")

write() {
  if [[ -n $1 ]]; then
    api -X PATCH --data @- "$repo/issues/comments/$1" <<<"$body"
  else
    api -X POST --data @- "$repo/issues/$number/comments" <<<"$body"
  fi
}

if id=$(ours) && answer=$(write "$id"); then
  jq -r '.html_url // empty' <<<"$answer"
elif [[ $(jq -r '.pull_request.head.repo.full_name // empty' "$GITHUB_EVENT_PATH") != "$GITHUB_REPOSITORY" ]]; then
  echo "::notice::a pull request from a fork has no token that may comment; the job's page shows the result"
else
  echo "::error::the comment was not written; does the job have the permission pull-requests: write?"
  exit 1
fi
