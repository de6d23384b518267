# Completion of csilink's commands, options, settings, groups and files in bash:
#
#     source completions/csilink.bash
#
# Options are asked of the program itself, so they are those of the version at hand. Completion for zsh
# and fish asks this script: `bash csilink.bash --complete WORD...` prints what the last word may be.

# _csilink_options COMMAND...: the options that its --help lists.
_csilink_options() {
    "$@" --help 2>/dev/null | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'
}

# _csilink_words OPTION COMMAND...: the words that an option takes one of, "dft|hadamard" in --help.
_csilink_words() {
    local option=${1#--}
    shift
    "$@" --help 2>/dev/null |
        sed -n "s/^  --$option \([a-z][a-z0-9.-]*|[a-z0-9.|-]*\).*/\1/p" | tr '|' ' '
}

# _csilink_choices COMMAND: the parts that its menu lists, such as those of `csilink data`.
_csilink_choices() {
    "$@" --help 2>/dev/null |
        sed -n '/^[a-z]*s:$/,/^$/s/^  \([a-z][a-z0-9-]*\)  *.*/\1/p'
}

# _csilink_argument OPTION COMMAND...: what --help calls the option's value, such as FILE.
_csilink_argument() {
    local option=${1#--}
    shift
    "$@" --help 2>/dev/null | sed -n "s/^  --$option \([^ ]*\).*/\1/p"
}

# _csilink_kinds OPTION COMMAND...: the kinds that --codec or --uplink takes, without their arguments.
_csilink_kinds() {
    local option=${1#--}
    shift
    "$@" --help 2>/dev/null | sed -n "s/^  --$option KIND[^ ]* .*in place of [^:]*: //p" |
        sed 's/, /\n/g' | sed 's/[^a-z-].*//'
}

# The groups of the latest run.
_csilink_groups() {
    sed -n 's/^  - name: //p' runs/latest/scenario.yaml 2>/dev/null
}

# _csilink_shipped PROGRAM FOLDER: names of the YAML files that come with the program, in a source
# tree and in an installed one.
_csilink_shipped() {
    local folder file
    folder=$(dirname "$(readlink -f "$(command -v "$1")")" 2>/dev/null)
    for file in "$folder"/../share/csilink/"$2"/*.yaml "$folder"/../../"$2"/*.yaml; do
        [ -e "$file" ] && basename "$file" .yaml
    done
}

# The models that are there, and their families.
_csilink_models() {
    local folder=${CSILINK_MODELS:-models}
    ls "$folder" 2>/dev/null | sed -n 's/\.encoder\(\.int8\)*\.onnx$//p' | sort -u
}

_csilink_families() {
    _csilink_models | sed -n 's/-cr[0-9]*-.*//p' | sort -u
}

_csilink_channels="cost2100-indoor cost2100-outdoor uma-nlos uma-los umi-nlos umi-los rayleigh
    cdl-a cdl-b cdl-c cdl-d cdl-e tdl-a tdl-b tdl-c tdl-d tdl-e rayleigh:epa rayleigh:eva rayleigh:etu"

# One of a list with commas: what stands before the last comma stays.
_csilink_list() {
    local before=
    [ "${2%,*}" = "$2" ] || before=${2%,*},
    COMPREPLY=($(compgen -P "$before" -W "$1" -- "${2##*,}"))
}

_csilink_reply() {
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

# The same, and the one part of `csilink bench`, which has no menu.
_csilink_parts() {
    _csilink_choices "$@"
    [ "$2" != bench ] || echo train
}

_csilink_ctl() {
    local word=$1 place=$2
    case $place in
    2) _csilink_reply "get set ramp show watch" "$word" ;;
    3) _csilink_reply "snr loss delay jitter" "$word" ;;
    *) [ "${COMP_WORDS[3]}" = snr ] && _csilink_reply "inf" "$word" ;;
    esac
}

_csilink() {
    local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]}
    local before=${COMP_WORDS[COMP_CWORD - 1]} words=
    COMPREPLY=()
    local of=("$program" "$command") argument=
    # A part with options of its own: `csilink data generate`, `csilink bench train`.
    if [ "$COMP_CWORD" -gt 2 ] && [ "${COMP_WORDS[2]#-}" = "${COMP_WORDS[2]}" ] &&
        _csilink_parts "$program" "$command" | grep -qx -e "${COMP_WORDS[2]}"; then
        of+=("${COMP_WORDS[2]}")
    fi
    if [ "${before#--}" != "$before" ]; then
        words=$(_csilink_words "$before" "${of[@]}")
        argument=$(_csilink_argument "$before" "${of[@]}")
    fi
    if [ "$COMP_CWORD" -eq 1 ]; then
        _csilink_reply "$(_csilink_choices "$program") --help" "$word"
    elif [ "$before" = --group ]; then
        _csilink_reply "$(_csilink_groups)" "$word"
    elif [ "$before" = --token ]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [ "$before" = --run ] || [ "$before" = --runs ]; then
        COMPREPLY=($(compgen -d -- "$word"))
    elif [ "$before" = --channel ]; then
        _csilink_list "$_csilink_channels" "$word"
    elif [ "$before" = --model ] && [ "$command" = sweep ]; then
        _csilink_list "$(_csilink_families) $(_csilink_models)" "$word"
    elif [ "$before" = --model ]; then
        _csilink_list "$(_csilink_models)" "$word"
    elif [ -n "$words" ]; then
        _csilink_list "$words" "$word"
    elif [ "$before" = --codeword ]; then
        _csilink_list "float32 float16 uint8 $(echo {u,mu,r}{2..8})" "$word"
    elif [ "$before" = --codec ] || [ "$before" = --uplink ]; then
        _csilink_reply "$(_csilink_kinds "$before" "${of[@]}")" "$word"
    elif [ "${argument#FOLDER}" != "$argument" ]; then
        COMPREPLY=($(compgen -d -- "$word"))
    elif [ "${argument#FILE}" != "$argument" ] || [ "$argument" = PREFIX ]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [ "${word#-}" != "$word" ]; then
        _csilink_reply "$(_csilink_options "${of[@]}") --help" "$word"
    elif [ "$command" = ctl ]; then
        _csilink_ctl "$word" "$COMP_CWORD"
    elif [ "$command" = show ] || [ "$command" = rerun ]; then
        COMPREPLY=($(compgen -d -- "${word:-runs/}"))
    elif [ "$command" = run ]; then
        COMPREPLY=($(compgen -f -X '!*.yaml' -- "$word") $(compgen -d -S / -- "$word")
                   $(compgen -W "$(_csilink_shipped "$program" scenarios)" -- "$word"))
    elif [ "$command" = league ]; then
        COMPREPLY=($(compgen -f -X '!*.yaml' -- "$word") $(compgen -d -S / -- "$word")
                   $(compgen -W "$(_csilink_shipped "$program" leagues)" -- "$word"))
    elif [ "$command" = reproduce ]; then
        COMPREPLY=($(compgen -f -X '!*.yaml' -- "$word") $(compgen -d -S / -- "$word")
                   $(compgen -W "$(_csilink_shipped "$program" reproductions)" -- "$word"))
    else
        [ "$COMP_CWORD" -eq 2 ] &&
            _csilink_reply "$(_csilink_parts "$program" "$command")" "$word"
        [ "${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
    fi
}

if [ "${1-}" = --complete ]; then
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    [ $# -lt 2 ] || _csilink
    [ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
else
    complete -F _csilink csilink
fi
