# SPDX-License-Identifier: Apache-2.0
"""Who pays how at which machine: a phone behind a libnfc target, a card in a PC/SC reader, a card on a
PN532 board; a kiosk, a deposit machine, a vending machine; by touching the screen and by command. Each
pair of ways must leave the same records. Called by e2e-matrix inside a lab with the suite's directory;
prints the table, and one line a test, "pass|fail TAB name TAB ids"."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import picture

WORK = pathlib.Path(sys.argv[1])
ON_AIR = "nfc:" + os.environ["TESSERA_NFC_MACHINE"]
LONG = 60


def tessera(*words):
    done = subprocess.run(["tessera", *words], cwd=WORK, capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def starts(words, ready, name):
    """A program that stays, once it has said that it is ready; what it said."""
    out = WORK / f"{name}.out"
    with open(out, "wb") as into, open(WORK / f"{name}.err", "wb") as why:
        program = subprocess.Popen(["tessera", *words], cwd=WORK, stdout=into, stderr=why)
    until = time.monotonic() + LONG
    while ready not in out.read_text():
        assert program.poll() is None and time.monotonic() < until, (WORK / f"{name}.err").read_text()
        time.sleep(0.02)
    return program, out.read_text()


def ends(program):
    program.send_signal(signal.SIGTERM)
    assert program.wait(LONG) == 0, program.args


# ---- customers: name, link of the machine's reader, what brings the card there and takes it away -------

class Phone:
    """A program plays the card behind libnfc's target side."""
    name, title, link = "PHONE", "phone (libnfc on both sides)", ON_AIR

    def __enter__(self):
        self.program, _ = starts(["card", "run", "PHONE.trm", "--nfc", os.environ["TESSERA_NFC_PHONE"]], "ready", "phone")
        tessera("lab", "tap", "phone@machine")

    def __exit__(self, *_):
        tessera("lab", "untap", "phone")
        ends(self.program)


class Card:
    """In a PC/SC reader with contacts."""
    name, title, link = "CARD", "card (PC/SC)", os.environ["TESSERA_CARD_4"]

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


class Board:
    """On the antenna of a PN532 board."""
    name, title, link = "BOARD", "card (PN532 board)", ON_AIR

    def __enter__(self):
        tessera("lab", "tap", f"{WORK}/BOARD.trm@machine")

    def __exit__(self, *_):
        tessera("lab", "untap", "machine")


# ---- machines: how each is started, touched, told, and what its parts remember -------------------------

def lines_of(path):
    return path.read_text().splitlines() if path.exists() else []


def object_of(path):
    return json.loads(path.read_text()) if path.exists() else {}


class Machine:
    def __init__(self, customer):
        self.state = WORK / f"{self.name}-{customer.name}"
        words = [self.name, "run", *self.words, "--customer", customer.link, "--state", str(self.state),
                 "--http", "127.0.0.1:0"]
        self.program, said = starts(words, "ready", self.state.name)
        self.url = next(line.split()[1] for line in said.splitlines() if line.startswith("screen "))

    def told(self, *words):
        return tessera(self.name, *words, "--state", str(self.state))


class Kiosk(Machine):
    name, words = "kiosk", ["--till", os.environ["TESSERA_CARD_1"], "--prices", "goods"]

    def touched(self, browser):
        browser.click("#more-TEA")
        browser.click("#pay")

    def by_command(self):
        self.told("order", "TEA")

    def parts(self):
        """Goods are handed over by people: the receipt is what was served."""
        return len(list((self.state / "receipts").glob("*.json")))


class Deposit(Machine):
    name, words = "deposit", ["--float", os.environ["TESSERA_CARD_2"]]

    def touched(self, browser):
        browser.click("#begin")
        browser.wait("document.body.dataset.phase === 'amount'")
        browser.click("#name-1000")
        browser.wait("document.body.dataset.phase === 'cash'")
        browser.click("#put-1000")
        browser.wait("document.getElementById('cash-lines').textContent.includes('1,000円')")
        browser.click("#enough")

    def by_command(self):
        self.told("once", "--amount", "1000", "--cash", "1000")

    def parts(self):
        return object_of(self.state / "cash").get("stacked", 0)


