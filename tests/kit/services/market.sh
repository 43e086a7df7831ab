# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What suites of buyers stand on: an authority, services that run, a film in a container, an offer. Sourced
# behind processes.sh, within a directory of its own.
# card ROLE ID [OPTION...]: an image ID.trm with the PIN 123456
card() { tessera card new --ca ca --role "$1" --id "$2" "${@:3}" --out "$2.trm" --pin-fd 3 3<<<123456 >/dev/null 2>&1; }
# machine ROLE ID DIR: keys for the network of the machine around a card
machine() { tessera ca issue --ca ca --network --role "$1" --id "$2" --out "$3" >/dev/null; }
issue() { tessera ca issue --ca ca --role "$1" --id "$2" --out "$3" "${@:4}" >/dev/null; }
# known A B: each takes tickets from the other
known() { tessera device add "$1.trm" "$2" --pin-fd 3 3<<<123456 >/dev/null && tessera device add "$2.trm" "$1" --pin-fd 3 3<<<123456 >/dev/null; }

# Frames of a file as FFmpeg hashes them, in our words. STREAM is v or a.
frames_of() { # FILE STREAM
    local word=video
    [ "$2" = v ] || word=audio
    ffmpeg -loglevel error -i "$1" -map "0:$2" -fps_mode passthrough -c:a pcm_f32le -f framehash -hash sha256 - |
        awk -F, -v word=$word '!/^#/ { gsub(/ /, "", $5); gsub(/ /, "", $6); print word, $5, $6 }'
}
film() { # FILE SECONDS
    ffmpeg -loglevel error -f lavfi -i "testsrc2=size=352x288:rate=25:duration=$2" -f lavfi -i "sine=frequency=440:duration=$2" \
        -c:v mpeg2video -q:v 4 -c:a mp2 -f vob "$1"
}

# market_open: ca, provider p1, seller s1 of ID_2000, key, policy.json, and one state for both services
market_open() {
    tessera ca init ca >/dev/null && mkdir -m 700 market && issue provider prov-1 p1 && issue seller shop-1 market/tls --enterprise ID_2000 --host 127.0.0.1 &&
        issue seller shop-2 s1 --enterprise ID_2000 && printf hc426D99ro7v >key && chmod 600 key &&
        printf '{"enterprise": "ID_2000", "offers": [{"unit": "JPY", "amount": 1000, "plays": 3, "actions": ["play", "convert"]}],
            "shares": [{"party": "prov-1", "weight": 1}]}' >policy.json &&
        serve market content licence --state market --sign market/tls && content=$(url_of market content) && licence=$(url_of market licence)
}
# pack FILE ID: ID.tsc
pack() { tessera content pack "$1" --out "$2.tsc" --content "$2" --key key --policy policy.json --signer p1 --chunk 14; }
