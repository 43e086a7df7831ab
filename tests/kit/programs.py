# SPDX-License-Identifier: Apache-2.0
"""Every program is a program in the same way, asked of each program and each of its actions: help, version,
both ways to write a value, one wording for each common mistake, output that is lost, and a manual page with
every option. Called by e2e-options, since a shell would start ten processes for each of the programs';
prints what is wrong, and one line a test, "pass|fail TAB name".

  python3 tests/kit/programs.py DIRECTORY-OF-PROGRAMS MANUAL-PAGES"""

import functools
import pathlib
import re
import subprocess
import sys

BIN, PAGES = map(pathlib.Path, sys.argv[1:])


def run(program, action, *words, into=subprocess.PIPE):
    """(exit code, standard output, standard error) of one run."""
    line = [str(BIN / program), *([action] if action else []), *words]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=into, stderr=subprocess.PIPE, timeout=10, check=False,
                          close_fds=False)
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


# ---- what there is -------------------------------------------------------------------------------------

def programs():
    """Every program there is, but the front and the half of card run that needs libnfc."""
    return sorted(path.name for path in BIN.glob("tessera-*") if not path.name.endswith("-run-nfc"))


@functools.lru_cache(None)
def helped(program, action):
    return run(program, action, "--help")


def spoken(program):
    """As people call it: "tessera card run"."""
    return "tessera " + program.removeprefix("tessera-").replace("-", " ")


@functools.lru_cache(None)
def actions(program):
    """Its sub-commands; an empty one where it is called without."""
    name, *others = [line.split("\t")[0] for line in run(program, "", "--commands")[1].splitlines()]
    words = [line[len(name) + 1:] for line in others if line.startswith(name + " ")]
    if not words or f"tessera {name} --" in helped(program, "")[1]:
        words.append("")
    return words


@functools.lru_cache(None)
def options(program, action):
    """What completion knows, without help and version."""
    known = re.findall(r"^(--[a-z0-9-]*)\t", run(program, "", "--complete", *([action] if action else []), "--")[1], re.M)
    return [option for option in known if option not in ("--help", "--version")]


def valued(program, action):
    """The options that need a value, as help writes them."""
    return re.findall(r"^  (?:-[a-z], )?(--[a-z0-9-]*) [A-Za-z]", helped(program, action)[1], re.M)


# ---- what is asked of each: a sentence where something is wrong ----------------------------------------

def helps(program, action):
    code, out, err = helped(program, action)
    if code != 0 or err or run(program, action, "-h")[:2] != (0, out):
        return f"--help ends with {code}, or -h says something else: {err}"
    lines = out.splitlines()
    if not lines or not lines[0].startswith("usage: " + spoken(program)):
        return "does not begin with its usage"
    return next((f"too wide, or blanks at its end: {line}" for line in lines if len(line) > 80 or line.endswith(" ")), None)


def versions(program, action):
    code, out, _ = run(program, action, "--version")
    return None if code == 0 and re.search(rf"^{spoken(program)} \d+\.\d+\.\d+$", out, re.M) else f"{code}: {out}"


asked = set()  # (program, option): a program reads an option in the same way in each of its actions


def both_ways(program, action):
    """A word that is no option stands behind every value, so nothing ever runs."""
    for option in valued(program, action):
        if (program, option) in asked:
            continue
        asked.add((program, option))
        apart = run(program, action, option, "x", "--no-such-option")
        joined = run(program, action, option + "=x", "--no-such-option")
        if apart[0] != 2 or joined[0] != 2 or apart[2] != joined[2]:
            return f"{option}: {apart} {joined}"
    return None


def unknown(program, action):
    option = (options(program, action) or ["--help"])[0] + "x"
    code, out, err = run(program, action, option)
    wanted = rf"^{spoken(program)}.*: there is no option {option}; did you mean --"
    return None if code == 2 and not out and re.search(wanted, err, re.M) else f"{option}: {code} {out}{err}"


def missing_value(program, action):
    option = next(iter(valued(program, action)), None)
    if option is None:
        return None
    code, _, err = run(program, action, option)
    return None if code == 2 and f"{option} needs a value: {option} " in err else f"{option}: {code} {err}"


def lost_output(program, action):
    with open("/dev/full", "wb") as full:
        code, _, err = run(program, action, "--help", into=full)
    return None if code == 1 and "standard output could not be written" in err else f"{code} {err}"


def told(page):
    """The options that a manual page has a place for."""
    places, on, follows = [], False, False
    for line in page.splitlines():
        if line.startswith(".SH "):
            on = line.startswith(".SH OPTIONS") or on and line.startswith(".SH O")
        if on and follows:
            places.append(line)
        follows = re.match(r"\.T[PQ]", line) is not None
        if re.match(r"\.It .*Fl \\-", line):
            places.append(line.replace("Fl \\-", "--"))
    text = re.sub(r"\\f[A-Z]", "", "\n".join(places).replace("\\-", "-"))
    return set(re.findall(r"--[a-z][a-z0-9-]*", text))


def manual(program, action):
    """In both directions: no option without its place in OPTIONS, no place without an option."""
    if "demo" in program or action != actions(program)[0]:
        return None
    page = PAGES / f"{program}.1"
    known = {option for one in actions(program) for option in options(program, one)}
    there = told(page.read_text()) if page.exists() else {"no manual page"}
    return None if known == there else f"{page}: not told {sorted(known - there)}, not known {sorted(there - known)}"


TESTS = {"every help begins with its usage and keeps within 80 columns": helps,
         "every program tells its version": versions,
         "a value stands behind a blank or an equals sign": both_ways,
         "an unknown option ends with 2 and a suggestion": unknown,
         "a missing value is asked for by its name": missing_value,
         "output that is lost is told, and ends with 1": lost_output,
         "the manual page of each program has each of its options, and no other": manual}


def asks(test, program, action):
    try:
        said = test(program, action)
    except Exception as gone_wrong:  # whatever it is, the others are asked all the same
        said = repr(gone_wrong)
    return [f"{test.__name__}: {program} {action}: {said}"] if said else []


def main():
    pairs = [(program, action) for program in programs() for action in actions(program)]
    for name, test in TESTS.items():
        wrong = [said for program, action in pairs for said in asks(test, program, action)]
        print(*wrong, sep="\n", end="\n" if wrong else "")
        print("fail" if wrong or len(pairs) < 20 else "pass", name, sep="\t", flush=True)


main()
