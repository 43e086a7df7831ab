#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Others at the address of a terminal's screen, whichever terminal it is: wrong methods, hosts, origins
and tokens, pages of other sites, bodies of 10 MB, 10 000 connections. Each is refused or harmless, and
the state that the screen shows stays what it was. Usage: intruder.py NAME URL PID; prints a line
"pass|fail<TAB>test" for each."""
import json
import os
import re
import resource
import socket
import sys
import time
import traceback
from urllib.parse import urlsplit

NAME, URL, PID = sys.argv[1], urlsplit(sys.argv[2]), int(sys.argv[3])
TOKEN = URL.query.removeprefix("t=")
OWN = f"Origin: http://{URL.netloc}"
JSON = "Content-Type: application/json"
COOKIE = f"Cookie: tessera-{URL.port}={TOKEN}"
NOTHING = b'{"do":"nothing at all"}'  # the shell takes it, no terminal knows it
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
STRANGERS = 10000


def head_of(line, *fields, host=URL.netloc, body=b""):
    rows = [line, f"Host: {host}", *fields]
    if body:
        rows.append(f"Content-Length: {len(body)}")
    return "\r\n".join(rows).encode() + b"\r\n\r\n"


def connect():
    return socket.create_connection((URL.hostname, URL.port), timeout=10)


def answer(line, *fields, host=URL.netloc, body=b""):
    """Status and head of the answer; 0 where the line was cut."""
    with connect() as made:
        try:
            made.sendall(head_of(line, *fields, host=host, body=body) + body)
            got = made.recv(4096).decode("latin-1")
        except (BrokenPipeError, ConnectionResetError):
            return 0, ""
    return (int(got.split()[1]) if got else 0), got


class Page:
    """What a page that is open has: its stream of states. Its browser makes other lines as it needs them."""

    def __init__(self):
        self.stream = connect()
        self.stream.sendall(head_of("GET /events HTTP/1.1", COOKIE))
        self.read = b""

    def state(self):
        """The newest state that came."""
        while not (found := re.findall(rb"\ndata: (.*)\n\n", self.read)):
            self.read += self.stream.recv(65536)
        state = json.loads(found[-1])  # a phone and a home server look into their cards meanwhile: not at what they hold
        return state["phase"], state["say"]


def state():
    page = Page()
    now = page.state()
    page.stream.close()
    return now


# ---- wrong in one thing --------------------------------------------------------------------------

PORT = URL.port
# line, host, fields: each is right in everything but one
WRONG = [
    ("method PUT", "PUT /act HTTP/1.1", URL.netloc, [OWN, JSON, COOKIE]),
    ("method DELETE", "DELETE /act HTTP/1.1", URL.netloc, [OWN, JSON, COOKIE]),
    ("method GET of an act", "GET /act HTTP/1.1", URL.netloc, [COOKIE]),
    ("method POST of the page", "POST / HTTP/1.1", URL.netloc, [OWN, JSON, COOKIE]),
    ("no Origin", "POST /act HTTP/1.1", URL.netloc, [JSON, COOKIE]),
    ("another site's Origin", "POST /act HTTP/1.1", URL.netloc, ["Origin: http://evil.example", JSON, COOKIE]),
    ("the Origin of another port", "POST /act HTTP/1.1", URL.netloc, [f"Origin: http://127.0.0.1:{PORT + 1}", JSON, COOKIE]),
    ("the Origin of another scheme", "POST /act HTTP/1.1", URL.netloc, [f"Origin: https://{URL.netloc}", JSON, COOKIE]),
    ("Origin null", "POST /act HTTP/1.1", URL.netloc, ["Origin: null", JSON, COOKIE]),
    ("an Origin that begins alike", "POST /act HTTP/1.1", URL.netloc, [OWN + ".evil.example", JSON, COOKIE]),
    ("no token", "POST /act HTTP/1.1", URL.netloc, [OWN, JSON]),
    ("another token", "POST /act HTTP/1.1", URL.netloc, [OWN, JSON, f"Cookie: tessera-{PORT}={'0' * len(TOKEN)}"]),
    ("half of the token", "POST /act HTTP/1.1", URL.netloc, [OWN, JSON, COOKIE[:-len(TOKEN) // 2]]),
    ("another screen's token", "POST /act HTTP/1.1", URL.netloc, [OWN, JSON, f"Cookie: tessera-{PORT + 1}={TOKEN}"]),
    ("a rebound name", "POST /act HTTP/1.1", f"evil.example:{PORT}", [f"Origin: http://evil.example:{PORT}", JSON, COOKIE]),
    ("a rebound name without port", "POST /act HTTP/1.1", "evil.example", ["Origin: http://evil.example", JSON, COOKIE]),
    ("localhost for the address", "POST /act HTTP/1.1", f"localhost:{PORT}", [OWN, JSON, COOKIE]),
    ("a form", "POST /act HTTP/1.1", URL.netloc, [OWN, "Content-Type: application/x-www-form-urlencoded", COOKIE]),
    ("plain text", "POST /act HTTP/1.1", URL.netloc, [OWN, "Content-Type: text/plain", COOKIE]),
    ("a file of a form", "POST /act HTTP/1.1", URL.netloc, [OWN, "Content-Type: multipart/form-data; boundary=x", COOKIE]),
    ("the words without a token", "GET /words.json HTTP/1.1", URL.netloc, []),
    ("the stream without a token", "GET /events HTTP/1.1", URL.netloc, []),
    ("the stream of a rebound name", "GET /events HTTP/1.1", f"evil.example:{PORT}", [COOKIE]),
    ("the page of a rebound name", "GET / HTTP/1.1", f"evil.example:{PORT}", [COOKIE]),
    ("a path that climbs", "GET /../../etc/passwd HTTP/1.1", URL.netloc, [COOKIE]),
]


def wrong_requests():
    before = state()
    right, _ = answer("POST /act HTTP/1.1", OWN, JSON, COOKIE, body=NOTHING)
    assert right == 202, right
    for what, line, host, fields in WRONG:
        body = b"" if line.startswith("GET") else b'{"do":"begin"}'
        status, _ = answer(line, *fields, host=host, body=body)
        assert 400 <= status < 500, (what, status)
    for body in [b"", b"[", b"[]", b'"do"', b'{"do":', b'{"do":1}', b'{"do":"x","do":"begin"}', b"\xff\xfe", b"[" * 4000]:
        status, _ = answer("POST /act HTTP/1.1", OWN, JSON, COOKIE, body=body)
        assert status in (202, 400, 411, 413, 415), (body[:20], status)
    assert state() == before, (before, state())
    return len(WRONG)


def other_sites():
    """What a browser sends for another site's page: its forms and fetches carry no cookie of ours (it is
    SameSite=Strict) and that site's Origin; its frames and readers are stopped by our headers."""
    before = state()
    for content in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/json"]:
        for origin in ["http://evil.example", "null"]:
            status, _ = answer("POST /act HTTP/1.1", f"Origin: {origin}", f"Content-Type: {content}", "Sec-Fetch-Site: cross-site",
                               body=b'{"do":"begin"}')
            assert 400 <= status < 500, (content, origin, status)
    status, told = answer("OPTIONS /act HTTP/1.1", "Origin: http://evil.example", "Access-Control-Request-Method: POST",
                          "Access-Control-Request-Headers: content-type")
    assert 400 <= status < 500 and "access-control-allow" not in told.lower(), told
    status, told = answer(f"GET /?t={TOKEN} HTTP/1.1")
    assert status in (200, 302, 303), status
    lower = told.lower()
    assert "samesite=strict" in lower and "httponly" in lower, told
    status, told = answer("GET / HTTP/1.1", COOKIE)
    policy = next(row for row in told.split("\r\n") if row.lower().startswith("content-security-policy:"))
    assert status == 200 and "unsafe" not in policy and "frame-ancestors 'none'" in policy, policy
    assert "default-src 'none'" in policy or "default-src 'self'" in policy, policy
    assert "x-content-type-options: nosniff" in told.lower(), told
    assert state() == before


