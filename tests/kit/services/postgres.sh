# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL server for a shell suite, on a Unix socket, in a directory of its own. initdb refuses
# root, so root becomes the user postgres for it. Sourced behind processes.sh; postgres_end at EXIT.
postgres_bin=/usr/lib/postgresql/15/bin
postgres_place=

# Replaces the shell that it is called in.
postgres_exec() {
    cd / || exit 1
    [ "$(id -u)" != 0 ] || exec setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig=KILL "$@"
    exec setpriv --pdeathsig=KILL "$@"
}

# postgres_start: makes it and waits until it answers; postgres_url DATABASE names one of its databases.
postgres_start() {
    local i
    postgres_place=$(mktemp -d) && chmod 755 "$postgres_place" && mkdir -m 700 "$postgres_place/data" || return 1
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$postgres_place/data" || return 1
    (postgres_exec "$postgres_bin/initdb" -D "$postgres_place/data" -A trust -U postgres --no-sync -E UTF8 --locale=C) \
        >"$postgres_place/log" 2>&1 || { cat "$postgres_place/log"; return 1; }
    (postgres_exec "$postgres_bin/postgres" -D "$postgres_place/data" -k "$postgres_place/data" -c listen_addresses= -c fsync=off) \
        >>"$postgres_place/log" 2>&1 &
    postgres_pid=$!
    pids+=("$postgres_pid")
    for ((i = 0; i < 600; i++)); do
        psql -qAtX "$(postgres_url postgres)" -c 'SELECT 1' >/dev/null 2>&1 && return
        kill -0 "$postgres_pid" 2>/dev/null || break
        read -r -t 0.1 <> <(:)
    done
    cat "$postgres_place/log"
    return 1
}
postgres_url() { echo "postgresql://${postgres_place//\//%2F}%2Fdata/$1?user=postgres"; }
# postgres_says DATABASE SQL: what it answers, columns divided by |
postgres_says() { psql -qAtX -v ON_ERROR_STOP=1 "$(postgres_url "$1")" -c "$2"; }
postgres_end() {
    [ -z "${postgres_pid:-}" ] || { kill -QUIT "$postgres_pid" 2>/dev/null; wait "$postgres_pid" 2>/dev/null; }
    [ -z "$postgres_place" ] || rm -rf "$postgres_place"
}
