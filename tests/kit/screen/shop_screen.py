# SPDX-License-Identifier: Apache-2.0
"""A look at a screen that somebody has just started: it opens, shows its first state in two languages and
three sizes, and is as every page must be in each. Called with a name for the picture and the address."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import LOOK, picture

NAME, URL = sys.argv[1:3]
# A panel on a counter, a small one, one on end; a phone, a small phone, a desk.
SIZES = [(480, 960), (360, 740), (1280, 800)] if NAME == "phone" else [(1280, 800), (800, 480), (1080, 1920)]
with Browser(SIZES[0]) as browser:
    browser.open(URL)
    browser.wait("document.getElementById('say').textContent && document.body.dataset.phase === 'idle'")
    for _ in range(2):
        language = browser.run("return document.documentElement.lang")
        for size in SIZES:
            browser.size(*size)
            found = browser.run(LOOK)
            picture(browser, f"shop-{NAME}-{language}-{size[0]}x{size[1]}")
            assert found == [], (size, found)
        browser.click("#language")
    assert browser.complaints() == []
print(f"{NAME}: its screen opens")
