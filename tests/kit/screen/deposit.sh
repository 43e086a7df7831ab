# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A deposit machine for a suite to stand before: authority, phones, a float, and a machine that runs.
# Source it behind suite.sh; $work is the suite's directory, $state
# that of the machine where it is another than $work/state.
# shellcheck disable=SC2034 # deposit and url are the suite's
: "${work:?}"

. tests/kit/processes.sh

# phone NAME BALANCE: a wallet in $work/NAME.trm
phone() {
    tessera card new --ca "$work/ca" --role wallet --id "$1" --out "$work/$1.trm" &&
        tessera purse issue "emu:$work/$1.trm" --ca "$work/ca" --amount "$2"
}

deposit_cards() {
    tessera ca init "$work/ca" && tessera card new --ca "$work/ca" --role float --id FLOAT --out "$work/float.trm" &&
        tessera purse issue "emu:$work/float.trm" --ca "$work/ca" --amount 100000 && phone PHONE1 1000
}

# deposit_start [OPTION...]: deposit is its process, url its screen. A word before it in $alone.
alone=()
deposit_start() {
    rm -f "$work/deposit.out"
    "${alone[@]}" tessera deposit run --state "${state:-$work/state}" "$@" >"$work/deposit.out" 2>"$work/deposit.err" &
    deposit=$!
    says_soon "$work/deposit.out" ready || { cat "$work/deposit.err"; return 1; }
    url=$(sed -n 's/^screen //p' "$work/deposit.out")
}

# deposit_end: its exit code
deposit_end() {
    kill "$deposit" && wait "$deposit"
}

balance() { tessera purse show "$1" --json | jq '.pockets[] | select(.unit=="JPY") | .balance'; }
ask() { local word=$1; shift; timeout 60 tessera deposit "$word" --state "${state:-$work/state}" "$@"; }
cash() { jq ".$1" "$work/state/cash"; } # escrow, stacked, returned
