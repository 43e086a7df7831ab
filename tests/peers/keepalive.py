#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks /who twice over one connection, the second time when a line comes on standard input. Prints
"STATUS TEXT" for each: the body, or the word of the problem.

  keepalive.py URL DIRECTORY"""
import http.client
import json
import ssl
import sys
import urllib.parse


def ask(connection):
    connection.request("GET", "/who")
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.getheader("Content-Type") == "application/problem+json":
        text = json.loads(text)["word"]
    print(answer.status, text.strip(), flush=True)


def main():
    url = urllib.parse.urlsplit(sys.argv[1])
    context = ssl.create_default_context(cafile="tls/root.pem")
    context.load_cert_chain(sys.argv[2] + "/certificate.pem", sys.argv[2] + "/key.pem")
    connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=20, context=context)
    connection.connect()
    socket = connection.sock
    ask(connection)
    sys.stdin.readline()
    assert connection.sock is socket, "the first answer closed the connection"
    ask(connection)


main()
