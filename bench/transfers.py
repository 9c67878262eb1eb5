"""Signed transfers by the thousand, made beforehand so that the load itself costs little, and what became of them."""

import secrets
import statistics
from collections.abc import Sequence

import orjson

from bench import load
from bench.machine import Machine, Member
from pswallet.client import authorize

CONNECTIONS = 64


def signed(machine: Machine, members: Sequence[Member], count: int) -> list[bytes]:
    """Sign `count` transfers of one fen, each member in turn to the next; they are good for ten minutes."""
    with machine.client(members[0]) as client:
        chain = client.chain()
    found = []
    for place in range(count):
        payer, payee = members[place % len(members)], members[(place + 1) % len(members)]
        body = {"to": payee.key.address, "amount_fen": 1, **authorize(chain, payer.key, payee.key.address, 1)}
        key = secrets.token_hex(8)
        found.append(load.post("/v1/transfers", orjson.dumps(body), token=payer.token, key=key, host=machine.host))
    return found


def capacity(machine: Machine, members: Sequence[Member], count: int) -> float:
    """Offer `count` transfers as fast as they are answered; return how many a second end in their event."""
    requests = signed(machine, members, count)
    after = last_call(machine)
    answers = load.closed_loop(machine.host, machine.port, requests, connections=CONNECTIONS)
    taken = sum(answer.status == 202 for answer in answers)
    end = wait_until_settled(machine, after, taken)
    return taken / (end - min(answer.sent_at for answer in answers))


def last_call(machine: Machine) -> int:
    """Return the id of the last call that was left."""
    return machine.scalar("SELECT coalesce(max(id), 0) FROM chain_calls")


_SETTLED = "SELECT count(*) FROM chain_calls WHERE id > :after AND settled_block IS NOT NULL AND refusal IS NULL"
_LEFT = "SELECT count(*) FROM chain_calls WHERE id > :after"


def wait_until_settled(machine: Machine, after: int, count: int) -> float:
    """Wait until the `count` calls left after the id `after` have had their event; return the moment.

    Raises RuntimeError when there are more or fewer calls than were accepted.
    """
    left = machine.scalar(_LEFT, after=after)
    if left != count:
        raise RuntimeError(f"{count} transfers were accepted, and {left} calls were left")
    return machine.wait(_SETTLED, count, after=after)


def p50_ms(answers: Sequence[load.Answer]) -> float:
    """Return the median time to answer [ms]."""
    return statistics.median(answer.answered_at - answer.sent_at for answer in answers) * 1000


def probe(machine: Machine, members: Sequence[Member], *, per_second: float, seconds: float) -> list[load.Answer]:
    """Offer a few transfers, as on a quiet day."""
    requests = signed(machine, members, int(per_second * seconds))
    return load.open_loop(machine.host, machine.port, requests, per_second=per_second, connections=8)
