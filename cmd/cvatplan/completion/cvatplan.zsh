#compdef cvatplan
# Completion of cvatplan for zsh:  source <(cvatplan completion zsh)
# or as a file named _cvatplan in a directory of $fpath.
# All that can be said at a place is said by `cvatplan __complete WORD...`.

_cvatplan() {
  local kind line
  local -a lines described
  lines=("${(@f)$(cvatplan __complete -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  kind=$lines[1]
  for line in "${(@)lines[2,-1]}"; do
    described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  case $kind in
    files) compset -P '-*='; _files ;;
    dirs) compset -P '-*='; _files -/ ;;
    words) _describe -t values cvatplan described ;;
  esac
}

if [[ $funcstack[1] == _cvatplan ]]; then
  _cvatplan # autoloaded: this is its first call
else
  compdef _cvatplan cvatplan
fi
