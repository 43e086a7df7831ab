# SPDX-License-Identifier: Apache-2.0
# A GlobalPlatform host that shares no code with the rest: SCP03 by python3-cryptography over
# python3-pyscard. gp.py READER-SUBSTRING opens the card's channel at every level that its i allows,
# then installs and personalizes an NDEF tag through it and deletes it again.
import os
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from smartcard.System import readers

TEST_KEY = bytes(range(0x40, 0x50))
NDEF = bytes.fromhex("D2760000850101")


def cmac(key, data):
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def kdf(key, constant, context, bits):
    out, counter = b"", 1
    while len(out) * 8 < bits:
        head = bytes(11) + bytes([constant, 0]) + bits.to_bytes(2, "big") + bytes([counter])
        out += cmac(key, head + context)
        counter += 1
    return out[: bits // 8]


def cbc(key, iv, data, encrypt):
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    worker = cipher.encryptor() if encrypt else cipher.decryptor()
    return worker.update(data) + worker.finalize()


def ecb(key, block):
    worker = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return worker.update(block) + worker.finalize()


def pad(data):
    return data + b"\x80" + bytes(-(len(data) + 1) % 16)


def unpad(data):
    return data.rstrip(b"\x00")[:-1]


class Card:
    def __init__(self, name):
        found = [r for r in readers() if name in str(r)]
        self.connection = found[0].createConnection()
        self.connection.connect()

    def send(self, octets):
        data, sw1, sw2 = self.connection.transmit(list(octets))
        while sw1 == 0x61:
            more, sw1, sw2 = self.connection.transmit([0, 0xC0, 0, 0, sw2])
            data += more
        return bytes(data), sw1 << 8 | sw2

    def expect(self, octets, wanted=0x9000):
        data, sw = self.send(octets)
        if sw != wanted:
            raise SystemExit("%s answered %04X" % (bytes(octets).hex(), sw))
        return data


class Channel:
    def __init__(self, card, level, key=TEST_KEY, i=0x70):
        self.card, self.level, self.counter = card, 0, 0
        size = 16 if i & 1 else 8
        self.mac_size = size
        host = os.urandom(size)
        card.expect(bytes.fromhex("00A4040000"))
        answer = card.expect(bytes([0x80, 0x50, 0, 0, size]) + host + b"\x00")
        assert answer[11] == 3 and answer[12] == i, answer.hex()
        challenge, cryptogram = answer[13 : 13 + size], answer[13 + size : 13 + 2 * size]
        context = host + challenge
        if i & 0x10:
            sequence = answer[13 + 2 * size :]
            aid = bytes.fromhex("A000000151000000")
            assert kdf(key, 2, sequence + aid, size * 8) == challenge
        self.enc = kdf(key, 4, context, 128)
        self.mac = kdf(key, 6, context, 128)
        self.rmac = kdf(key, 7, context, 128)
        self.chain = bytes(16)
        assert kdf(self.mac, 0, context, size * 8) == cryptogram
        mine = kdf(self.mac, 1, context, size * 8)
        card.expect(self.wrap(bytes([0x84, 0x82, level, 0]), mine, le=False))
        self.level = level

    def wrap(self, header, data, le=True):
        if self.level:
            self.counter += 1
        if self.level & 2 and data:
            icv = ecb(self.enc, self.counter.to_bytes(16, "big"))
            data = cbc(self.enc, icv, pad(data), True)
        head = bytes([header[0] | 4]) + header[1:] + bytes([len(data) + self.mac_size])
        self.chain = cmac(self.mac, self.chain + head + data)
        return head + data + self.chain[: self.mac_size] + (b"\x00" if le else b"")

    def send(self, header, data, wanted=0x9000):
        answer, sw = self.card.send(self.wrap(bytes(header), data))
        if sw != wanted:
            raise SystemExit("%s answered %04X, not %04X" % (bytes(header).hex(), sw, wanted))
        if self.level & 0x10 and sw == 0x9000:
            answer, mac = answer[: -self.mac_size], answer[-self.mac_size :]
            whole = cmac(self.rmac, self.chain + answer + sw.to_bytes(2, "big"))
            assert whole[: self.mac_size] == mac, "R-MAC is wrong"
            if self.level & 0x20 and answer:
                block = bytes([0x80]) + self.counter.to_bytes(15, "big")
                answer = unpad(cbc(self.enc, ecb(self.enc, block), answer, False))
        return answer


def lv(data):
    return bytes([len(data)]) + data


def levels(i):
    yield from (0x01, 0x03)
    if i & 0x20:
        yield from (0x11, 0x13)
    if i & 0x60 == 0x60:
        yield 0x33


def personalize(card, i):
    channel = Channel(card, 0x33, i=i)
    channel.send([0x80, 0xE6, 0x0C, 0], lv(NDEF) * 3 + lv(b"\x00") + lv(b"\xC9\x00") + lv(b""))
    channel.send([0x80, 0xE6, 0x20, 0], lv(b"") * 2 + lv(NDEF) + lv(b"") * 3)
    message = bytes.fromhex("D1010855056578616D706C65")
    channel.send([0x80, 0xE2, 0x88, 0], b"\x02\x01" + lv(message))
    card.expect(bytes([0, 0xA4, 4, 0]) + lv(NDEF))
    card.expect(bytes.fromhex("00A4000C02E104"))
    assert card.expect(bytes.fromhex("00B0000020"))[2 : 2 + len(message)] == message
    channel = Channel(card, 0x33, i=i)
    status = channel.send([0x80, 0xF2, 0x40, 2], b"\x4F\x00")
    assert NDEF in status
    channel.send([0x80, 0xE4, 0, 0], b"\x4F" + lv(NDEF))
    channel.send([0x80, 0xF2, 0x40, 2], b"\x4F\x00", 0x6A88)


def main():
    card = Card(sys.argv[1])
    recognition = card.expect(bytes.fromhex("00A4040000")) and card.expect(bytes.fromhex("80CA006600"))
    i = recognition[-1]
    for level in levels(i):
        channel = Channel(card, level, i=i)
        domain = channel.send([0x80, 0xF2, 0x80, 2], b"\x4F\x00")
        assert bytes.fromhex("A000000151000000") in domain
        channel.send([0x80, 0xCA, 0, 0x66], b"")
    if i & 0x60 == 0x60:
        personalize(card, i)
    print("i=%02x: levels %s" % (i, " ".join("%02x" % level for level in levels(i))))


main()
