# SPDX-License-Identifier: Apache-2.0
# A GlobalPlatform card that speaks SCP02, written from the specification and from nothing of ours:
# scp02_card.py HOST:PORT KEY I LOG connects to a link "stream:HOST:PORT" and serves it. It knows
# SELECT, GET DATA 66, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, GET STATUS in parts, INSTALL, DELETE, SET STATUS and PUT KEY, checks
# every C-MAC, and writes each command's plain form to LOG.
import socket
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

DOMAIN = bytes.fromhex("A000000003000000")
OTHER = bytes.fromhex("A00000006203010C01")


def cbc(key, iv, data, encrypt=True):
    cipher = Cipher(algorithms.TripleDES(key + key[:8] if len(key) == 16 else key * 3), modes.CBC(iv))
    worker = cipher.encryptor() if encrypt else cipher.decryptor()
    return worker.update(data) + worker.finalize()


def pad(data):
    return data + b"\x80" + bytes(7 - len(data) % 8)


def retail(key, iv, data):
    data = pad(data)
    if len(data) > 8:
        iv = cbc(key[:8], iv, data[:-8])[-8:]
    return cbc(key, iv, data[-8:])


class Card:
    def __init__(self, key, i, log):
        self.static, self.i, self.log = [key] * 3, i, open(log, "w")
        self.version, self.counter, self.level = 0xFF, 0x0021, None
        self.apps = {OTHER: 0x07}

    def derive(self, constant, index):
        return cbc(self.static[index], bytes(8), bytes.fromhex(constant) + self.counter.to_bytes(2, "big") + bytes(12))

    def initialize(self, data):
        self.counter += 1
        self.host = data
        self.enc, self.mac, self.dek = self.derive("0182", 0), self.derive("0101", 1), self.derive("0181", 2)
        self.mine = self.counter.to_bytes(2, "big") + bytes.fromhex("A1B2C3D4E5F6")
        self.chaining, self.level = None, None
        cryptogram = cbc(self.enc, bytes(8), pad(self.host + self.mine))[-8:]
        return bytes(range(10)) + bytes([self.version, 2]) + self.mine + cryptogram, 0x9000

    def unwrap(self, cla, ins, p1, p2, data):
        body, mac = data[:-8], data[-8:]
        plain = body
        if self.level == 3 and body:
            plain = cbc(self.enc, bytes(8), body, False).rstrip(b"\0")
            assert plain[-1:] == b"\x80"
            plain = plain[:-1]
        iv = bytes(8)
        if self.chaining is not None:
            iv = cbc(self.mac[:8], bytes(8), self.chaining) if self.i & 0x10 else self.chaining
        self.chaining = retail(self.mac, iv, bytes([cla, ins, p1, p2, len(plain) + 8]) + plain)
        return plain if self.chaining == mac else None

    def authenticate(self, cla, p1, data):
        plain = self.unwrap(cla, 0x82, p1, 0, data)
        if plain != cbc(self.enc, bytes(8), pad(self.mine + self.host))[-8:]:
            return b"", 0x6300
        self.level = p1
        return b"", 0x9000

    def status(self, p1, p2):
        def row(aid, state):
            return b"\xE3" + bytes([len(aid) + 9]) + b"\x4F" + bytes([len(aid)]) + aid + b"\x9F\x70\x01" + bytes([state]) + b"\xC5\x01\x00"
        if p1 == 0x80:
            return row(DOMAIN, 0x0F), 0x9000
        if p1 == 0x20:
            return b"", 0x6A88
        rows = [row(aid, state) for aid, state in self.apps.items()]
        part = rows[:1] if not p2 & 1 else rows[1:]
        return b"".join(part), 0x6310 if not p2 & 1 and len(rows) > 1 else 0x9000

    def put_key(self, p1, data):
        new, rest = [], data[1:]
        while rest:
            assert rest[0] == 0x80 and rest[1] == 16
            key = b"".join(cbc(self.dek, bytes(8), rest[at : at + 8], False) for at in (2, 10))
            if cbc(key, bytes(8), bytes(8))[:3] != rest[19:22]:
                return b"", 0x6982
            new.append(key)
            rest = rest[22:]
        self.static, self.version = new, data[0]
        return data[:1], 0x9000

    def manage(self, ins, p1, p2, data):
        if ins == 0xF2:
            return self.status(p1, p2)
        if ins == 0xE6:
            fields, rest = [], data
            while rest:
                fields.append(rest[1 : 1 + rest[0]])
                rest = rest[1 + rest[0] :]
            self.apps[fields[2]] = 0x07
            return b"\0", 0x9000
        aid = data[2:] if ins == 0xE4 else data
        if ins in (0xE4, 0xF0) and aid not in self.apps:
            return b"", 0x6A88
        if ins == 0xE4:
            del self.apps[aid]
            return b"\0", 0x9000
        if ins == 0xF0:
            self.apps[aid] = 0x87 if p2 & 0x80 else 0x07
            return b"", 0x9000
        return self.put_key(p1, data) if ins == 0xD8 else (b"", 0x6D00)

    def answer(self, octets):
        cla, ins, p1, p2 = octets[:4]
        data = octets[5 : 5 + octets[4]] if len(octets) > 5 else b""
        if ins == 0xA4:
            return b"\x6F\x0A\x84\x08" + DOMAIN, 0x9000
        if ins == 0xCA and p2 == 0x66 and self.i:
            scp = b"\x06\x09" + bytes.fromhex("2A864886FC6B0402") + bytes([self.i])
            inner = b"\x06\x07" + bytes.fromhex("2A864886FC6B01") + b"\x64\x0B" + scp
            return b"\x66" + bytes([len(inner) + 2]) + b"\x73" + bytes([len(inner)]) + inner, 0x9000
        if ins == 0x50:
            return self.initialize(data)
        if ins == 0x82:
            return self.authenticate(cla, p1, data)
        if ins == 0xCA:
            return b"", 0x6A88
        if self.level is None or not self.level:
            return b"", 0x6982
        plain = self.unwrap(cla, ins, p1, p2, data)
        if plain is None:
            self.level = None
            return b"", 0x6988
        self.log.write("%02X%02X%02X%02X %s\n" % (cla, ins, p1, p2, plain.hex().upper()))
        self.log.flush()
        return self.manage(ins, p1, p2, plain)


def main():
    host, port = sys.argv[1].split(":")
    card = Card(bytes.fromhex(sys.argv[2]), int(sys.argv[3], 16), sys.argv[4])
    if card.i == 0:
        told, card.i = 0, 0x15  # it does not tell
        inner = card.answer
        card.answer = lambda octets: (b"", 0x6A88) if octets[1] == 0xCA else inner(octets)
    while True:
        try:
            link = socket.create_connection((host, int(port)))
        except OSError:
            continue
        serve(card, link)


def serve(card, link):
    try:
        with link:
            while head := link.recv(2, socket.MSG_WAITALL):
                octets = link.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)
                if len(octets) == 1:
                    reply = bytes.fromhex("3B80800101") if octets == b"\4" else None
                else:
                    data, sw = card.answer(octets)
                    reply = data + sw.to_bytes(2, "big")
                if reply is not None:
                    link.sendall(struct.pack(">H", len(reply)) + reply)
    except ConnectionError:
        pass  # the host is done


main()
