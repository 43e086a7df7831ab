# SPDX-License-Identifier: Apache-2.0
# Writes radio traces that no reader made: pcapng files with ISO/IEC 14443 packets. radio.py slow FILE: four
# empty polls, then one slow tap. radio.py torn FILE COUNT: so many taps that end amid their second
# command. radio.py mixed FILE: a good tap, a torn one whose answer broke off, a good one, and polls.
import struct
import sys

FIELD_ON, FIELD_OFF, TO_CARD, FROM_CARD = 0xFC, 0xFD, 0xFE, 0xFF
SELECT = bytes.fromhex("00A4040009F0544553534552410100")


def crc_a(octets):
    crc = 0x6363
    for octet in octets:
        octet ^= crc & 0xFF
        octet ^= octet << 4 & 0xFF
        crc = (crc >> 8 ^ octet << 8 ^ octet << 3 ^ octet >> 4) & 0xFFFF
    return crc.to_bytes(2, "little")


class Trace:
    def __init__(self, name):
        self.file, self.at = open(name, "wb"), 0
        self.file.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28))
        self.file.write(struct.pack("<IIHHII", 1, 20, 264, 0, 0, 20))

    def packet(self, event, frame=b""):
        body = bytes([0, event]) + struct.pack(">H", len(frame)) + frame
        padded = body + bytes(-len(body) % 4)
        self.at += 1000
        self.file.write(struct.pack("<7I", 6, 32 + len(padded), 0, 0, self.at, len(body), len(body)))
        self.file.write(padded + struct.pack("<I", 32 + len(padded)))

    def say(self, event, octets):
        self.packet(event, octets + crc_a(octets))

    def poll(self):
        self.packet(FIELD_ON)
        self.packet(TO_CARD, b"\x26")
        self.packet(FIELD_OFF)

    def activate(self):
        self.packet(FIELD_ON)
        self.packet(TO_CARD, b"\x26")
        self.packet(FROM_CARD, b"\x04\x00")
        self.packet(TO_CARD, b"\x93\x20")
        self.packet(FROM_CARD, bytes(5))
        self.say(TO_CARD, b"\x93\x70" + bytes(5))
        self.say(FROM_CARD, b"\x20")
        self.say(TO_CARD, b"\xE0\x80")
        self.say(FROM_CARD, b"\x05\x78\x77\x70\x00")

    def exchange(self, command, answer, number=0, chained=False):
        self.say(TO_CARD, bytes([2 | number]) + command)
        if answer:
            self.say(FROM_CARD, bytes([2 | number | (0x10 if chained else 0)]) + answer)

    def tap(self, commands=1):
        self.activate()
        for i in range(commands):
            self.exchange(SELECT, bytes(220) + b"\x90\x00", i & 1)
        self.packet(FIELD_OFF)

    def torn(self, answer=b"", chained=False):
        self.activate()
        self.exchange(SELECT, bytes(40) + b"\x90\x00")
        self.exchange(bytes.fromhex("80740000") + bytes(100), answer, 1, chained)
        self.packet(FIELD_OFF)


def main():
    what, trace = sys.argv[1], Trace(sys.argv[2])
    if what == "slow":
        for _ in range(4):
            trace.poll()
        trace.tap(32)
    elif what == "torn":
        for _ in range(int(sys.argv[3])):
            trace.torn()
    else:
        trace.tap()
        trace.poll()
        trace.torn(bytes(30), chained=True)
        trace.poll()
        trace.tap(2)
        trace.poll()


main()
