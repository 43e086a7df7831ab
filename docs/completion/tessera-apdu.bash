# bash completion for tessera apdu                                       -*- shell-script -*-
# SPDX-License-Identifier: Apache-2.0
# Source it, or install it as /usr/share/bash-completion/completions/tessera.

_tessera_apdu_formats="native scriptor scr gpshell opensc-tool opensc-explorer pcscd dump"

_tessera_apdu_options() {
    case $1 in
    send) echo --expect ;;
    run) echo --link --card --fresh --jobs --tap --json --junit --trace --record --pcap --gsmtap \
        --coverage --keys --seed --dry-run ;;
    convert) echo --from --to -o --captures --strict-scriptor ;;
    fmt) echo --check --stdout ;;
    dissect) echo --from --certificate --color --svg ;;
    mutate) echo --link --card --kinds --list --seed ;;
    serve) echo --reader --card --strict --received ;;
    catalogue) echo --json --lua --coverage ;;
    esac
    echo --help --version
}

_tessera_apdu_words() { # VALUES: completes the present word from them
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_tessera() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _tessera_apdu_words "apdu" "$word"
        return
    fi
    [ "${COMP_WORDS[1]}" = apdu ] || return
    if [ "$COMP_CWORD" -eq 2 ]; then
        _tessera_apdu_words "send run convert lint fmt dissect mutate serve catalogue" "$word"
        return
    fi
    case $before in
    --from | --to) _tessera_apdu_words "$_tessera_apdu_formats" "$word" && return ;;
    --color) _tessera_apdu_words "auto always never" "$word" && return ;;
    --kinds) _tessera_apdu_words "drop repeat swap truncate flip tear" "$word" && return ;;
    --link) _tessera_apdu_words "emu: pcsc: nfc: stream:" "$word" && return ;;
    esac
    case $word in
    -*) _tessera_apdu_words "$(_tessera_apdu_options "${COMP_WORDS[2]}")" "$word" ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -o nospace -F _tessera tessera
