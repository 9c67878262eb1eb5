"""The auditor's memory grows with accounts and open packets, not with events."""

import sys
from itertools import islice

from bench.stream import Stream
from pswallet.audit.run import Audit
from tests.audit.city import City

FIRST, THEN = 130, 50
"""Blocks of 500 events: until every cache is full, and those that must leave nothing behind."""


def test_generated_blocks_are_honest_and_nothing_stays_of_them(city: City):
    auditor = Audit(city.chain.rpc, city.chain.deployment)
    spans = Stream(city.chain.deployment).spans(10**9)
    for span in islice(spans, FIRST):
        auditor.read(span)
    before, entries = sys.getallocatedblocks(), len(auditor.books.ledger.entries)
    for span in islice(spans, THEN):
        auditor.read(span)
    grown = sys.getallocatedblocks() - before
    assert [one for check in auditor.findings.checks.values() for one in check.differences] == []
    assert len(auditor.books.ledger.entries) - entries == 20 * THEN
    assert len(auditor.books.packets.ended) == 10 * (FIRST + THEN - 1)
    assert grown < 5 * THEN  # a mint and a packet, 30 a block, would each leave an object and more
