# SPDX-License-Identifier: Apache-2.0
# A whole world of processes in one directory: every service in a process of its own on a port that
# stays, machines that stay, and commands that come and go. Whatever runs may be killed at any
# moment: what stays is started again, a command is given again with the same words.
import configparser
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

SERVICES = {
    "bank": ["licence"],
    "licence": [],
    "registry": [],
    "content": ["licence"],
    "charge": ["bank", "registry"],
    "clearing": ["bank"],
}
PATIENCE = 90  # seconds for anything at all


class Gone(Exception):
    """What was asked for does not come."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Staying:
    """A program that stays: started, told to be ready by a line, started again when it was killed."""

    def __init__(self, world, name, words):
        self.world, self.name, self.words = world, name, words
        self.process = None
        self.lock = threading.Lock()  # held while it is killed and started again
        self.failure = None

    def start(self):
        end = time.monotonic() + PATIENCE
        while not self.begin():
            if time.monotonic() > end:
                raise Gone("%s does not start: %s" % (self.name, self.said()))
        return self

    def begin(self):
        """One attempt. A port or lock of the one that was killed may take a moment to be free."""
        with open(self.name + ".out", "w") as out, open(self.name + ".err", "a") as err:
            self.process = subprocess.Popen(["tessera", *self.words], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with open(self.name + ".out") as out:
                if "ready\n" in out.read():
                    return True
            if self.process.poll() is not None:
                time.sleep(0.05)
                return False
            time.sleep(0.01)
        return False

    def said(self):
        with open(self.name + ".err") as err:
            return err.read()[-2000:]

    def kill(self):
        """False: somebody did already, and it is being started again."""
        if not self.lock.acquire(blocking=False):
            return False
        self.process.kill()
        self.process.wait()
        threading.Thread(target=self.restart, daemon=True).start()
        return True

    def restart(self):
        try:
            self.start()
        except Gone as failure:
            self.failure = failure
        finally:
            self.lock.release()

    def await_start(self):
        with self.lock:
            if self.failure is not None:
                raise self.failure

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class World:
    """One directory, in which everything happens; words of commands are relative to it."""

    def __init__(self):
        self.running = set()
        self.staying = {}
        self.lock = threading.Lock()
        self.kills = {}

    # ---- commands --------------------------------------------------------------------------

    def run(self, *words, secret=None, mortal=True):
        """Gives a command once, which may be killed. Its exit code, output and complaints; below 0: it was."""
        reading = None
        if secret is not None:
            reading, writing = os.pipe()
            os.write(writing, (secret + "\n").encode())
            os.close(writing)
            words = [word.replace("%secret", str(reading)) for word in words]
        child = subprocess.Popen(["tessera", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, pass_fds=() if reading is None else (reading,))
        if reading is not None:
            os.close(reading)
        if mortal:
            with self.lock:
                self.running.add(child)
        try:
            out, err = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
        with self.lock:
            self.running.discard(child)
        return child.returncode, out, err

    def insist(self, *words, secret=None, enough=None, ended=None):
        """Gives a command again and again until it is done, or says what is as good (a pattern, or a question to what it said)."""
        end = time.monotonic() + PATIENCE
        while True:
            code, out, err = self.run(*words, secret=secret)
            if code == 0 or (enough is not None and re.search(enough, out + err)) or (ended is not None and ended(out)):
                return out
            if time.monotonic() > end:
                raise Gone("exit %d of tessera %s\n%s%s" % (code, " ".join(words), out, err))
            time.sleep(0.02)

    def make(self, *words, secret=None):
        """A command that nobody kills."""
        code, out, err = self.run(*words, secret=secret, mortal=False)
        if code != 0:
            raise Gone("exit %d of tessera %s\n%s%s" % (code, " ".join(words), out, err))
        return out

    # ---- programs that stay ----------------------------------------------------------------

    def stay(self, name, *words):
        self.staying[name] = Staying(self, name, words).start()

    def configure(self):
        """The services' ports, and who asks whom."""
        self.port = {name: free_port() for name in SERVICES}
        config = configparser.ConfigParser()
        for name, peers in SERVICES.items():
            config[name] = {"listen": "127.0.0.1:%d" % self.port[name], "state": "house/" + name, "log": "error"}
            for peer in peers:
                config[name]["peer." + peer] = self.url(peer)
        config["clearing"]["sign"] = "house/clearing/sign"
        with open("world.ini", "w") as out:
            config.write(out)

    def url(self, service):
        return "https://127.0.0.1:%d" % self.port[service]

    def open_services(self):
        """A first start of everything makes what is missing; then each in a process of its own."""
        first = Staying(self, "first", ["serve", "all", "--state", "house"]).start()
        first.end()
        self.configure()
        starting = [threading.Thread(target=self.stay, args=(name, "serve", name, "--config", "world.ini")) for name in SERVICES]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        if len(self.staying) != len(SERVICES):
            raise Gone("services did not start")

    # ---- the killer ------------------------------------------------------------------------

    def kill_somebody(self, chance):
        """One process, of those that stay or of the commands that are under way."""
        with self.lock:
            commands = sorted(self.running, key=lambda child: child.pid)
        victim = chance.choice(["command"] * len(commands) + sorted(self.staying))
        if victim == "command":
            chance.choice(commands).send_signal(signal.SIGKILL)
        elif not self.staying[victim].kill():
            return
        self.kills[victim] = self.kills.get(victim, 0) + 1

    def await_all(self):
        for staying in self.staying.values():
            staying.await_start()

    def end(self):
        for staying in self.staying.values():
            staying.end()

    # ---- what there is ---------------------------------------------------------------------

    def rows(self, service, sql, *values):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                db = sqlite3.connect("file:house/%s/db/%s.sqlite?mode=ro" % (service, service), uri=True, timeout=10)
                try:
                    return db.execute(sql, values).fetchall()
                finally:
                    db.close()
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def await_that(self, what, question):
        end = time.monotonic() + PATIENCE
        while True:
            left = question()
            if not left:
                return
            if time.monotonic() > end:
                raise Gone("%s: %s" % (what, left))
            time.sleep(0.05)


def random_of(seed):
    return random.Random("tessera-%d" % seed)
