# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of the clearing center in a browser. Called by e2e-clearing with the center's
address, the folder of the operator's certificate and what the page has to show; prints one line a test,
"pass|fail TAB name TAB ids". The browser has no certificate of its own: a relay that does stands between."""

import http.server
import pathlib
import ssl
import sys
import threading
import traceback
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser
from look import picture

CENTER, OPERATOR = sys.argv[1], pathlib.Path(sys.argv[2])
TESTS = []


class Relay(http.server.BaseHTTPRequestHandler):
    """GET alone, to the center, by the operator's certificate."""

    def do_GET(self):
        context = ssl.create_default_context(cafile=OPERATOR / "root.pem")
        context.load_cert_chain(OPERATOR / "certificate.pem", OPERATOR / "key.pem")
        asked = urllib.request.Request(CENTER + self.path, headers={"Accept": self.headers["Accept"]})
        with urllib.request.urlopen(asked, context=context, timeout=20) as answer:
            body = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Security-Policy"):
                if answer.headers[name]:
                    self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test(name, ids=""):
    def keep(run):
        TESTS.append((name, ids, run))
        return run
    return keep


def words(browser):
    return browser.run("return document.body.innerText")


@test("the page opens: volume, queues, what needs a person, no scripts, nothing wider than the screen")
def _(browser):
    for heading in ("Needs a person", "Queues", "Hotlists", "Volume", "Balances"):
        assert heading in words(browser), words(browser)
    assert browser.run("return document.scripts.length") == 0
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("return document.querySelectorAll('td.n:not(:has(a))').length") <= 7  # amounts of days
    picture(browser, "operator-en")


@test("each number is a link to as many objects")
def _(browser):
    links = browser.run("return [...document.querySelectorAll('a[id]')].map(a => [a.id, a.textContent])")
    assert len(links) == 15, links
    for word, number in links:
        browser.click(f"#{word}")
        browser.wait(f"location.pathname === '/operator/{word}'")
        rows = browser.run("return document.querySelectorAll('tr').length - 1")
        assert rows == min(int(number), 100), (word, number, rows)
        if word == "logs":
            picture(browser, "operator-logs-en")
            browser.click("td a")
            browser.wait("location.pathname.startsWith('/v1/trace/')")
            assert '"usage"' in words(browser)
            browser.run("history.back()")
            browser.wait("location.pathname === '/operator/logs'")
        browser.click("main p a")
        browser.wait("location.pathname === '/operator'")


@test("the same in Japanese, and it stays so from page to page")
def _(browser):
    browser.click("header a")
    browser.wait("document.documentElement.lang === 'ja'")
    assert "確認が必要" in words(browser)
    picture(browser, "operator-ja")
    browser.click("#logs")
    browser.wait("location.pathname === '/operator/logs' && document.documentElement.lang === 'ja'")


@test("the page says nothing wrong to its console")
def _(browser):
    assert [line for line in browser.complaints() if "favicon" not in line] == []


def main():
    relay = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    with Browser((1280, 900)) as browser:
        browser.open(f"http://127.0.0.1:{relay.server_port}/operator")
        for name, ids, run in TESTS:
            try:
                run(browser)
                print(f"pass\t{name}\t{ids}", flush=True)
            except Exception:  # whatever it is, the next test tells more
                traceback.print_exc()
                print(f"fail\t{name}\t{ids}", flush=True)


main()
