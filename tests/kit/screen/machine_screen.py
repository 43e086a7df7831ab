# SPDX-License-Identifier: Apache-2.0
"""What people do at the screens of a deposit machine and a vending machine, with real clicks in a real
browser. Called by e2e-machine-screens with the suite's directory and the two addresses; prints one line a
test, "pass|fail TAB name TAB ids", and pictures into build/screens."""

import json
import os
import pathlib
import subprocess
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import LOOK, picture

WORK = pathlib.Path(sys.argv[1])
DEPOSIT, VEND = sys.argv[2:4]
TESTS = []
lying = {"deposit": None, "vend": None}


def test(name, ids=""):
    def keep(run):
        TESTS.append((name, ids, run))
        return run
    return keep


def tessera(*words):
    return subprocess.run(["tessera", *words], capture_output=True, text=True, timeout=60, check=False)


def lay(reader, card):
    """Lays a card on a machine's reader, and takes another away."""
    place = WORK / f"{reader}-reader.trm"
    if lying[reader]:
        os.rename(place, WORK / f"{lying[reader]}.trm")
    lying[reader] = card
    if card:
        os.rename(WORK / f"{card}.trm", place)


def balance(card):
    pockets = json.loads(tessera("purse", "show", f"emu:{WORK / card}.trm", "--json").stdout)["pockets"]
    return next(row["balance"] for row in pockets if row["unit"] == "JPY")


def state(name):
    return json.loads((WORK / name).read_text())


def phase(browser, *names):
    browser.wait(f"{list(names)}.includes(document.body.dataset.phase)")


def text(browser, identity):
    return browser.run(f"return document.getElementById('{identity}').textContent")


def both(browser):
    """The sentence in both languages; the page's own is Japanese."""
    first = text(browser, "say")
    browser.click("#language")
    second = text(browser, "say")
    browser.click("#language")
    return first, second


def done(browser, reader):
    lay(reader, None)
    browser.click("#done")
    phase(browser, "idle")


def rest(browser):
    """Back to choosing, from wherever a test that failed left it."""
    for reader in lying:
        lay(reader, None)
    for _ in range(4):
        now = browser.run("return document.body.dataset.phase")
        if now == "idle":
            return
        browser.click("#done" if now == "end" else "#amount-cancel" if now == "amount" else "#cash-cancel" if now == "cash"
                      else "#tap-cancel, #cancel")
        browser.wait(f"document.body.dataset.phase !== '{now}'")


def acts(browser, *these):
    for act in these:
        browser.run("return fetch('/act', {method: 'POST', headers: {'Content-Type': 'application/json'},"
                    " body: arguments[0]}).then(answer => answer.status)", json.dumps(act))


# ---- the deposit machine -------------------------------------------------------------------------

def until_cash(browser, card, amount):
    """Touches the panel, holds the card, names the amount."""
    browser.click("#begin")
    phase(browser, "tap")
    lay("deposit", card)
    phase(browser, "amount")
    browser.click(f"#name-{amount}")
    phase(browser, "cash")


@test("a touch begins, the balance is shown first, notes of the amount are on the phone in the end",
      "P2-14 P2-15 P2-16 P2-17 P2-20")
def _(browser):
    picture(browser, "deposit-idle-ja")
    browser.click("#begin")
    phase(browser, "tap")
    lay("deposit", "ALICE")
    phase(browser, "amount")
    assert text(browser, "amount-before") == "10,000円", text(browser, "amount-before")
    picture(browser, "deposit-amount-ja")
    browser.click("#name-2000")
    phase(browser, "cash")
    browser.click("#put-1000")
    browser.wait("document.getElementById('cash-lines').textContent.includes('投入金額1,000円')")
    browser.reload()
    browser.wait("document.getElementById('cash-lines').textContent.includes('投入金額1,000円')")
    browser.click("#put-1000")
    browser.wait("document.getElementById('cash-lines').textContent.includes('投入金額2,000円')")
    picture(browser, "deposit-cash-ja")
    browser.click("#enough")
    phase(browser, "end")
    assert both(browser) == ("入金が完了しました。ありがとうございます", "The money is on it. Thank you"), both(browser)
    assert "12,000円" in text(browser, "end-lines"), text(browser, "end-lines")
    picture(browser, "deposit-done-ja")
    done(browser, "deposit")
    assert balance("ALICE") == 12000 and state("deposit/cash")["stacked"] == 2000


@test("another sum comes back, and nothing is loaded", "P2-17 P2-18")
def _(browser):
    until_cash(browser, "ALICE", 2000)
    browser.click("#put-5000")
    browser.wait("document.getElementById('cash-lines').textContent.includes('5,000円')")
    browser.click("#enough")
    phase(browser, "end")
    told = both(browser)
    assert told[1] == "That was another amount. The cash is given back, and nothing was deposited", told
    assert "5,000円" in text(browser, "end-lines")
    picture(browser, "deposit-returned-ja")
    done(browser, "deposit")
    cash = state("deposit/cash")
    assert balance("ALICE") == 12000 and (cash["stacked"], cash["returned"], cash["escrow"]) == (2000, 5000, 0), cash


@test("given up with cash in escrow: it comes back", "P2-18")
def _(browser):
    until_cash(browser, "ALICE", 1000)
    browser.click("#put-500")
    browser.wait("document.getElementById('cash-lines').textContent.includes('500円')")
    browser.click("#cash-cancel")
    phase(browser, "end")
    assert both(browser)[1].startswith("Cancelled. Cash"), both(browser)
    done(browser, "deposit")
    assert balance("ALICE") == 12000 and state("deposit/cash")["returned"] == 5500


