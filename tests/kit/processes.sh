# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Programs that stay, in shell suites: they are started, waited for, asked and ended. Sourced behind
# suite.sh; processes_end at EXIT. Nothing that an earlier start has written is taken for the present one's.
pids=()
processes_end() { for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done; }

# says CODE TEXT COMMAND...: the command, a function too, exits so and what it prints has the text.
says() {
    local code=$1 text=$2 status
    shift 2
    if [ "$(type -t "$1")" = function ]; then "$@"; else timeout 100 "$@"; fi >said 2>&1 </dev/null
    status=$?
    [ "$status" = "$code" ] && { [ -z "$text" ] || grep -qF -- "$text" said; } && return
    echo "exit $status, wanted $code and '$text': $*"
    cat said
    return 1
}

# says_soon FILE TEXT [SECONDS]: the text stands in the file in time. The file must be this start's:
# a program in the background truncates it later than one looks.
says_soon() {
    local end=$((SECONDS + ${3:-60}))
    until grep -qs -- "$2" "$1"; do
        [ $SECONDS -lt $end ] || { echo "no '$2' in $1:"; cat "$1"; return 1; }
        read -r -t 0.02 <> <(:)
    done
    return 0 # not the read's status
}

# serve NAME OPTION...: starts services, waits for their "ready"; output in NAME.out, log in NAME.err,
# process in $pid.
serve() {
    local name=$1 i
    shift
    rm -f "$name.out"
    tessera serve "$@" >"$name.out" 2>"$name.err" &
    pid=$!
    pids+=("$pid")
    for ((i = 0; i < 600; i++)); do
        grep -qsx ready "$name.out" && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "$name did not become ready:"
    cat "$name.out" "$name.err"
    return 1
}
url_of() { sed -n "s/^$2 //p" "$1.out"; } # NAME SERVICE: where the service listens

# ends PID [CODE]: ends with it after SIGTERM
ends() {
    kill -TERM "$1" && wait "$1"
    local status=$?
    [ "$status" = "${2:-0}" ] || { echo "ended with $status, wanted ${2:-0}"; return 1; }
}
