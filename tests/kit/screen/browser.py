# SPDX-License-Identifier: Apache-2.0
"""A browser that a test looks through: Debian's chromium, headless, driven over WebDriver with
nothing but the standard library. Clicks and keys are real ones. Waits end at a condition."""

import base64
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
WAIT_S = 20


class Browser:
    """with Browser() as browser: browser.open(url) ..."""

    def __init__(self, size=(1280, 800)):
        self.home = tempfile.mkdtemp()
        log = open(pathlib.Path(self.home) / "driver", "wb")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=subprocess.STDOUT)
        self.base = f"http://127.0.0.1:{self._port()}"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                            "--hide-scrollbars", f"--window-size={size[0]},{size[1]}",
                            f"--user-data-dir={self.home}/profile"]}
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{made['sessionId']}"

    def _port(self):
        """The port that the driver names in its first lines."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            for line in (pathlib.Path(self.home) / "driver").read_text().splitlines():
                if "started successfully on port" in line:
                    return int(line.rstrip(".").split()[-1])
            time.sleep(0.05)
        raise TimeoutError("chromedriver does not start")

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=json.dumps(body or {}).encode() if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._ask("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.home, ignore_errors=True)

    def open(self, url):
        self._ask("POST", self.session + "/url", {"url": url})

    def size(self, width, height):
        self._ask("POST", self.session + "/window/rect", {"width": width, "height": height})

    def reload(self):
        self._ask("POST", self.session + "/refresh")

    def run(self, script, *arguments):
        """What a script of the page answers: "return ..."."""
        return self._ask("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition, seconds=WAIT_S):
        """Until an expression of the page is true; its value."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            value = self.run(f"return {condition}")
            if value:
                return value
            time.sleep(0.03)
        raise TimeoutError(f"{condition} stays false; the page says {self.run('return document.body.innerText')!r}")

    def click(self, css):
        """A click in the middle of it, as a finger's: refused where something lies above."""
        found = self._ask("POST", self.session + "/element", {"using": "css selector", "value": css})
        self._ask("POST", f"{self.session}/element/{found[ELEMENT]}/click")

    def click_if_there(self, css):
        """The same of what may go away by itself meanwhile."""
        try:
            self.click(css)
        except RuntimeError:
            pass

    def keys(self, *keys):
        """Keys of the keyboard to whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", self.session + "/actions",
                  {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self._ask("GET", self.session + "/screenshot")))

    def complaints(self):
        """What the page's console says at level SEVERE."""
        said = self._ask("POST", self.session + "/se/log", {"type": "browser"})
        return [line["message"] for line in said if line["level"] == "SEVERE"]
