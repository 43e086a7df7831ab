# SPDX-License-Identifier: Apache-2.0
# Cases for the auditor that need several services: each line of a table changes a copy of a healthy
# world's databases by SQL, and names a finding that there must be.
import json
import os
import shutil
import sqlite3

from world import SERVICES

COLUMNS = ("kind", "table", "row", "field", "expected", "found")


def read(path):
    with open(path) as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


def copy_all(directory):
    os.makedirs(directory, exist_ok=True)
    for name in SERVICES:
        path = "%s/%s.sqlite" % (directory, name)
        with sqlite3.connect("file:house/%s/db/%s.sqlite?mode=ro" % (name, name), uri=True) as healthy, sqlite3.connect(path) as copy:
            healthy.backup(copy)
        with sqlite3.connect(path) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")


def findings(world, directory, *more):
    books = ["%s/%s.sqlite" % (directory, name) for name in SERVICES]
    code, out, err = world.run("audit", *books, "--trust", "house/ca", "--json", *more)
    if code not in (0, 1):
        raise AssertionError("the auditor, exit %d: %s" % (code, err))
    return [json.loads(line) for line in out.splitlines()]


def fits(finding, wanted):
    return all(text in ("*", finding[name]) for name, text in zip(COLUMNS, wanted))


def play(world, case):
    """Plays one case. What is wrong, or nothing."""
    number, service, change, *wanted = case
    shutil.rmtree("case", ignore_errors=True)
    shutil.copytree("healthy", "case")
    with sqlite3.connect("case/%s.sqlite" % service) as db:
        db.executescript(change)
    found = findings(world, "case")
    if any(fits(finding, wanted) for finding in found):
        return None
    return "case %s: no %s in\n%s" % (number, " ".join(wanted), "\n".join(json.dumps(finding) for finding in found))


def play_all(world, path):
    copy_all("healthy")
    if findings(world, "healthy"):
        raise AssertionError("the copies are not healthy")
    wrong = [said for said in (play(world, case) for case in read(path)) if said is not None]
    if wrong:
        raise AssertionError("\n".join(wrong))
    return len(read(path))
