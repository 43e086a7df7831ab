# SPDX-License-Identifier: Apache-2.0
"""A look at a screen that somebody has just started: it opens, shows its first state in two languages, and
is as every page must be. Called with a name for the picture and the address."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import LOOK, picture

NAME, URL = sys.argv[1:3]
SIZE = (480, 960) if NAME == "phone" else (1280, 800)
with Browser(SIZE) as browser:
    browser.open(URL)
    browser.wait("document.getElementById('say').textContent && document.body.dataset.phase === 'idle'")
    for _ in range(2):
        assert browser.run(LOOK) == [], browser.run(LOOK)
        picture(browser, f"shop-{NAME}-{browser.run('return document.documentElement.lang')}")
        browser.click("#language")
    assert browser.complaints() == []
print(f"{NAME}: its screen opens")
