# SPDX-License-Identifier: Apache-2.0
# Who lives in the world: each does one thing over and over, one step at a time, and gives each command
# again until it is done. What somebody did is known by what was acknowledged, and the judge compares it
# with what cards, machines and books say.
import json
import os
import re
import shutil
import threading

PRICE, PLAYS = 300, 2
TICKETS_MOST = 40  # that a person buys: a card has room for some more


class Person(threading.Thread):
    """Steps until told to stop; then the step that was begun is brought to its end."""

    most = 1000000000  # steps of a life

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.steps, self.failure = world, 0, None

    def prepare(self):
        pass

    def step(self, number):
        raise NotImplementedError

    def again(self):
        """The same person in another thread, with what it remembers."""
        other = self.__class__.__new__(self.__class__)
        other.__dict__.update({key: value for key, value in self.__dict__.items() if not key.startswith("_")})
        threading.Thread.__init__(other, daemon=True)
        return other

    def live(self, stop):
        self.stop = stop
        self.start()

    def run(self):
        try:
            while not self.stop.is_set() and self.steps < self.most:
                self.step(self.steps + 1)
                self.steps += 1
        except Exception as failure:  # told by who joins
            self.failure = failure

    def close(self):
        pass

    # As threads of their own call them.
    def begin(self):
        self.attempt(self.prepare)

    def end_of_day(self):
        self.attempt(self.close)

    def attempt(self, what):
        try:
            what()
        except Exception as failure:  # told by who joins
            self.failure = failure

    # ---- what several do -----------------------------------------------------------------------

    def upload(self, purse, lines):
        """Hands usage logs and what ended them in to the center."""
        path = purse + ".lines"
        with open(path, "w") as out:
            for line in lines:
                out.write(json.dumps(line) + "\n")
        said = self.world.insist("clearing", "upload", path, "--purse", purse, "--clearing", self.world.url("clearing"), "--tls", purse + ".net")
        if "refused 0" not in said and "refused" in said:
            raise AssertionError("the center refuses logs of %s: %s" % (purse, said))

    def settle(self, purse):
        return self.world.insist("purse", "settle", purse + ".trm", "--clearing", self.world.url("clearing"), "--tls", purse + ".net",
                                 enough="nothing|no sale|empty")


def balance_of(world, purse):
    """Of a copy: the card may lie in a machine that runs, and does nothing now."""
    shutil.copy(purse + ".trm", "look.trm")
    pockets = json.loads(world.make("purse", "show", "look.trm", "--json"))["pockets"]
    return sum(pocket["balance"] for pocket in pockets if pocket["unit"] == "JPY")


class Cards:
    """Makes cards and their keys for the network, and has the center know them."""

    def __init__(self, world):
        self.world = world

    def card(self, role, name, *more):
        world = self.world
        network = {"wallet": "wallet", "store": "wallet", "till": "till", "float": "float"}.get(role)
        user = ["--user", name] if network in ("wallet", "float") else []
        world.make("card", "new", "--ca", "house/ca", "--role", role, "--id", name, *user, *more, "--out", name + ".trm", "--pin-fd", "%secret", secret="123456")
        if network is None:
            return
        world.make("ca", "issue", "--ca", "house/ca", "--network", "--role", network, "--id", name, "--out", name + ".net")
        world.make("clearing", "register", self.certificate(name), "--authority", "house/ca/purse.cvc", *user,
                   "--no-pin-count", "60000", "--no-pin-sum", "9000000",  # nobody stands there to enter one
                   "--clearing", world.url("clearing"), "--tls", "house/operator")

    def certificate(self, name):
        """Of the card, by the authority's register."""
        with open("house/ca/issued.tsv") as register:
            rows = [line.split("\t") for line in register]
        paths = ["house/ca/issued/%s.cvc" % row[0] for row in rows if row[2] == name]
        return next(path for path in paths if os.path.exists(path))

    def fund(self, name, amount, transfer):
        """Money that arrives at the bank comes to the card."""
        world = self.world
        world.insist("bank", "pay-in", "center", "--id", transfer, "--amount", str(amount), "--payer", name, "--bank", world.url("bank"), "--tls", "house/operator")
        world.insist("purse", "issue", name + ".trm", "--clearing", world.url("clearing"), "--tls", name + ".net")


