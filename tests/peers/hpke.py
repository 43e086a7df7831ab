#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HPKE (RFC 9180) base mode with DHKEM(P-256, HKDF-SHA256) a second time, over the primitives of
python3-cryptography, for the suites that the RFC has no vectors for. Prints the sealed message of
test-hpke's AES-256-GCM case: hpke.py SECRET-HEX EPHEMERAL-HEX INFO-HEX AAD-HEX PLAIN-HEX."""

import hashlib
import hmac
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM = b"KEM\x00\x10"
SUITE = b"HPKE\x00\x10\x00\x01\x00\x02"


def extract(salt, suite, label, ikm):
    return hmac.new(salt, b"HPKE-v1" + suite + label + ikm, hashlib.sha256).digest()


def expand(prk, suite, label, info, size):
    info = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block, number = b"", b"", 1
    while len(out) < size:
        block = hmac.new(prk, block + info + bytes([number]), hashlib.sha256).digest()
        out, number = out + block, number + 1
    return out[:size]


def point(key):
    return key.public_key().public_bytes(serialization.Encoding.X962,
                                         serialization.PublicFormat.UncompressedPoint)


def main():
    secret, scalar, info, aad, plain = (bytes.fromhex(word) for word in sys.argv[1:])
    own = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    ephemeral = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    shared = ephemeral.exchange(ec.ECDH(), own.public_key())
    shared = expand(extract(b"", KEM, b"eae_prk", shared), KEM, b"shared_secret",
                    point(ephemeral) + point(own), 32)
    context = b"\0" + extract(b"", SUITE, b"psk_id_hash", b"") + extract(b"", SUITE, b"info_hash", info)
    secret = extract(shared, SUITE, b"secret", b"")
    key = expand(secret, SUITE, b"key", context, 32)
    nonce = expand(secret, SUITE, b"base_nonce", context, 12)
    print(AESGCM(key).encrypt(nonce, plain, aad).hex().upper())


main()