class Vend(Machine):
    name, words = "vend", ["--till", os.environ["TESSERA_CARD_3"], "--goods", "goods"]

    def touched(self, browser):
        browser.click("#choose-TEA")

    def by_command(self):
        self.told("buy", "--item", "TEA", "--ref", "matrix")

    def parts(self):
        motor = object_of(self.state / "motor")
        return (motor.get("turns", 0), motor.get("drops", 0))


# ---- what one way leaves -------------------------------------------------------------------------------

OBJECTS = ("usage_log", "receive_log")  # signed, with a number and a challenge of their own
OWN = ("n", "time_ms", "reference")     # of this sale alone


def steps(lines):
    """The records as they were appended; of what is a sale's own, that it is there."""
    for line in lines:
        due, reference, record = line.split(" ", 2)
        record = json.loads(record)
        same = {key: bool(value) if key in OBJECTS + OWN else value for key, value in record.items()}
        same["kind"] = reference[:2]  # of a reference: goods, deposit
        yield due, same


def made(machine, browser, way):
    """One sale: its records, what the machine's parts did, what the card says of it."""
    begin, before = len(lines_of(machine.state / "sales")), machine.parts()
    if way == "screen":
        machine.touched(browser)
        browser.wait("document.body.dataset.phase === 'end'")
        sign = browser.run("return document.body.dataset.sign")
        browser.click("#done")
        browser.wait("document.body.dataset.phase === 'idle'")
    else:
        machine.by_command()
        browser.wait("document.body.dataset.phase === 'end'")  # whoever ordered: the screen tells it
        sign = browser.run("return document.body.dataset.sign")
        browser.click("#done")
        browser.wait("document.body.dataset.phase === 'idle'")
    after = machine.parts()
    moved = [b - a for a, b in zip(before, after)] if isinstance(after, tuple) else after - before
    return {"records": list(steps(lines_of(machine.state / "sales")[begin:])), "moved": moved, "screen": sign}


def short(left):
    states = " ".join(record["state"] for _, record in left["records"])
    last = left["records"][-1][1]
    return f"{last['payer']} → {last['payee']} {last['amount']} {last['unit']}: {states}; moved {left['moved']}"


def pair(customer, kind, browser):
    machine = kind(customer)
    try:
        browser.open(machine.url)
        browser.wait("document.body.dataset.phase === 'idle'")
        ways = {way: made(machine, browser, way) for way in ("screen", "command")}
        assert browser.complaints() == []
    finally:
        ends(machine.program)
    for way, left in ways.items():
        print(f"#   {customer.title:<30} {machine.name:<8} {way:<8} {short(left)}")
        states = [record["state"] for _, record in left["records"]]
        assert states[-1] == "served" and states.count("served") == 1 and states.count("serving") == 1, states
        assert all(left["records"][-1][1][name] for name in OBJECTS + ("n",)), left
    assert ways["screen"] == ways["command"], ways


def main():
    with Browser() as browser:
        for customer in (Phone(), Card(), Board()):
            with customer:
                for kind in (Kiosk, Deposit, Vend):
                    name, ids = f"{customer.title} at the {kind.name}: the same records by screen and by command", kind.ids
                    try:
                        pair(customer, kind, browser)
                        print(f"pass\t{name}\t{ids}", flush=True)
                    except Exception:  # whatever it is, the next one tells more
                        traceback.print_exc()
                        print(f"fail\t{name}\t{ids}", flush=True)
                        picture(browser, "failed-matrix")


Kiosk.ids, Deposit.ids, Vend.ids = "P1-47 P2-25", "P2-15 P2-16 P2-17", "P5-01 P5-02"
main()
