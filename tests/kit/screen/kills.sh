# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# How often a suite kills its terminal, and by which seed: few a day, another seed each day; all of them,
# from 1 on, with TESSERA_TERMINAL_KILLS=full. A failure comes again with TESSERA_TERMINAL_SEED.

kills_of() { [ "${TESSERA_TERMINAL_KILLS:-}" = full ] && echo "$2" || echo "$1"; } # FEW ALL
seed_of_kills() {
    if [ -n "${TESSERA_TERMINAL_SEED:-}" ]; then
        echo "$TESSERA_TERMINAL_SEED"
    elif [ "${TESSERA_TERMINAL_KILLS:-}" = full ]; then
        echo 1
    else
        date +%-j
    fi
}

# kill_reader TERMINAL N: with every third kill a reader's process ends first, and the terminal a moment later
kill_reader() {
    [ $(($2 % 3)) -ne 2 ] || kill -9 "$(pgrep -P "$1" -n)" 2>/dev/null
    return 0
}
