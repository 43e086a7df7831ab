# SPDX-License-Identifier: Apache-2.0
"""What people do at a home server's page: fetch, play, take along, permit phones. Called by
e2e-home-screen with the suite's directory and the page's address; prints one line a test, "pass|fail
TAB name TAB ids"."""

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


def text(browser, name):
    return browser.run("return document.getElementById(arguments[0]).textContent", name)


def phase(browser, name):
    browser.wait(f"document.body.dataset.phase === '{name}'", LONG)


def ends(browser, sentence, detail=""):
    """An errand is over, and says so; back to the lists."""
    phase(browser, "end")
    assert text(browser, "say") == sentence and detail in text(browser, "end-text"), text(browser, "end-text")
    looks(browser, "home-done-ja" if sentence == "完了しました" else "home-refused-ja")
    browser.click("#done")
    phase(browser, "idle")


def looks(browser, name):
    found = browser.run(LOOK)
    assert found == [], found
    picture(browser, name)


def type_into(browser, field, words):
    browser.run("document.getElementById(arguments[0]).focus()", field)
    browser.keys(*words)


def tessera(*words):
    return subprocess.run(["tessera", *words], cwd=WORK, capture_output=True, text=True, timeout=60, check=False).stdout


@test("nothing is here yet, and that is said")
def _(browser):
    browser.wait("document.getElementById('library').textContent.includes('まだありません')", LONG)
    looks(browser, "home-empty-ja")


@test("what is nowhere is told")
def _(browser):
    type_into(browser, "content", "ID_0009")
    browser.click("#fetch button")
    ends(browser, "できませんでした", "ID_0009")


@test("the catalogue shows a title as text and its offer; a touch fetches it into the library", "P1-49")
def _(browser):
    browser.wait("document.getElementById('fetch-ID_0001')", LONG)
    shown = text(browser, "catalogue")
    assert "Two <i>tones</i>" in shown and "NO_1 1,000円 (3 回)" in shown, shown
    looks(browser, "home-catalogue-ja")
    browser.click("#language")
    assert "NO_1 ¥1,000 (3 plays)" in text(browser, "catalogue"), text(browser, "catalogue")
    looks(browser, "home-catalogue-en")
    browser.click("#language")
    browser.click("#fetch-ID_0001")
    ends(browser, "完了しました")
    browser.wait("document.getElementById('play-ID_0001') && !document.getElementById('fetch-ID_0001')", LONG)
    assert "Two <i>tones</i>" in text(browser, "library")
    looks(browser, "home-ja")
    browser.click("#language")
    looks(browser, "home-en")
    browser.click("#language")


@test("without a ticket it does not play; with a phone's it does, and the ticket stays here", "P1-46")
def _(browser):
    browser.click("#play-ID_0001")
    ends(browser, "できませんでした", "record-not-found")
    browser.click("#play-from-ID_0001")
    ends(browser, "できませんでした", "not-listed-here")
    type_into(browser, "phone", "TID_01")
    type_into(browser, "pin", "123456")
    browser.click("#device button[value=add]")
    ends(browser, "完了しました")
    browser.wait("document.getElementById('devices').textContent.includes('TID_01')", LONG)
    browser.click("#play-from-ID_0001")
    ends(browser, "完了しました")
    browser.wait("document.getElementById('tickets').textContent.includes('2 回')", LONG)
    assert "NO_1" in text(browser, "tickets") and "NO_1" not in tessera("ticket", "list", "TID_01.trm")
    browser.click("#play-ID_0001")
    ends(browser, "完了しました")
    browser.wait("document.getElementById('tickets').textContent.includes('1 回')", LONG)
    looks(browser, "home-tickets-ja")


@test("it is written to a memory card")
def _(browser):
    browser.click("#to-card-ID_0001")
    ends(browser, "完了しました")
    found = [path for path in (WORK / "slot").rglob("*") if path.is_file() and path.stat().st_size == (WORK / "ID_0001.tsc").stat().st_size]
    assert len(found) == 1 and found[0].read_bytes() == (WORK / "ID_0001.tsc").read_bytes()


@test("the list of phones is behind the PIN")
def _(browser):
    type_into(browser, "phone", "TID_01")
    type_into(browser, "pin", "000000")
    browser.click("#device button[value=remove]")
    ends(browser, "できませんでした", "PIN")
    assert "TID_01" in text(browser, "devices")
    type_into(browser, "phone", "TID_01")
    type_into(browser, "pin", "123456")
    browser.click("#device button[value=remove]")
    ends(browser, "完了しました")
    browser.wait("!document.getElementById('devices').textContent.includes('TID_01')", LONG)


@test("the page says nothing wrong to its console")
def _(browser):
    assert browser.complaints() == []


def main():
    with Browser((1280, 800)) as browser:
        browser.open(URL)
        browser.wait("document.getElementById('library')")
        for name, ids, run in TESTS:
            try:
                run(browser)
                print(f"pass\t{name}\t{ids}", flush=True)
            except Exception:  # whatever it is, the next test tells more
                traceback.print_exc()
                print(f"fail\t{name}\t{ids}", flush=True)
                picture(browser, "failed-home")
                if browser.run("return document.body.dataset.phase") == "end":
                    browser.click("#done")


main()