# ---- a wallet and a till ---------------------------------------------------------------------------


class Shopper(Person):
    """Pays at a till that has no machine, tops up, has the logs handed in and the till's day closed."""

    def prepare(self):
        cards = Cards(self.world)
        cards.card("wallet", "alice")
        cards.card("till", "stall", "--enterprise", "STALL")
        cards.fund("alice", 100000, "in-alice")
        self.funded, self.paid, self.lines = 100000, 0, []

    def step(self, number):
        amount = 10 + number % 7
        said = self.world.insist("purse", "transfer", "alice.trm", "stall.trm", "--amount", str(amount), "--ref", "sale-%d" % number,
                                 "--state", "stall.state", "--json")
        self.lines.append(json.loads(said.splitlines()[-1]))
        self.paid += amount
        if number % 4 == 0:
            self.close()
        if number % 9 == 5:
            Cards(self.world).fund("alice", 50, "in-alice-%d" % number)
            self.funded += 50

    def close(self):
        self.upload("stall", self.lines)
        self.settle("stall")


# ---- machines that stay ----------------------------------------------------------------------------


def records_of(state):
    """The newest record of each sale, as a machine's journal has it, or a phone's directory of them."""
    path, newest = state + "/sales", {}
    if os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            with open(os.path.join(path, name)) as file:
                newest[name] = json.load(file)
    elif os.path.exists(path):
        with open(path) as file:
            for line in file:
                if line.endswith("\n"):
                    head, record = line.split("{", 1)
                    newest[head.split()[-1]] = json.loads("{" + record)
    return list(newest.values())


def lines_of(state):
    """What the center is to see of a machine's sales."""
    return [{name: {"signed": record[name]} for name in ("usage_log", "receive_log") if record.get(name)}
            for record in records_of(state) if record.get("usage_log")]


class Customer(Person):
    """Stands before a kiosk with a card on its reader."""

    def prepare(self):
        cards = Cards(self.world)
        cards.card("wallet", "bob")
        cards.card("till", "shop", "--enterprise", "SHOP")
        cards.fund("bob", 50000, "in-bob")
        self.funded, self.paid = 50000, 0
        self.world.stay("kiosk", "kiosk", "run", "--state", "kiosk", "--till", "emu:shop.trm", "--customer", "emu:bob.trm")

    def step(self, number):
        amount = 20 + number % 5
        self.world.insist("kiosk", "pay", "--state", "kiosk", "--amount", str(amount), "--ref", "K-%d" % number, "--json")
        self.paid += amount
        if number % 5 == 0:
            self.upload("shop", lines_of("kiosk"))

    def close(self):
        self.upload("shop", lines_of("kiosk"))


class Depositor(Person):
    """Puts notes into a deposit machine, which loads a card that lies there."""

    def prepare(self):
        cards = Cards(self.world)
        cards.card("wallet", "carol")
        cards.card("float", "machine")
        cards.fund("machine", 500000, "in-machine")
        self.funded, self.paid = 500000, 0
        self.world.stay("deposit", "deposit", "run", "--state", "deposit", "--float", "emu:machine.trm", "--customer", "emu:carol.trm")

    def step(self, number):
        """Whoever is interrupted here goes away: what became of it, the machine knows."""
        self.world.run("deposit", "once", "--state", "deposit", "--amount", "1000", "--cash", "1000", "--json")
        if number % 5 == 0:
            self.upload("machine", lines_of("deposit"))

    def close(self):
        self.world.await_that("deposits that are not over", self.open_ones)
        self.paid = sum(record["amount"] for record in records_of("deposit") if record["state"] == "served")
        self.upload("machine", lines_of("deposit"))

    def open_ones(self):
        return json.loads(self.world.insist("deposit", "pending", "--state", "deposit", "--json"))["sales"]


# ---- phones ----------------------------------------------------------------------------------------


