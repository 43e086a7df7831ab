#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A page that only looks: prints "MILLISECONDS PHASE SENTENCE" for each state that a terminal's screen
streams, by the clock of the day. Usage: watch.py URL"""
import json
import sys
import time
import urllib.request
from urllib.parse import urlsplit

URL = urlsplit(sys.argv[1])
TOKEN = URL.query.removeprefix("t=")
ASK = urllib.request.Request(f"http://{URL.netloc}/events", headers={"Cookie": f"tessera-{URL.port}={TOKEN}"})
for line in urllib.request.urlopen(ASK):
    if line.startswith(b"data: "):
        state = json.loads(line[6:])
        print(time.time_ns() // 1000000, state["phase"], state["say"], flush=True)
