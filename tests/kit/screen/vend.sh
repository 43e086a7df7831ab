# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A vending machine for a suite to stand before: authority, a phone, a till of an enterprise, goods, and
# a machine that runs. Source it behind suite.sh; $work is the suite's directory, $state
# that of the machine where it is another than $work/state.
# shellcheck disable=SC2034 # vend and url are the suite's
: "${work:?}"

. tests/kit/processes.sh

vend_cards() {
    tessera ca init "$work/ca" --enterprise DRINKS && tessera card new --ca "$work/ca" --role till --id TILL --out "$work/till.trm" &&
        tessera card new --ca "$work/ca" --role wallet --id ALICE --out "$work/alice.trm" &&
        tessera purse issue "emu:$work/alice.trm" --ca "$work/ca" --amount 10000
}

vend_goods() {
    printf 'goods TEA 120 "Green tea" "緑茶"\ngoods COLA 150 "<b>Cola</b>" "コーラ"\ngoods GOLD 90000 "Gold" "金"\n' >"$work/goods"
}

# vend_start [OPTION...]: vend is its process, url its screen. A word before it in $alone.
alone=()
vend_start() {
    rm -f "$work/vend.out"
    "${alone[@]}" tessera vend run --state "${state:-$work/state}" --goods "$work/goods" "$@" >"$work/vend.out" 2>"$work/vend.err" &
    vend=$!
    says_soon "$work/vend.out" ready || { cat "$work/vend.err"; return 1; }
    url=$(sed -n 's/^screen //p' "$work/vend.out")
}

# vend_end: its exit code
vend_end() {
    kill "$vend" && wait "$vend"
}

balance() { tessera purse show "$1" --json | jq '.pockets[] | select(.unit=="JPY") | .balance'; }
ask() { local word=$1; shift; timeout 60 tessera vend "$word" --state "${state:-$work/state}" "$@"; }
motor() { if [ -e "$work/state/motor" ]; then jq ".$1" "$work/state/motor"; else echo 0; fi; } # turns, drops
