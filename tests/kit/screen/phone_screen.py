# SPDX-License-Identifier: Apache-2.0
"""What people do with a phone that runs, before a kiosk that asks for money over the air. Called by
e2e-phone-screen with the suite's directory and the page's address; prints one line a test, "pass|fail
TAB name TAB ids"."""

import json
import pathlib
import subprocess
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import LOOK, picture

WORK = pathlib.Path(sys.argv[1])
URL = sys.argv[2]
TESTS = []
LONG = 60


def test(name, ids=""):
    def keep(run):
        TESTS.append((name, ids, run))
        return run
    return keep


def phase(browser, *names):
    browser.wait(f"{list(names)}.includes(document.body.dataset.phase)", LONG)


def text(browser, name):
    return browser.run("return document.getElementById(arguments[0]).textContent", name)


def pays(amount, ref):
    """A kiosk that asks for money; it answers when it is over."""
    return subprocess.Popen(["tessera", "kiosk", "pay", "--state", "kiosk", "--amount", str(amount), "--ref", ref,
                             "--json"], cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(kiosk):
    out, said = kiosk.communicate(timeout=LONG)
    return kiosk.returncode, json.loads(out) if out.strip() else {}, said


def money(browser, amount):
    browser.wait(f"document.getElementById('money').textContent.includes('{amount:,}')", LONG)


def rest(browser):
    for _ in range(4):
        now = browser.run("return document.body.dataset.phase")
        if now == "idle":
            return
        button = {"ask": "#decline", "armed": "#disarm", "end": "#done"}.get(now)
        if button:
            browser.click_if_there(button)
        phase(browser, *({"idle", "ask", "armed", "end"} - {now} if button else {"end", "idle", "ask"}))


def looks(browser, name):
    found = browser.run(LOOK)
    assert found == [], found
    picture(browser, name)


@test("the page shows purse and tickets, in two languages", "P2-15")
def _(browser):
    money(browser, 9000)
    browser.wait("document.querySelector('#tickets .name')", LONG)
    assert "NO_9" in text(browser, "tickets") and "3 回再生できます" in text(browser, "tickets")
    looks(browser, "phone-ja")
    browser.click("#language")
    assert "3 plays left" in text(browser, "tickets") and text(browser, "say") == "Phone"
    looks(browser, "phone-en")
    browser.click("#language")


@test("a kiosk's tap asks the owner first; confirmed, the same sale is paid, once")
def _(browser):
    kiosk = pays(500, "ASK-1")
    phase(browser, "ask")
    assert "500" in text(browser, "ask-amount") and "SHOP" in text(browser, "ask-payee")
    assert kiosk.poll() is None and not browser.run("return document.getElementById('ask-pin').checkVisibility()")
    looks(browser, "phone-ask-ja")
    browser.click("#confirm button")
    code, sale, said = answer(kiosk)
    assert code == 0 and sale["state"] == "served" and sale["payer"] == "PHONE", (code, sale, said)
    phase(browser, "end")
    assert text(browser, "say") == "支払いました"
    looks(browser, "phone-paid-ja")
    rest(browser)
    money(browser, 8500)
    assert "SHOP" in text(browser, "taps") and "500" in text(browser, "taps")


@test("declined: the kiosk hears so, and nothing is paid")
def _(browser):
    kiosk = pays(400, "NO-1")
    phase(browser, "ask")
    browser.click("#decline")
    code, _, said = answer(kiosk)
    assert code == 1 and "owner said no" in said, (code, said)
    rest(browser)
    money(browser, 8500)


@test("above the limit the PIN is asked: a wrong one pays nothing, the right one pays")
def _(browser):
    kiosk = pays(1500, "PIN-1")
    phase(browser, "ask")
    assert browser.run("return document.getElementById('ask-pin').checkVisibility()")
    looks(browser, "phone-pin-ja")
    browser.run("document.getElementById('pin').focus()")
    browser.keys(*"999999")
    browser.click("#confirm button")
    browser.wait("document.getElementById('say').textContent === '暗証番号が違います'", LONG)
    assert kiosk.poll() is None
    browser.run("document.getElementById('pin').focus()")
    browser.keys(*"123456")
    browser.click("#confirm button")
    code, sale, said = answer(kiosk)
    assert code == 0 and sale["amount"] == 1500, (code, said)
    rest(browser)
    money(browser, 7000)


@test("armed before, one tap pays without a question, and the next one is asked")
def _(browser):
    browser.click("#arm")
    phase(browser, "armed")
    looks(browser, "phone-armed-ja")
    code, sale, said = answer(pays(300, "ARM-1"))
    assert code == 0 and sale["apdus"] == 3, (code, sale, said)
    phase(browser, "end", "idle")
    rest(browser)
    kiosk = pays(10, "ARM-2")
    phase(browser, "ask")
    browser.click("#decline")
    assert answer(kiosk)[0] == 1
    rest(browser)
    money(browser, 6700)


@test("what a wallet does not show is not there over the air")
def _(browser):
    kiosk = pays(20, "AWAY")
    phase(browser, "ask")
    browser.reload()
    phase(browser, "ask")  # a reload loses nothing
    assert "20" in text(browser, "ask-amount")
    browser.click("#decline")
    answer(kiosk)
    rest(browser)


POST = '''const post = what => fetch('/act', {method: 'POST', headers: {'Content-Type': 'application/json'},
                                           body: JSON.stringify(what)});'''


@test("a yes to something else than what is asked now is none")
def _(browser):
    kiosk = pays(21, "LATE")
    phase(browser, "ask")
    browser.run(POST + "return post({do: 'confirm', pin: '', ask: {payee: 'SHOP', amount: 20, unit: 'JPY', pin: false}})"
                ".then(() => post({do: 'decline'}))")
    code, _, said = answer(kiosk)
    assert code == 1 and "owner said no" in said, (code, said)
    rest(browser)
    money(browser, 6700)


@test("an act while the phone reads its card has its turn when that is over", "P1-42")
def _(browser):
    browser.run(POST + '''const stream = new EventSource('/events');
        stream.onmessage = event => {
          if (JSON.parse(event.data).phase !== 'end') return;
          stream.close();
          post({do: 'done'}).then(() => post({do: 'buy', number: 'NO_1', charge: 701}));
        };
        return post({do: 'buy', number: 'NO_1', charge: 700})''')
    browser.wait("document.getElementById('end-text').textContent.includes('not 701')", LONG)
    rest(browser)


@test("a ticket is bought by its number and its charge", "P1-42")
def _(browser):
    browser.run("document.getElementById('number').focus()")
    browser.keys(*"NO_1")
    browser.run("document.getElementById('charge').focus()")
    browser.keys(*"700")
    browser.click("#buy button")
    phase(browser, "end")
    assert "costs 800 JPY, not 700" in text(browser, "end-text"), text(browser, "end-text")
    looks(browser, "phone-refused-ja")
    rest(browser)
    browser.run("document.getElementById('number').focus()")
    browser.keys(*"NO_1")
    browser.run("document.getElementById('charge').focus()")
    browser.keys(*"800")
    browser.click("#buy button")
    phase(browser, "end")
    assert text(browser, "say") == "完了しました", text(browser, "end-text")
    rest(browser)
    money(browser, 5900)
    browser.wait("document.getElementById('give-NO_1')", LONG)


@test("a ticket is played by the phone's own player, and handed over to the home server", "P1-46")
def _(browser):
    browser.click("#play-ID_0001")
    phase(browser, "end")
    assert text(browser, "say") == "完了しました", text(browser, "end-text")
    rest(browser)
    browser.wait("document.getElementById('tickets').textContent.includes('2 回')", LONG)
    browser.click("#give-NO_1")
    phase(browser, "end")
    assert text(browser, "say") == "完了しました", text(browser, "end-text")
    rest(browser)
    browser.wait("!document.getElementById('give-NO_1')", LONG)
    listed = subprocess.run(["tessera", "ticket", "list", "HOME.trm"], cwd=WORK, capture_output=True, text=True, check=False)
    assert "NO_1" in listed.stdout, listed


@test("the page says nothing wrong to its console")
def _(browser):
    assert browser.complaints() == []


def main():
    with Browser((480, 960)) as browser:
        browser.open(URL)
        browser.wait("document.getElementById('money')")
        for name, ids, run in TESTS:
            try:
                run(browser)
                print(f"pass\t{name}\t{ids}", flush=True)
            except Exception:  # whatever it is, the next test tells more
                traceback.print_exc()
                print(f"fail\t{name}\t{ids}", flush=True)
                picture(browser, "failed-phone")
                try:
                    rest(browser)
                except Exception:
                    traceback.print_exc()


main()
