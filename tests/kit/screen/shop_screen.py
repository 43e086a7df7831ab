# SPDX-License-Identifier: Apache-2.0
"""Looks at screens that somebody has just started: each opens, shows its first state in two languages and
three sizes, and is as every page must be in each. Reads lines "NAME URL", answers each with "ok" or "no"."""

import pathlib
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import LOOK, picture

# A panel on a counter, a small one, one on end; a phone, a small phone, a desk.
PANELS, PHONES = [(1280, 800), (800, 480), (1080, 1920)], [(480, 960), (360, 740), (1280, 800)]


def look(browser, name, url):
    browser.open(url)
    browser.wait("document.getElementById('say').textContent && document.body.dataset.phase === 'idle'")
    for _ in range(2):
        language = browser.run("return document.documentElement.lang")
        for size in PHONES if name == "phone" else PANELS:
            browser.size(*size)
            found = browser.run(LOOK)
            picture(browser, f"shop-{name}-{language}-{size[0]}x{size[1]}")
            assert found == [], (name, size, found)
        browser.click("#language")
    assert browser.complaints() == []


with Browser() as chromium:
    for line in sys.stdin:
        try:
            look(chromium, *line.split())
            print("ok", flush=True)
        except Exception:  # whatever it is, whoever asks stops
            traceback.print_exc()
            print("no", flush=True)
