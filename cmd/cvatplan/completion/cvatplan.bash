# Completion of cvatplan for bash 3.2 and newer:  source <(cvatplan completion bash)
# All that can be said at a place is said by `cvatplan __complete WORD...`.

_cvatplan() {
  local line=${COMP_LINE:0:COMP_POINT} words=() n=0 i rest word cut kind candidate

  # Bash cuts words at = and : too; what no blank separates belongs together.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    rest=${line#"${line%%[![:space:]]*}"}
    word=${COMP_WORDS[i]}
    if ((i == COMP_CWORD)); then word=$rest; fi # up to the cursor
    if ((n > 0)) && [[ $rest == "$line" ]]; then
      words[n - 1]+=$word
    else
      words[n++]=$word
    fi
    line=${rest#"$word"}
  done
  case $word in = | :) word= ;; esac
  cut=${words[n - 1]%"$word"} # what bash takes for typed and done

  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    if [[ -z $kind ]]; then
      kind=$candidate
    else
      candidate=${candidate#"$cut"}
      COMPREPLY+=("$(printf %q "$candidate")")
    fi
  done < <(cvatplan __complete -- "${words[@]:1}" 2>/dev/null)

  case $kind in # -o default leaves files to readline
    dirs) compopt +o default -o dirnames 2>/dev/null ;;
    words) compopt +o default 2>/dev/null ;;
  esac
}

complete -o default -F _cvatplan cvatplan
