# SPDX-License-Identifier: Apache-2.0
"""What people do at a kiosk's screen, with real clicks and keys in a real browser, and what others
try at its address. Called by e2e-kiosk-screen with the suite's directory and the screen's address;
prints one line a test, "pass|fail TAB name TAB ids", and pictures into build/screens."""

import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import time
import traceback
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import LOOK, PICTURES, picture

WORK = pathlib.Path(sys.argv[1])
URL = urllib.parse.urlsplit(sys.argv[2])
ENTER, TAB = "\ue007", "\ue004"
TESTS = []
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test(name, ids=""):
    def keep(run):
        TESTS.append((name, ids, run))
        return run
    return keep


def tessera(*words):
    return subprocess.run(["tessera", *words], capture_output=True, text=True, timeout=30, check=False)


def balance(card="ALICE"):
    pockets = json.loads(tessera("purse", "show", f"emu:{where(card)}", "--json").stdout)["pockets"]
    return next(row["balance"] for row in pockets if row["unit"] == "JPY")


# ---- the reader: whatever image has its name lies on it ------------------------------------------

READER = WORK / "reader.trm"
lying = None


def where(card):
    return READER if lying == card else WORK / f"{card}.trm"


def lay(card):
    """Lays a card down, and takes another away."""
    global lying
    if lying:
        os.rename(READER, WORK / f"{lying}.trm")
    lying = card
    if card:
        os.rename(WORK / f"{card}.trm", READER)


# ---- the page ------------------------------------------------------------------------------------

def phase(browser, *names):
    browser.wait(f"{list(names)}.includes(document.body.dataset.phase)")


def said(browser):
    return browser.run("return document.getElementById('say').textContent")


def both(browser):
    """The sentence in both languages; the page's own is Japanese."""
    first = said(browser)
    browser.click("#language")
    second = said(browser)
    browser.click("#language")
    return first, second


def rest(browser):
    """Back to choosing, from wherever it is."""
    lay(None)
    for _ in range(5):
        now = browser.run("return document.body.dataset.phase")
        if now == "idle":
            return
        if now == "tap":
            browser.click_if_there("#cancel")
            phase(browser, "end", "idle")
        if now == "end":
            browser.click_if_there("#done")  # it goes away by itself, too
            phase(browser, "idle")


def choose(browser, *articles):
    for article in articles:
        browser.click(f"#more-{article}")


def receipts():
    return {path.name: json.loads(path.read_text()) for path in (WORK / "state/receipts").glob("*.json")}


@test("the list is there in Japanese and in English, names as text")
def _(browser):
    picture(browser, "kiosk-choose-ja")
    names = browser.run("return [...document.querySelectorAll('.name')].map(e => e.textContent)")
    assert names == ["緑茶", "あんパン", "バッジ", "洗濯", "映画"], names
    browser.click("#language")
    names = browser.run("return [...document.querySelectorAll('.name')].map(e => e.textContent)")
    assert names[1] == "<b>Bun</b>" and not browser.run("return document.querySelector('#list b')"), names
    assert browser.run("return document.documentElement.lang") == "en" and said(browser) == "Choose"
    picture(browser, "kiosk-choose-en")
    browser.click("#language")


@test("real clicks buy two teas and a bun: paid once, with a receipt", "M03a M03b")
def _(browser):
    before, known = balance(), set(receipts())
    choose(browser, "TEA", "TEA", "BUN")
    assert "520" in browser.run("return document.getElementById('total').textContent")
    browser.click("#pay")
    phase(browser, "tap")
    picture(browser, "kiosk-tap-ja")
    lay("ALICE")
    phase(browser, "end")
    assert said(browser) == "お支払いが完了しました。ありがとうございます", said(browser)
    picture(browser, "kiosk-paid-ja")
    lay(None)
    made = [receipt for name, receipt in receipts().items() if name not in known]
    assert balance() == before - 520 and len(made) == 1 and made[0]["amount"] == 520, made
    assert made[0]["state"] == "serving" and made[0]["text"] == "緑茶 ×2, あんパン ×1", made
    rest(browser)


