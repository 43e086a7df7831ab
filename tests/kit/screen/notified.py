# SPDX-License-Identifier: Apache-2.0
"""A program as systemd starts one of Type=notify: its words in one argument; it has to say READY=1, and to end
with 0 upon SIGTERM."""

import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as home, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
    place = str(pathlib.Path(home) / "notify")
    ear.bind(place)
    ear.settimeout(60)
    program = subprocess.Popen(shlex.split(sys.argv[1]), env={**os.environ, "NOTIFY_SOCKET": place}, stdout=subprocess.DEVNULL)
    said = ear.recv(100)
    program.send_signal(signal.SIGTERM)
    sys.exit(said != b"READY=1" or program.wait(60) != 0)