def big_bodies():
    before = state()
    for content in [JSON, "Content-Type: text/plain"]:
        status, _ = answer("POST /act HTTP/1.1", OWN, content, COOKIE, body=b"[" * 10_000_000)
        assert status in (0, 413, 415), status
    status, _ = answer("POST /act HTTP/1.1", OWN, JSON, COOKIE, "X: " + "a" * 100_000, body=NOTHING)
    assert status == 0 or 400 <= status < 500, status
    assert state() == before


def descriptors():
    return len(os.listdir(f"/proc/{PID}/fd"))


def act():
    """As a browser does it: a connection that was cut while strangers pressed in is made again."""
    for _ in range(20):
        status = answer("POST /act HTTP/1.1", OWN, JSON, COOKIE, body=NOTHING)[0]
        if status != 0:
            break
    assert status == 202, status


def strangers():
    page = Page()
    before, files, held = page.state(), descriptors(), []
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(STRANGERS + 2000, HARD), HARD))
    try:
        for _ in range(STRANGERS):
            made = socket.socket()
            made.setblocking(False)
            made.connect_ex((URL.hostname, URL.port))
            held.append(made)
    except OSError:
        pass
    assert len(held) >= min(STRANGERS, HARD - 500), len(held)
    begin = time.monotonic()
    for _ in range(3):
        act()
    took = time.monotonic() - begin
    most = descriptors()
    assert most < files + 1000, (files, most)
    for made in held:
        made.close()
    end = time.monotonic() + 60
    while descriptors() > files:
        assert time.monotonic() < end, (files, descriptors())
        time.sleep(0.05)
    assert page.state() == before and state() == before
    print(f"{NAME}: {len(held)} strangers, 3 acts among them in {took:.2f} s, {files} descriptors before, {most} at most, {descriptors()} behind", file=sys.stderr)


TESTS = [("wrong method, Host, Origin, token or type, rebound names, broken bodies", wrong_requests),
         ("other sites' pages", other_sites),
         ("bodies and heads that are too big", big_bodies),
         ("10 000 connections of strangers", strangers)]
for test, run in TESTS:
    try:
        run()
        print(f"pass\t{NAME}: {test}: refused or harmless", flush=True)
    except Exception:  # whatever it is, the next test tells more
        traceback.print_exc()
        print(f"fail\t{NAME}: {test}: refused or harmless", flush=True)
