#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Types a secret at a prompt: typed.py PROMPT SECRET COMMAND... runs the command on a terminal of
# its own, waits for the prompt and until the terminal no longer echoes, answers once, and exits as
# the command does. What the terminal shows goes to standard output.
import os
import pty
import select
import sys
import termios
import time

prompt, answer, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, typed, ends = b"", False, time.monotonic() + 30
while time.monotonic() < ends:
    echoes = termios.tcgetattr(terminal)[3] & termios.ECHO
    if not typed and prompt in shown and not echoes:
        os.write(terminal, answer + b"\n")
        typed = True
    if not select.select([terminal], [], [], 0.01)[0]:
        continue
    try:
        octets = os.read(terminal, 4096)
    except OSError:
        break
    if not octets:
        break
    shown += octets
sys.stdout.write(shown.decode(errors="replace"))
if not typed:
    print("typed.py: no prompt came")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