@test("the same sale by command leaves the same record", "M03a")
def _(browser):
    lay("ALICE")
    done = tessera("kiosk", "pay", "--state", str(WORK / "state"), "--amount", "520", "--ref", "BY-HAND", "--json")
    mine = json.loads(done.stdout)
    other = next(iter(receipts().values()))
    assert set(other) - {"item"} <= set(mine) | {"text"}, set(other) - set(mine)
    rest(browser)


@test("by keyboard alone: focus is seen, and a sale is made")
def _(browser):
    before = balance()
    lay("ALICE")
    browser.run("document.getElementById('language').focus()")
    for _ in range(30):
        if browser.run("return document.activeElement.id") == "more-TEA":
            break
        browser.keys(TAB)
    assert browser.run("return getComputedStyle(document.activeElement).outlineWidth") == "6px"
    browser.keys(ENTER)
    for _ in range(30):
        if browser.run("return document.activeElement.id") == "pay":
            break
        browser.keys(TAB)
    browser.keys(ENTER)
    phase(browser, "end")
    assert browser.run("return document.activeElement.id") == "done"
    browser.keys(ENTER)
    phase(browser, "idle")
    assert balance() == before - 150
    rest(browser)


@test("a reload loses nothing: what is chosen, the card that is awaited")
def _(browser):
    before = balance()
    choose(browser, "TEA")
    browser.reload()
    browser.wait("document.getElementById('count-TEA') && document.getElementById('count-TEA').textContent === '1'")
    browser.click("#pay")
    phase(browser, "tap")
    browser.reload()
    phase(browser, "tap")
    assert "150" in browser.run("return document.getElementById('tap-amount').textContent")
    browser.click("#cancel")
    phase(browser, "end")
    assert both(browser) == ("取り消しました。お支払いはありません", "Cancelled. Nothing was paid"), both(browser)
    assert balance() == before
    rest(browser)


@test("the balance is shown, and nothing changes", "P2-15 P2-20")
def _(browser):
    before = (WORK / "ALICE.trm").read_bytes(), balance()
    browser.click("#balance")
    phase(browser, "tap")
    lay("ALICE")
    phase(browser, "end")
    assert f"{before[1]:,}円" in browser.run("return document.getElementById('end-amount').textContent")
    picture(browser, "kiosk-balance-ja")
    lay(None)
    assert balance() == before[1]
    rest(browser)


REFUSED = [
    ("STRANGER", "ほかの発行者のカードです", "This card is of another issuer"),
    ("BLANK", "このカードはご利用になれません", "This is no card that can pay here"),
    ("LISTED", "紛失または盗難の届けが出ているカードです", "This card was reported lost or stolen"),
    ("POOR", "残高が足りません", "There is not enough on this card"),
    ("FLOAT", "このお店ではご利用になれないカードです", "This card may not pay at this shop"),
]


@test("each refused card has its own sentence, in both languages, and nothing changes")
def _(browser):
    for card, japanese, english in REFUSED:
        choose(browser, "TEA")
        browser.click("#pay")
        phase(browser, "tap")
        lay(card)
        phase(browser, "end")
        told = both(browser)
        assert told == (japanese, english), (card, told)
        if card == "LISTED":
            picture(browser, "kiosk-refused-ja")
        assert browser.run("return document.getElementById('receipt').childElementCount") == 0
        rest(browser)
        browser.click("#fewer-TEA")
    assert balance("POOR") == 10 and balance("LISTED") == 500
    assert not json.loads(tessera("kiosk", "pending", "--state", str(WORK / "state"), "--json").stdout)["sales"]