class Film:
    """A content, its offers and who may sell them."""

    def __init__(self, world):
        self.world = world

    def prepare(self):
        world = self.world
        for role, name, more in (("provider", "prov-1", []), ("seller", "shop-2", ["--enterprise", "HOUSE"])):
            world.make("ca", "issue", "--ca", "house/ca", "--role", role, "--id", name, "--out", name + ".net", *more)
        with open("key", "w") as out:
            out.write("hc426D99ro7v")
        os.chmod("key", 0o600)
        with open("policy.json", "w") as out:
            json.dump({"enterprise": "HOUSE", "offers": [{"unit": "JPY", "amount": PRICE, "plays": PLAYS}], "shares": [{"party": "prov-1", "weight": 1}]}, out)
        self.pack("ID_0001", 5000)
        world.make("licence", "key", "ID_0001.tsc", "--licence", world.url("licence"), "--tls", "prov-1.net", "--key", "key")
        for number, more in (("NO_1", []), ("NO_2", ["--sealed", "--activator", "charge-1"])):
            world.make("licence", "offer", "ID_0001.tsc", "--licence", world.url("licence"), "--tls", "shop-2.net", "--number", number, "--amount", str(PRICE),
                       "--plays", str(PLAYS), *more)
        world.make("clearing", "policy", "ID_0001.tsc", "--clearing", world.url("clearing"), "--tls", "prov-1.net")
        world.make("ca", "issue", "--ca", "house/ca", "--role", "player", "--id", "player-1", "--out", "player.net")

    def pack(self, content, size):
        with open(content, "wb") as out:
            out.write(os.urandom(size))
        self.world.make("content", "pack", content, "--out", content + ".tsc", "--content", content, "--key", "key", "--policy", "policy.json",
                        "--signer", "prov-1.net")


def buys(world, number, phone, *words):
    """A phone buys, and it is over: its end was said and its record is gone, also where it was killed right behind that."""
    record = "%s.state/purchases/%s.json" % (phone, number)

    def ended(said):
        return '"status":"done"' in said and not os.path.exists(record)

    world.insist("phone", "buy", number, "--charge", str(PRICE), "--state", phone + ".state", "--trm", phone + ".trm", "--licence", world.url("licence"),
                 "--mail", phone + "@xx.xxx", "--tls", phone + ".net", "--json", *words, ended=ended)


class Buyer(Person):
    """Buys a ticket with the phone's purse at a till, fetches it over the network, and plays it."""

    most = TICKETS_MOST

    def prepare(self):
        cards = Cards(self.world)
        cards.card("store", "dave")
        cards.card("till", "booth", "--enterprise", "HOUSE")
        cards.fund("dave", 200000, "in-dave")
        self.funded, self.paid, self.played, self.tried = 200000, 0, 0, 0
        os.mkdir("dave.state", 0o700)

    def step(self, number):
        world = self.world
        buys(world, "NO_1", "dave", "--till", "booth.trm")
        self.paid += PRICE
        self.tried += 1
        code, _, _ = world.run("ticket", "play", "dave.trm", "NO_1", "--player", "player.net", "--out", "dave.key")
        self.played += 1 if code == 0 else 0

    def close(self):
        self.upload("booth", lines_of("dave.state"))
        self.settle("booth")


class Subscriber(Person):
    """Buys by docket, which the telephone company bills."""

    most = TICKETS_MOST

    def prepare(self):
        Cards(self.world).card("store", "erin")
        self.bought, self.calls = 0, 0

    def step(self, number):
        world = self.world
        buys(world, "NO_2", "erin", "--telco", world.url("charge"))
        self.bought += 1


class Caller(Person):
    """Makes calls, which the gateway counts and reports."""

    def prepare(self):
        self.world.make("ca", "issue", "--ca", "house/ca", "--role", "gateway", "--id", "gw-1", "--out", "gateway.net", "--host", "127.0.0.1")
        self.tried = self.made = 0

    def step(self, number):
        to = ["--charge", self.world.url("charge"), "--tls", "gateway.net", "--state", "gateway.state"]
        self.tried += 1
        code, _, _ = self.world.run("gateway", "call", "090-2", "--seconds", str(30 + number), *to)
        self.made += 1 if code == 0 else 0
        self.world.insist("gateway", "report", *to)


