# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Shell side of a test suite: source it, call check for every test, end with finish.
# Result lines go to $TESSERA_RESULTS/NAME.tsv, where NAME is the sourcing script.
e2e_name=$(basename "$0")
e2e_results=${TESSERA_RESULTS:-/dev/null}
[ -d "$e2e_results" ] && e2e_results=$e2e_results/$e2e_name.tsv && : >"$e2e_results"
e2e_passed=0
e2e_failed=0
e2e_skipped=0

# record pass|fail NAME [IDS]
record() {
    printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$e2e_results"
    if [ "$1" = pass ]; then
        e2e_passed=$((e2e_passed + 1))
    else
        e2e_failed=$((e2e_failed + 1))
        echo "FAIL $2"
    fi
}

# check NAME COMMAND...: the test passes when the command does. E2E_IDS names what it proves.
check() {
    local name=$1
    shift
    if "$@"; then record pass "$name" "${E2E_IDS:-}"; else record fail "$name" "${E2E_IDS:-}"; fi
}

# skip NAME WHY: the test cannot be made on this machine. It is counted and named in the end.
skip() {
    printf 'skip\t%s\t%s\n' "$1" "$2" >>"$e2e_results"
    e2e_skipped=$((e2e_skipped + 1))
    echo "SKIP $1: $2"
}

# other_user DIRECTORY PROGRAM...: sets other to the words before a command that run it as somebody
# whom modes bind: as nobody, if we are root. Our programs are copied to where he can reach them,
# which a checkout below a home is not.
other_user() {
    local directory=$1 program
    mkdir -p "$directory" && chmod 755 "$directory" || return 1
    shift
    for program; do cp "$(command -v "$program")" "$directory/" || return 1; done
    other=(env "PATH=$directory:$PATH")
    [ "$(id -u)" -ne 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups "${other[@]}")
}

# finish: prints the count and exits; nothing tested is a failure.
finish() {
    local skipped=
    [ "$e2e_skipped" -eq 0 ] || skipped=", $e2e_skipped skipped"
    echo "$e2e_name: $e2e_passed passed, $e2e_failed failed$skipped"
    [ "$e2e_failed" -eq 0 ] && [ "$e2e_passed" -gt 0 ]
    exit
}
