#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Derivation of card keys, written from its description and from nothing of ours: checks the key check
# values that a run printed. Usage: kdf.py METHOD MASTER-KEY-FILE JOURNAL OUTPUT
import re
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC


def block(key, data):
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return cipher.update(data) + cipher.finalize()


def cmac(key, data):
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def derive(method, key, data, n):
    if method == "kdf3":
        return cmac(key, b"\1" + b"\0\0\0" + bytes([n]) + b"\0" + data)
    if method == "sp800-108":
        return cmac(key, bytes(11) + bytes([n]) + b"\0" + (8 * len(key)).to_bytes(2, "big") + b"\1" + data)
    part = data[0:2] + data[4:8] if method == "visa2-aes" else data[4:10]
    return block(key, part + bytes([0xF0, n]) + part + bytes([0x0F, n]))


def main():
    method, master, journal, output = sys.argv[1:]
    key = bytes.fromhex(re.search(r"^key (\w+)", open(master).read(), re.M).group(1))
    serial = re.search(r"^start 0 (\w{16})", open(journal).read(), re.M).group(1)
    told = re.search(r"ENC (\w+) MAC (\w+) DEK (\w+)", open(output).read()).groups()
    data = bytes.fromhex(re.search(r"diversification (\w{20})", open(output).read()).group(1))
    ours = tuple(block(derive(method, key, data, n), b"\1" * 16)[:3].hex().upper() for n in (1, 2, 3))
    if ours != told or len(key) != 16 or not serial:
        sys.exit("%s: %s, told %s" % (method, ours, told))


main()