@test("a card that another program uses is told, then it pays")
def _(browser):
    choose(browser, "TEA")
    shell = subprocess.Popen(["tessera", "card", "run", str(WORK / "ALICE.trm"), "--reader", f"vpcd:127.0.0.1:{PORT}"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    LISTENER.accept()[0].close()
    browser.click("#pay")
    phase(browser, "tap")
    shell.terminate()
    shell.wait()
    lay("ALICE")
    phase(browser, "end")
    assert said(browser).startswith("お支払い")
    rest(browser)


@test("a reader process that is killed is started again, and the screen goes on")
def _(browser):
    before = balance()
    choose(browser, "TEA")
    browser.click("#pay")
    phase(browser, "tap")
    found = subprocess.run(["pgrep", "-f", f"^tessera-reader emu:{READER}$"], capture_output=True, text=True, check=False)
    assert found.stdout.split(), "no reader process is at work"
    for process in found.stdout.split():
        os.kill(int(process), 9)
    lay("ALICE")
    phase(browser, "end")
    lay(None)
    assert balance() == before - 150
    rest(browser)


@test("a price list that changes: a sale keeps its price, an order of the old list is not taken")
def _(browser):
    before, old = balance(), (WORK / "prices").read_text()
    choose(browser, "TEA")
    browser.click("#pay")
    phase(browser, "tap")
    (WORK / "prices").write_text(old.replace("TEA   150", "TEA   160"))
    lay("ALICE")
    phase(browser, "end")
    lay(None)
    assert balance() == before - 150
    rest(browser)
    browser.wait("document.querySelector('.price').textContent === '160円'")
    choose(browser, "TEA")
    browser.run("""fetch('/act', {method: 'POST', headers: {'Content-Type': 'application/json'},
                   body: JSON.stringify({do: 'order', items: {TEA: 1}, list: 1})})""")
    browser.wait("document.getElementById('say').textContent.startsWith('価格が変わりました')")
    (WORK / "prices").write_text("goods TEA nothing\n")  # not taken: the one before stays
    browser.click("#pay")
    phase(browser, "tap")
    lay("ALICE")
    phase(browser, "end")
    lay(None)
    assert balance() == before - 310
    (WORK / "prices").write_text(old)
    rest(browser)


@test("orders that no page sends are nothing")
def _(browser):
    before = balance()
    lay("ALICE")
    for act in ({}, {"do": "order"}, {"do": "order", "items": {"TEA": -1}, "list": 9}, {"do": "done"},
                {"do": "order", "items": {"TEA": 1e9}, "list": 9}, {"do": ["order"]}, {"do": "cancel"},
                {"do": "order", "items": {"NO_1": 2}, "list": 9}, {"do": "pay", "amount": 1, "ref": "X"}):
        browser.run("fetch('/act', {method: 'POST', headers: {'Content-Type': 'application/json'},"
                    " body: arguments[0]})", json.dumps(act))
    browser.run("return fetch('/words.json').then(answer => answer.ok)")
    lay(None)
    assert balance() == before and browser.run("return document.body.dataset.phase") == "idle"


# ---- for everybody -------------------------------------------------------------------------------


@test("contrast, names, sizes of targets and of text, heading and language, in every state")
def _(browser):
    for language in range(2):
        assert browser.run(LOOK) == [], browser.run(LOOK)
        choose(browser, "TEA")
        browser.click("#pay")
        phase(browser, "tap")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        lay("ALICE")
        phase(browser, "end")
        assert browser.run(LOOK) == [], browser.run(LOOK)
        if language == 1:
            picture(browser, "kiosk-paid-en")
        rest(browser)
        browser.click("#language")


@test("the page says nothing wrong to its console")
def _(browser):
    complaints = browser.complaints()
    assert complaints == [], complaints


# ---- others at its address -----------------------------------------------------------------------

def ask(lines, body=b"", cookie=True, host=None):
    """Status of a request as octets."""
    with socket.create_connection((URL.hostname, URL.port), timeout=10) as made:
        head = [lines[0], f"Host: {host or URL.netloc}", *lines[1:]]
        if cookie:
            head.append(f"Cookie: tessera-{URL.port}={TOKEN}")
        if body:
            head.append(f"Content-Length: {len(body)}")
        try:
            made.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = made.recv(64)
    return int(answer.split()[1]) if answer else 0


TOKEN = URL.query.removeprefix("t=")
OWN = f"Origin: http://{URL.netloc}"
JSON_BODY = "Content-Type: application/json"
ORDER = b'{"do":"balance"}'


@test("wrong method, Host, Origin, token or type: refused, and nothing happens")
def _(browser):
    assert ask(["POST /act HTTP/1.1", OWN, JSON_BODY], b'{"do":"done"}') == 202  # so is the right one not
    for lines, cookie, host in [
            (["PUT /act HTTP/1.1", OWN, JSON_BODY], True, None), (["GET /act HTTP/1.1"], True, None),
            (["POST / HTTP/1.1", OWN, JSON_BODY], True, None),
            (["POST /act HTTP/1.1", JSON_BODY], True, None),
            (["POST /act HTTP/1.1", "Origin: http://evil.example", JSON_BODY], True, None),
            (["POST /act HTTP/1.1", "Origin: null", JSON_BODY], True, None),
            (["POST /act HTTP/1.1", OWN, "Content-Type: text/plain"], True, None),
            (["POST /act HTTP/1.1", OWN, "Content-Type: application/x-www-form-urlencoded"], True, None),
            (["POST /act HTTP/1.1", OWN, JSON_BODY], False, None),
            (["POST /act HTTP/1.1", OWN, JSON_BODY], True, f"localhost:{URL.port}"),
            (["POST /act HTTP/1.1", OWN, JSON_BODY], True, "evil.example"),
            (["GET /words.json HTTP/1.1"], False, None), (["GET /events HTTP/1.1"], False, None)]:
        status = ask(lines, ORDER if "GET" not in lines[0] else b"", cookie, host)
        assert 400 <= status < 500, (lines, status)
    assert browser.run("return document.body.dataset.phase") == "idle"


@test("a body of 10 MB is refused before it is read")
def _(browser):
    status = ask(["POST /act HTTP/1.1", OWN, JSON_BODY], b"[" * 10_000_000)
    assert status in (0, 413), status
    assert browser.run("return document.body.dataset.phase") == "idle"


@test("another site's page sends nothing that counts")
def _(browser):
    browser.open("data:text/html,<form method=post enctype=text/plain action='http://%s/act'>"
                 "<input name='{\"do\":\"balance\",\"x\":\"' value='\"}'></form><script>document.forms[0].submit()</script>"
                 % URL.netloc)
    time.sleep(0.2)
    browser.open(URL.geturl())
    browser.wait("document.querySelectorAll('#list li').length === 5")
    assert browser.run("return document.body.dataset.phase") == "idle"


@test("10 000 open connections of strangers: the page goes on")
def _(browser):
    held = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(12000, HARD), HARD))
    try:
        for _ in range(10000):
            made = socket.socket()
            made.setblocking(False)
            made.connect_ex((URL.hostname, URL.port))
            held.append(made)
    except OSError:
        pass
    lay("ALICE")
    before = balance()
    choose(browser, "TEA")
    browser.click("#pay")
    phase(browser, "end")
    for made in held:
        made.close()
    assert balance() == before - 150 and len(held) >= min(10000, HARD - 500), len(held)
    rest(browser)


# ---- all of them ---------------------------------------------------------------------------------

def main():
    global LISTENER, PORT
    LISTENER = socket.create_server(("127.0.0.1", 0))
    PORT = LISTENER.getsockname()[1]
    with Browser() as browser:
        browser.open(URL.geturl())
        browser.wait("document.querySelectorAll('#list li').length === 5")
        for name, ids, run in TESTS:
            try:
                run(browser)
                print(f"pass\t{name}\t{ids}", flush=True)
            except Exception:  # whatever it is, the next test tells more
                traceback.print_exc()
                print(f"fail\t{name}\t{ids}", flush=True)
                picture(browser, "failed")
                rest(browser)
    shutil.rmtree(PICTURES / "failed.png", ignore_errors=True)


main()
