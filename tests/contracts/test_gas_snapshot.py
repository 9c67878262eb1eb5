"""The committed figures of the gas table: complete, and a change is named."""

import json

from bench.gas import SNAPSHOT, changes

KEYS = {
    *("transfer", "transfer_proxied", "authorization", "authorization_proxied"),
    *("authorization_batch100", "authorization_batch100_proxied"),
    *("packet_create", "claim_guest", "claim_link", "claim_batch100", "packet_life_100", "packet_refund"),
    *("charge", "charge_proxied", "charge_batch100", "charge_funded", "charge_refund", "voucher_spend"),
}


def test_snapshot_has_every_row():
    assert json.loads(SNAPSHOT.read_text()).keys() == KEYS


def test_change_is_named():
    assert changes({"transfer": 2, "new": 1}, {"transfer": 1}) == ["new: None → 1", "transfer: 1 → 2"]


def test_same_figures_are_no_change():
    assert changes({"transfer": 1}, {"transfer": 1}) == []
