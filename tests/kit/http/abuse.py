# SPDX-License-Identifier: Apache-2.0
"""Does to a service what no client of it would do, and asks after each whether it is as it was:
abuse.py URL TLS PATH TARGET PID. TLS: root, certificate and key of who may POST to TARGET; PATH
answers 200 to anybody; PID is whose memory has to stay flat. Prints what went wrong; exits 1 then."""
import socket
import ssl
import sys
from urllib.parse import urlsplit

url, tls, path, target, pid = sys.argv[1:6]
place = (urlsplit(url).hostname, urlsplit(url).port)
host = f"Host: {place[0]}:{place[1]}\r\n".encode()
context = ssl.create_default_context(cafile=f"{tls}/root.pem")
context.load_cert_chain(f"{tls}/certificate.pem", f"{tls}/key.pem")
wrong = []


def connect():
    plain = socket.create_connection(place, timeout=20)
    return context.wrap_socket(plain, server_hostname=place[0])


def get(more=b""):
    return f"GET {path} HTTP/1.1\r\n".encode() + host + more + b"\r\n"


def post(body, key, length=None):
    return (f"POST {target} HTTP/1.1\r\n".encode() + host + b"Content-Type: application/json\r\n"
            + f"Idempotency-Key: {key}\r\nContent-Length: {length or len(body)}\r\n\r\n".encode() + body)


def status(octets):
    return int(octets.split(b" ", 2)[1]) if octets.startswith(b"HTTP/1.1 ") else 0


def read_all(client):
    octets = b""
    try:
        while piece := client.recv(65536):
            octets += piece
    except (OSError, ssl.SSLError):
        pass  # it was closed without ceremony
    return octets


def ask(octets, half_closed=False):
    """What comes back until the service closes; it may close while it is being sent to."""
    with connect() as client:
        try:
            for at in range(0, len(octets), 65536):
                client.sendall(octets[at:at + 65536])
            if half_closed:
                socket.fromfd(client.fileno(), socket.AF_INET, socket.SOCK_STREAM).shutdown(socket.SHUT_WR)
        except (OSError, ssl.SSLError):
            pass
        return read_all(client)


def memory():
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def expect(what, right):
    if not right:
        wrong.append(what)
    with connect() as client:  # and it is as it was
        client.sendall(get(b"Connection: close\r\n"))
        if status(read_all(client)) != 200:
            wrong.append(f"after {what}: not as it was")


def abuse(turn):
    answer = ask(get(b"X-Long: " + b"a" * 10_000_000 + b"\r\n"))
    expect("a header of 10 MB", status(answer) in (0, 400, 413, 431))
    answer = ask(get() + b"\x16\x03\x01 garbage\0\xff\r\n\r\n" + get())
    expect("pipelined garbage", status(answer) == 200 and answer.count(b"HTTP/1.1 200") == 1)
    expect("half closed", status(ask(get(), half_closed=True)) in (0, 200))
    expect("a body that ends early", status(ask(post(b"{", f"e{turn}", 5000), half_closed=True)) in (0, 400))
    deep = post(b"[" * 2000 + b"]" * 2000, f"d{turn}")
    expect("deep JSON", status(ask(deep.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))) in (400, 413))
    broken = post(b'{"id": "A", "id": "B"', f"b{turn}")
    expect("broken JSON", status(ask(broken.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))) == 400)
    slow = [connect() for _ in range(60)]
    for client in slow:
        client.sendall(b"G")
    expect("sixty slow clients", True)
    for client in slow:
        client.close()


for turn in range(2):
    abuse(turn)
before = memory()
for turn in range(2, 5):
    abuse(turn)
if memory() - before > 16:
    wrong.append(f"memory grew from {before:.0f} to {memory():.0f} MiB")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
