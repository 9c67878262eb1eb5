"""A hash a subject and day, kept by ANCHORER once the day is over, and never changed."""

import pytest
from eth_utils import keccak

from tests.contracts.packets import DAY
from tests.contracts.parties import reverts, shenzhen
from tests.contracts.shop import told

POINTS = keccak(text="points")
ROOT = b"\x07" * 32
TODAY = (shenzhen(2030, 3, 1, 12, 0, 0) + 8 * 3600) // DAY


@pytest.fixture(scope="session")
def anchorer(officers):
    """Who keeps hashes."""
    return officers.anchorer


def test_hash_is_kept_and_told(anchor, anchorer):
    receipt = anchor.anchor(POINTS, TODAY - 1, ROOT, 12_345, sender=anchorer)
    assert told(receipt, anchor) == [("Anchored", POINTS, TODAY - 1, ROOT, 12_345)]
    assert anchor.rootOf(POINTS, TODAY - 1) == ROOT


def test_hash_is_never_changed(anchor, anchorer):
    anchor.anchor(POINTS, TODAY - 1, ROOT, 0, sender=anchorer)
    for root in (ROOT, b"\x08" * 32):
        with reverts(anchor, "AlreadyAnchored", subject=POINTS, day=TODAY - 1):
            anchor.anchor(POINTS, TODAY - 1, root, 0, sender=anchorer)
    assert anchor.rootOf(POINTS, TODAY - 1) == ROOT


def test_other_subject_and_day_have_their_own(anchor, anchorer):
    anchor.anchor(POINTS, TODAY - 1, ROOT, 0, sender=anchorer)
    anchor.anchor(POINTS, TODAY - 2, b"\x01" * 32, 0, sender=anchorer)
    anchor.anchor(keccak(text="trail"), TODAY - 1, b"\x02" * 32, 0, sender=anchorer)
    assert anchor.rootOf(POINTS, TODAY - 1) == ROOT


def test_day_is_kept_once_it_is_over_in_shenzhen(anchor, chain, anchorer):
    chain.pending_timestamp = shenzhen(2030, 3, 1, 23, 59, 59)
    with reverts(anchor, "AnchorInvalid", day=TODAY):
        anchor.anchor(POINTS, TODAY, ROOT, 0, sender=anchorer)
    chain.pending_timestamp = shenzhen(2030, 3, 2, 0, 0, 0)
    anchor.anchor(POINTS, TODAY, ROOT, 0, sender=anchorer)


def test_empty_hash_is_refused(anchor, anchorer):
    with reverts(anchor, "AnchorInvalid", day=TODAY - 1):
        anchor.anchor(POINTS, TODAY - 1, bytes(32), 0, sender=anchorer)


@pytest.mark.parametrize("who", ["compliance", "minter", "upgrader"])
def test_nobody_else_keeps_one(anchor, officers, who):
    officer = getattr(officers, who)
    with reverts(anchor, "AccessManagedUnauthorized", caller=officer):
        anchor.anchor(POINTS, TODAY - 1, ROOT, 0, sender=officer)


def test_unknown_day_has_none(anchor):
    assert anchor.rootOf(POINTS, 1) == bytes(32)
