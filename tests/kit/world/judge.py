# SPDX-License-Identifier: Apache-2.0
# When everything is over: nothing waits any more, the auditor finds nothing, each purse holds what its
# center's books say and what was acknowledged, each play that was bought is there, each call was charged.
import json
import threading

from people import PLAYS, PRICE, balance_of, records_of
from world import SERVICES


def waiting(world):
    """Calls between services that are under way."""
    return [(name, row) for name in SERVICES for row in world.rows(name, "SELECT id, endpoint, tries FROM outbox WHERE state = 0")]


def audit(world, *more):
    books = ["house/%s/db/%s.sqlite" % (name, name) for name in SERVICES]
    code, out, err = world.run("audit", *books, "--trust", "house/ca", "--cash", "deposit", *more)
    if code != 0:
        raise AssertionError("the auditor, exit %d:\n%s%s" % (code, out, err))
    return out


def booked(world, purse):
    """What the center's books say that a purse has."""
    rows = world.rows("clearing", "SELECT COALESCE(SUM(-amount), 0) FROM posting WHERE account IN (?, ?)", "PURSE:%s:JPY" % purse, "OPEN:%s:JPY" % purse)
    return rows[0][0]


def same(what, *values):
    if any(value != values[0] for value in values):
        raise AssertionError("%s: %s" % (what, " / ".join(str(value) for value in values)))


def purse(world, name, expected):
    same("what %s holds, by what was acknowledged, its card and its center" % name, expected, balance_of(world, name), booked(world, name))


# ---- what each of them had acknowledged ------------------------------------------------------------


def judge_shopper(world, person):
    purse(world, "alice", person.funded - person.paid)
    same("what the stall has, settled and not", person.paid, balance_of(world, "stall") + settled(world, "stall"))


def settled(world, till):
    return world.rows("clearing", "SELECT COALESCE(SUM(amount), 0) FROM batch_sum WHERE payee = ?", till)[0][0]


def judge_customer(world, person):
    served = [record for record in records_of("kiosk") if record["state"] == "served"]
    same("sales of the kiosk", person.steps, len(served))
    purse(world, "bob", person.funded - person.paid)
    purse(world, "shop", person.paid)


def judge_depositor(world, person):
    with open("deposit/cash") as file:
        cash = json.load(file)
    same("what is in the box, and was loaded", person.paid, cash["stacked"])
    same("what lies in escrow", 0, cash["escrow"])
    purse(world, "carol", person.paid)
    purse(world, "machine", person.funded - person.paid)


def judge_buyer(world, person):
    tickets = [json.loads(line) for line in world.make("ticket", "list", "dave.trm", "--json").splitlines() if '"NO_1"' in line]
    paid = world.rows("licence", "SELECT COUNT(*) FROM sale JOIN settled USING(instance) WHERE buyer = 'dave'")[0][0]
    same("tickets that were bought", person.steps, len(tickets), paid)
    left = sum(ticket["left"]["plays"] for ticket in tickets)
    most, least = person.steps * PLAYS - person.played, person.steps * PLAYS - person.tried
    if not least <= left <= most:
        raise AssertionError("plays that are left: %d, not from %d to %d" % (left, least, most))
    purse(world, "dave", person.funded - person.paid)
    same("what the booth has, settled and not", person.paid, balance_of(world, "booth") + settled(world, "booth"))


def judge_subscriber(world, person):
    charged = world.rows("charge", "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM content_charge WHERE phone = '090-1'")[0]
    paid = world.rows("bank", "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM booking WHERE to_account = 'HALL'")[0]
    same("dockets, charged and paid", (person.steps, person.steps * PRICE), charged, paid)
    tickets = [line for line in world.make("ticket", "list", "erin.trm", "--json").splitlines() if '"NO_2"' in line]
    settled_ones = world.rows("licence", "SELECT COUNT(*) FROM sale JOIN settled USING(instance) WHERE buyer = 'erin'")[0][0]
    same("tickets by docket", person.steps, len(tickets), settled_ones)


def judge_caller(world, person):
    with open("gateway.state/usage") as file:
        counted = [int(line.split()[4]) for line in file if " c " in line]
    charged = [row[0] for row in world.rows("charge", "SELECT quantity FROM usage ORDER BY n")]
    same("calls that the gateway counted and that were charged", counted, charged)
    if not person.made <= len(counted) <= person.tried:
        raise AssertionError("calls that were counted: %d, not from %d to %d" % (len(counted), person.made, person.tried))


def judge_loader(world, person):
    charged = world.rows("charge", "SELECT COALESCE(SUM(amount), 0) FROM deposit")[0][0]
    same("deposits by telephone", person.loaded, charged)
    purse(world, "fred", person.loaded)


def judge_clerk(world, person):
    same("months that are closed", person.steps, world.rows("charge", "SELECT COUNT(*) FROM close WHERE done = 1")[0][0])


def judge_publisher(world, person):
    same("contents that were published", person.steps, world.rows("content", "SELECT COUNT(*) FROM content")[0][0])


JUDGES = {"Shopper": judge_shopper, "Customer": judge_customer, "Depositor": judge_depositor, "Buyer": judge_buyer, "Subscriber": judge_subscriber,
          "Caller": judge_caller, "Loader": judge_loader, "Clerk": judge_clerk, "Publisher": judge_publisher}


def arrived(world):
    """All money of the world came in at the bank, and lies on its accounts."""
    came = world.rows("bank", "SELECT COALESCE(SUM(amount), 0) FROM booking WHERE from_account IS NULL")[0][0]
    lies = world.rows("bank", "SELECT COALESCE(SUM(-amount), 0) FROM posting WHERE account LIKE 'ACCOUNT:%'")[0][0]
    same("money at the bank", came, lies)


def settle_all(world, everybody):
    """Logs are handed in and days closed, by all at once."""
    closing = [threading.Thread(target=person.end_of_day) for person in everybody]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join()
    for person in everybody:
        if person.failure is not None:
            raise person.failure


def judge(world, everybody):
    """After a seed: everything was recovered, nothing waits, the books are clean."""
    settle_all(world, everybody)
    world.await_that("calls that wait", lambda: waiting(world))
    audit(world, "--since", "audit.state")
    return ", ".join("%s %d" % (person.__class__.__name__.lower(), person.steps) for person in everybody)


def judge_all(world, everybody):
    """In the end, and now and then: also cards and machines against the books, by an auditor who comes anew."""
    for person in everybody:
        JUDGES[person.__class__.__name__](world, person)
    arrived(world)
    return audit(world)
