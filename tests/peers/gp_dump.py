# SPDX-License-Identifier: Apache-2.0
# Whole sessions of SCP03 as other GlobalPlatform hosts send them, with what the card must answer to
# each octet: both sides are computed here, from the specification and from nothing of ours, and no
# card is asked. gp_dump.py STYLE SERIAL prints a script for tessera apdu run. STYLE, by how the host
# writes its commands:
#   shell   SELECT without Le, GET STATUS with a tag list, key blocks without length and padding
#   sim     the key version named, level 33, answers protected, key blocks likewise
#   pro     the domain selected by no name, level 01, key blocks with the key's length before it
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

KEY, NEW = bytes(range(0x40, 0x50)), bytes(range(0x70, 0x80))
AID = bytes.fromhex("A000000151000000")
FCI = bytes.fromhex("6F108408") + AID + bytes.fromhex("A5049F6501FF")
HOST = bytes.fromhex("0102030405060708")


def cmac(key, data):
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def kdf(key, constant, context, bits):
    return cmac(key, bytes(11) + bytes([constant, 0]) + bits.to_bytes(2, "big") + b"\1" + context)[: bits // 8]


def cbc(key, iv, data):
    worker = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return worker.update(data) + worker.finalize()


def pad(data):
    return data + b"\x80" + bytes(15 - len(data) % 16)


class Session:
    def __init__(self, serial, level, version):
        self.level, self.counter, self.chain = level, 0, bytes(16)
        sequence = b"\0\0\1"
        card = kdf(KEY, 0x02, sequence + AID, 64)
        context = HOST + card
        self.enc, self.mac, self.rmac = (kdf(KEY, n, context, 128) for n in (0x04, 0x06, 0x07))
        show(b"\x80\x50" + bytes([version, 0, 8]) + HOST + b"\0",
             bytes(2) + serial + b"\xFF\x03\x70" + card + kdf(self.mac, 0x00, context, 64) + sequence)
        wrapped = self.sign(b"\x84\x82" + bytes([level, 0]), kdf(self.mac, 0x01, context, 64))
        show(wrapped, b"")

    def sign(self, header, data):
        self.chain = cmac(self.mac, self.chain + header + bytes([len(data) + 8]) + data)
        return header + bytes([len(data) + 8]) + data + self.chain[:8]

    def send(self, ins, p1, p2, data, answer, sw=0x9000):
        self.counter += 1
        if self.level & 2 and data:
            data = cbc(self.enc, cbc(self.enc, bytes(16), self.counter.to_bytes(16, "big")), pad(data))
        command = self.sign(bytes([0x84, ins, p1, p2]), data) + b"\0"
        if self.level & 0x20 and answer:
            counter = b"\x80" + self.counter.to_bytes(15, "big")
            answer = cbc(self.enc, cbc(self.enc, bytes(16), counter), pad(answer))
        if self.level & 0x10:
            answer += cmac(self.rmac, self.chain + answer + sw.to_bytes(2, "big"))[:8]
        show(command, answer, sw)


def show(command, answer, sw=0x9000):
    print("    tx %s\n      sw %04X\n      data %s" % (command.hex().upper(), sw, answer.hex().upper() or "empty"))


def key_field(long_form):
    sealed, kcv = cbc(KEY, bytes(16), NEW), cbc(NEW, bytes(16), b"\1" * 16)[:3]
    return (b"\x88\x11\x10" if long_form else b"\x88\x10") + sealed + b"\3" + kcv, kcv


def row(aid, state, privileges, more=b""):
    body = b"\x4F" + bytes([len(aid)]) + aid + b"\x9F\x70\1" + bytes([state]) + b"\xC5\3" + privileges + more
    return b"\xE3" + bytes([len(body)]) + body


def main():
    style, serial = sys.argv[1], bytes.fromhex(sys.argv[2])
    level, version = {"shell": (0x03, 0x00), "sim": (0x33, 0xFF), "pro": (0x01, 0x00)}[style]
    print('test "a session in the manner of %s" {' % style)
    show(b"\0\xA4\4\0" + {"shell": b"\x08" + AID, "sim": b"\x08" + AID + b"\0", "pro": b"\0"}[style], FCI)
    session = Session(serial, level, version)
    domain, privileges, ndef = b"\x4F\x00", bytes.fromhex("9E0000"), bytes.fromhex("D2760000850101")
    if style == "shell":
        asked = domain + bytes.fromhex("5C05") + bytes.fromhex("4F9F70C5CC")
        session.send(0xF2, 0x80, 0x02, asked, row(AID, 1, privileges, b"\xCC\x08" + AID))
    else:
        session.send(0xF2, 0x80, 0x02, domain, row(AID, 1, privileges))
    session.send(0xF2, 0x40, 0x02, domain, b"", 0x6A88) if level < 0x10 else None
    fields = [ndef, ndef, ndef, b"\0", b"\xC9\0", b""]
    session.send(0xE6, 0x0C, 0x00, b"".join(bytes([len(f)]) + f for f in fields), b"\0")
    session.send(0xF2, 0x40, 0x02, domain, row(ndef, 7, bytes(3)))
    session.send(0xF0, 0x40, 0x80, ndef, b"")
    session.send(0xE4, 0x00, 0x00, b"\x4F\x07" + ndef, b"\0")
    field, kcv = key_field(style == "pro")
    session.send(0xD8, 0x00, 0x81, b"\x30" + field * 3, b"\x30" + kcv * 3)
    print("}")


main()
