#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# The whole world killed at random: services, machines and commands, for some seconds a seed; then everything
# is brought to its end, and the auditor has to find nothing, and money and plays are what was acknowledged.
#   killed.py --seeds N [--first SEED] [--seconds S] [--keep DIR] [--cases FILE]
import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases
import judge
import people
import world as worlds


def prepare(world):
    world.open_services()
    clerk, publisher, *others = everybody = [kind(world) for kind in people.PEOPLE]
    clerk.begin()
    preparing = [threading.Thread(target=person.begin) for person in (publisher, *others)]
    for thread in preparing:
        thread.start()
    for thread in preparing:
        thread.join()
    for person in everybody:
        if person.failure is not None:
            raise person.failure
    return everybody


def live(world, everybody, seed, seconds):
    """Everybody does what they do, and somebody kills; then what was begun is brought to its end."""
    chance, stop = worlds.random_of(seed), threading.Event()
    everybody = [person.again() for person in everybody]
    for person in everybody:
        person.live(stop)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0, 0.15))
        world.kill_somebody(chance)
    stop.set()
    world.await_all()
    for person in everybody:
        person.join(worlds.PATIENCE)
        if person.failure is not None:
            raise person.failure
        if person.is_alive():
            raise worlds.Gone("%s does not end" % person.__class__.__name__)
    return everybody


def run(arguments):
    world = worlds.World()
    try:
        begun = time.monotonic()
        everybody = prepare(world)
        print("world: made in %.1f s" % (time.monotonic() - begun), flush=True)
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            begun, before = time.monotonic(), sum(world.kills.values())
            everybody = live(world, everybody, seed, arguments.seconds)
            lived = time.monotonic() - begun
            said = judge.judge(world, everybody)
            if (seed - arguments.first + 1) % 5 == 0 or seed == arguments.first + arguments.seeds - 1:
                print(judge.judge_all(world, everybody), end="")
            print("seed %d: %d kills, %.1f s, judged in %.1f s, %s" % (seed, sum(world.kills.values()) - before, lived, time.monotonic() - begun - lived, said), flush=True)
        if arguments.cases is not None:
            print("world: %d cases are found" % cases.play_all(world, arguments.cases))
        print("world: %d kills: %s" % (sum(world.kills.values()), ", ".join("%s %d" % row for row in sorted(world.kills.items()))))
    finally:
        world.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--keep", help="where the world is, and stays")
    parser.add_argument("--cases", help="a table of changes to the healthy books, each of which the auditor has to find")
    arguments = parser.parse_args()
    if arguments.cases is not None:
        arguments.cases = os.path.abspath(arguments.cases)
    directory = arguments.keep or tempfile.mkdtemp(prefix="tessera-world-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    os.makedirs(directory, exist_ok=True)
    os.chdir(directory)
    os.environ["TESSERA_LAB"] = "1"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the world ends with it
    try:
        run(arguments)
    finally:
        if arguments.keep is None:
            os.chdir("/")
            shutil.rmtree(directory, ignore_errors=True)


main()
