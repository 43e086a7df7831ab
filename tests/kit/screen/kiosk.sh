# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A kiosk for a suite to stand before: authority, cards, prices, and a kiosk that runs. Source it
# behind suite.sh; $work is the suite's directory.
# shellcheck disable=SC2034 # kiosk and url are the suite's
: "${work:?}"

. tests/kit/processes.sh

kiosk_cards() {
    tessera ca init "$work/ca" &&
        tessera card new --ca "$work/ca" --role wallet --id ALICE --out "$work/alice.trm" &&
        tessera card new --ca "$work/ca" --role till --id SHOP --out "$work/shop.trm" &&
        tessera purse issue "emu:$work/alice.trm" --ca "$work/ca" --amount 10000
}

kiosk_prices() {
    cat >"$work/prices" <<'END'
# kind  id    price [unit] "English" "Japanese"
goods   TEA   150   "Green tea" "緑茶"
goods   BUN   220   "<b>Bun</b>" "あんパン"
service WASH  300   "Laundry" "洗濯"
ticket  NO_1  1000  "Film" "映画"   # a right, by its number
goods   PIN   2     POINT "Badge" "バッジ"
END
}

# kiosk_start [OPTION...]: kiosk is its process, url its screen.
kiosk_start() {
    rm -f "$work/kiosk.out"
    tessera kiosk run --state "$work/state" "$@" >"$work/kiosk.out" 2>"$work/kiosk.err" &
    kiosk=$!
    says_soon "$work/kiosk.out" ready || { cat "$work/kiosk.err"; return 1; }
    url=$(sed -n 's/^screen //p' "$work/kiosk.out")
}

# kiosk_end: its exit code
kiosk_end() {
    kill "$kiosk" && wait "$kiosk"
}

balance() { tessera purse show "$1" --json | jq '.pockets[] | select(.unit=="JPY") | .balance'; }
ask() { local word=$1; shift; timeout 20 tessera kiosk "$word" --state "$work/state" "$@"; }