class Loader(Person):
    """Loads a purse by telephone: billed there, paid by the bank, issued by the center."""

    def prepare(self):
        Cards(self.world).card("wallet", "fred")
        self.loaded = 0

    def step(self, number):
        world = self.world
        world.insist("phone", "deposit", "fred.trm", "--amount", "500", "--password-fd", "%secret", "--charge", world.url("charge"), "--clearing",
                     world.url("clearing"), "--tls", "fred.net", "--state", "fred.state", "--json", secret="correct horse")
        self.loaded += 500


# ---- who keeps the house ---------------------------------------------------------------------------


class Publisher(Person):
    """Publishes contents, and a home server fetches them."""

    def prepare(self):
        self.film = Film(self.world)
        self.film.prepare()
        Cards(self.world).card("home", "parlour")
        os.mkdir("parlour", 0o700)
        self.world.make("ca", "issue", "--ca", "house/ca", "--network", "--role", "store", "--id", "parlour", "--out", "parlour/tls")

    def step(self, number):
        world, content = self.world, "ID_1%03d" % number
        self.film.pack(content, 300000)
        world.insist("content", "publish", content + ".tsc", "--content", world.url("content"), "--tls", "prov-1.net", "--title", content)
        world.insist("home", "fetch", content, "--state", "parlour", "--content", world.url("content"))
        with open(content + ".tsc", "rb") as ours, open("parlour/contents/" + content + ".tsc", "rb") as theirs:
            if ours.read() != theirs.read():
                raise AssertionError(content + " is another one than was published")


class Clerk(Person):
    """Makes known who takes part, and closes one month after the other."""

    most = 60  # that have ended

    def prepare(self):
        world = self.world
        for account, owner, more in (("center", "clearing-1", []), ("TELCO", "charge-1", []), ("HALL", "licence-1", ["--enterprise", "HOUSE", "--notify", "licence"]),
                                     ("SHOP", "shops", []), ("provider", "prov-1", [])):
            world.make("bank", "open", account, "--owner", owner, *more, "--bank", world.url("bank"), "--tls", "house/operator")
        for party, account in ((self.own(), "center"), ("STALL", "SHOP"), ("SHOP", "SHOP"), ("HOUSE", "SHOP"), ("prov-1", "provider")):
            world.make("clearing", "party", party, account, "--clearing", world.url("clearing"), "--tls", "house/operator")
        world.make("registry", "add", "HOUSE", "--registry", world.url("registry"), "--tls", "house/operator")
        with open("telco.json", "w") as out:
            json.dump({"settings": {"account": "TELCO", "unit": "JPY", "zone": "+00:00", "registry": True}, "payees": [{"enterprise": "HOUSE", "account": "HALL"}],
                       "deposits": {"account": "center"},
                       "tariffs": [{"tariff": "a", "first-month": "2020-01", "basic": 2000, "call-seconds": 30, "call-amount": 10, "packet-count": 10, "packet-amount": 1}],
                       "subscribers": [{"phone": "090-1", "mail": "erin@xx.xxx", "trm": "erin", "tariff": "a", "services": [{"text": "Voice mail", "amount": 300}]},
                                       {"phone": "090-2", "mail": "fred@xx.xxx", "trm": "fred", "tariff": "a", "services": []}],
                       "passwords": [{"phone": "090-2", "password": "correct horse"}]}, out)
        world.make("charge", "set", "telco.json", "--charge", world.url("charge"), "--tls", "house/operator")

    def own(self):
        with open("house/ca/center.cvc", "rb") as octets:
            return re.search(rb"LAB-LOCAL-[0-9A-F]{6}", octets.read()).group().decode()

    def step(self, number):
        month = "%04d-%02d" % (2021 + (number - 1) // 12, (number - 1) % 12 + 1)
        world = self.world
        world.insist("charge", "close", "--month", month, "--charge", world.url("charge"), "--tls", "house/operator")
        self.stop.wait(0.2)


PEOPLE = [Clerk, Publisher, Shopper, Customer, Depositor, Buyer, Subscriber, Caller, Loader]
