# Completion of cvatplan for fish:  cvatplan completion fish | source
# or as ~/.config/fish/completions/cvatplan.fish.
# All that can be said at a place is said by `cvatplan __complete WORD...`.

function __cvatplan_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (cvatplan __complete -- $before[2..-1] "$current" 2>/dev/null)
    set -l flag (string match -r -- '^--[^=]+=' $current)
    set -l value (string replace -r -- '^--[^=]+=' '' $current)
    switch "$lines[1]"
        case files
            string replace -r -- '^' "$flag" (__fish_complete_path "$value")
        case dirs
            string replace -r -- '^' "$flag" (__fish_complete_directories "$value" '')
        case words
            printf '%s\n' $lines[2..-1]
    end
end

complete -c cvatplan -f -a '(__cvatplan_complete)'
