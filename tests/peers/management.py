#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Finds the management key of a card's identity again, as an operator with the master key would and
# without our code: kdf3 over the chip's serial, key number 9B. management.py MASTER REPORT ID [3des]
# prints the key in hexadecimal; the report's check value must be its own.
import json
import sys

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

master = bytes.fromhex([line.split()[1] for line in open(sys.argv[1]) if line.startswith("key ")][0])
row = [row for row in json.load(open(sys.argv[2]))["rows"] if row["id"] == sys.argv[3]][0]
key = b""
for counter in range(1, (len(master) + 15) // 16 + 1):
    mac = cmac.CMAC(algorithms.AES(master))
    mac.update(bytes([counter, 0, 0, 0, 0x9B, 0, 0, 0]) + bytes.fromhex(row["serial"]))
    key += mac.finalize()
key = key[:len(master)]
if sys.argv[4:] == ["3des"]:
    block = Cipher(algorithms.TripleDES(key), modes.ECB()).encryptor().update(bytes(8))
else:
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(b"\x01" * 16)
if block[:3].hex().upper() != row["management-kcv"]:
    sys.exit("check value %s, the report says %s" % (block[:3].hex(), row["management-kcv"]))
print(":".join("%02X" % octet for octet in key))