@test("another card than the one whose balance was shown is told so, and not loaded")
def _(browser):
    until_cash(browser, "ALICE", 1000)
    browser.click("#put-1000")
    browser.wait("document.getElementById('cash-lines').textContent.includes('投入金額1,000円')")
    lay("deposit", "BOB")
    browser.click("#enough")
    browser.wait("document.getElementById('say').textContent.startsWith('別のカード')")
    lay("deposit", "ALICE")
    phase(browser, "end")
    done(browser, "deposit")
    assert balance("ALICE") == 13000 and balance("BOB") == 10


@test("the deposit page: contrast, names, targets and texts, in every state, in both languages")
def _(browser):
    for _language in range(2):
        assert browser.run(LOOK) == [], browser.run(LOOK)
        browser.click("#begin")
        phase(browser, "tap")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        lay("deposit", "ALICE")
        phase(browser, "amount")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        browser.click("#name-1000")
        phase(browser, "cash")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        browser.click("#cash-cancel")
        phase(browser, "end")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        done(browser, "deposit")
        browser.click("#language")


@test("acts that no page sends are nothing to the deposit machine")
def _(browser):
    acts(browser, {"do": "put", "value": 1000}, {"do": "enough"}, {"do": "amount", "amount": 1}, {"do": "cancel"},
         {"do": "once", "amount": 1, "cash": 1}, {"do": ["begin"]}, {})
    assert browser.run("return document.body.dataset.phase") == "idle" and state("deposit/cash")["escrow"] == 0


# ---- the vending machine -------------------------------------------------------------------------

@test("one touch and a tap: a drink, with operator and price on the screen", "P5-01 P5-02 M04")
def _(browser):
    before, turns = balance("ALICE"), 0
    browser.open(VEND)
    browser.wait("document.querySelectorAll('#goods button').length === 3")
    assert text(browser, "operator") == "運営: DRINKS", text(browser, "operator")
    names = browser.run("return [...document.querySelectorAll('.name')].map(e => e.textContent)")
    assert names == ["緑茶", "コーラ", "金"], names
    picture(browser, "vend-choose-ja")
    browser.click("#choose-TEA")
    phase(browser, "tap")
    assert "120" in text(browser, "tap-amount")
    browser.reload()
    phase(browser, "tap")
    lay("vend", "ALICE")
    phase(browser, "end")
    assert both(browser) == ("お支払いが完了しました。商品をお取りください", "Paid. Please take it"), both(browser)
    picture(browser, "vend-served-ja")
    done(browser, "vend")
    assert balance("ALICE") == before - 120 and state("vend/motor")["turns"] == turns + 1


@test("the same by command leaves the same record", "M04")
def _(browser):
    lay("vend", "ALICE")
    told = json.loads(tessera("vend", "buy", "--state", str(WORK / "vend"), "--item", "TEA", "--ref", "BY-HAND",
                              "--json").stdout)
    phase(browser, "end")
    done(browser, "vend")
    records = [json.loads(line.split(None, 2)[2]) for line in (WORK / "vend/sales").read_text().splitlines()]
    served = [record for record in records if record["state"] == "served"]
    assert len(served) == 2 and set(served[0]) == set(served[1]), served
    assert told["state"] == "served" and all(one["amount"] == 120 and one["item"] == "TEA" for one in served)


@test("cancelled, not enough, stuck: each its sentence, and the motor turns for none but the last")
def _(browser):
    before = balance("ALICE")
    browser.click("#choose-COLA")
    phase(browser, "tap")
    browser.click("#cancel")
    phase(browser, "end")
    assert both(browser)[1] == "Cancelled. Nothing was paid", both(browser)
    done(browser, "vend")
    browser.click("#choose-GOLD")
    lay("vend", "ALICE")
    phase(browser, "end")
    assert both(browser)[1] == "There is not enough on this card", both(browser)
    done(browser, "vend")
    turns = state("vend/motor")["turns"]
    tessera("vend", "jam", "--state", str(WORK / "vend"))
    browser.click("#choose-COLA")
    lay("vend", "ALICE")
    phase(browser, "end")
    assert both(browser)[1] == "Please call the staff", both(browser)
    done(browser, "vend")
    assert state("vend/motor")["turns"] == turns + 1 and balance("ALICE") == before - 150


@test("the vending page: contrast, names, targets and texts, in every state, in both languages")
def _(browser):
    for _language in range(2):
        assert browser.run(LOOK) == [], browser.run(LOOK)
        browser.click("#choose-TEA")
        phase(browser, "tap")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        lay("vend", "ALICE")
        phase(browser, "end")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        done(browser, "vend")
        browser.click("#language")


@test("acts that no page sends are nothing, and neither page says anything wrong to its console")
def _(browser):
    before = balance("ALICE")
    lay("vend", "ALICE")
    acts(browser, {"do": "choose"}, {"do": "choose", "item": "RUM"}, {"do": "choose", "item": 1}, {"do": "cancel"},
         {"do": "jam"}, {"do": "done"})
    lay("vend", None)
    assert browser.run("return document.body.dataset.phase") == "idle" and balance("ALICE") == before
    complaints = browser.complaints()
    assert complaints == [], complaints


def main():
    with Browser() as browser:
        browser.open(DEPOSIT)
        phase(browser, "idle")
        for name, ids, run in TESTS:
            try:
                run(browser)
                print(f"pass\t{name}\t{ids}", flush=True)
            except Exception:  # whatever it is, the next test tells more
                traceback.print_exc()
                print(f"fail\t{name}\t{ids}", flush=True)
                picture(browser, "failed-machine")
                rest(browser)


main()
