# SPDX-License-Identifier: Apache-2.0
# A host of a PN532 on a serial line as nfcpy's driver opens, uses and closes one, octet by octet, by
# termios alone: serial_host.py TERMINAL. It wakes the chip, takes it to 921 600 bit/s, configures it,
# finds a card, goes back to 115 200 bit/s and puts it to sleep; then all of it once more, as a second
# program does.
import os
import select
import sys
import termios
import tty

ACK = bytes.fromhex("0000FF00FF00")
BAUD = {115200: (4, termios.B115200), 921600: (7, termios.B921600)}


def frame(data):
    body = b"\xD4" + data
    return b"\x00\x00\xFF" + bytes([len(body), -len(body) & 0xFF]) + body + bytes([-sum(body) & 0xFF]) + b"\x00"


class Line:
    def __init__(self, path):
        self.path, self.file = path, None

    def open(self, baud):
        if self.file is not None:
            os.close(self.file)
        self.file = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.file)
        mode = termios.tcgetattr(self.file)
        mode[4] = mode[5] = BAUD[baud][1]
        termios.tcsetattr(self.file, termios.TCSANOW, mode)

    def write(self, octets):
        os.write(self.file, octets)

    def octets(self, count, timeout):
        got = b""
        while len(got) < count:
            if not select.select([self.file], [], [], timeout)[0]:
                raise SystemExit("nothing within %s s behind %s" % (timeout, got.hex()))
            got += os.read(self.file, count - len(got))
        return got

    def read(self, timeout=1.0):
        head = self.octets(6, timeout)
        if head == ACK:
            return head
        return head + self.octets(head[3] + 1, timeout)

    def expect(self, wanted):
        got = self.read()
        if not got.startswith(wanted):
            raise SystemExit("wanted %s, got %s" % (wanted.hex(), got.hex()))
        return got

    def command(self, data, preamble=b""):
        self.write(preamble + frame(data))
        self.expect(ACK)
        answer = self.read()
        if answer[5:7] != bytes([0xD5, data[0] + 1]):
            raise SystemExit("%s is answered %s" % (data.hex(), answer.hex()))
        return answer[7:-2]

    def change_rate(self, baud):
        self.command(bytes([0x10, BAUD[baud][0]]))
        self.write(ACK)


def session(line):
    line.open(115200)
    preamble = bytes(10)
    line.write(preamble + bytes.fromhex("0000FF02FED4022A00"))
    line.expect(ACK)
    line.expect(bytes.fromhex("0000FF06FAD50332"))
    line.write(preamble + bytes.fromhex("0000FF05FBD4140100001700"))
    line.expect(ACK)
    line.expect(bytes.fromhex("0000FF02FED5151600"))
    line.change_rate(921600)
    line.open(921600)
    for data in ("1200", "3202000B0A", "320400", "3205010001", "320A59F43F114D85616F266287",
                 "320B69FF3F114185616F", "320CFF0485", "320D85158A8508B28501DA", "320102"):
        line.command(bytes.fromhex(data))
    found = line.command(bytes.fromhex("4A0100"))
    if found[:2] != b"\x01\x01":
        raise SystemExit("no card: " + found.hex())
    line.write(ACK)
    line.change_rate(115200)
    if line.command(bytes.fromhex("16B000")) != b"\x00":
        raise SystemExit("it does not sleep")


line = Line(sys.argv[1])
session(line)
session(line)
