"""The drill with shops: what of merchants, orders, vouchers and points comes back, and the loss that has a name."""

from pathlib import Path
from typing import Any

import pytest

from pswallet.client import Refused
from pswallet.kit.db import transaction
from pswallet.points import service as points
from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.merchants import open_shop, prove_name
from tests.api.money import client_of, members
from tests.api.test_backups import Keeper, audited, database_url, keeper
from tests.parts import Pipeline

__all__ = ["database_url", "keeper"]


def test_shops_go_on_where_the_backup_and_the_chain_left_them(
    stranger: Any, pipeline: Pipeline, keeper: Keeper, tmp_path: Path
) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua")
    shop = selling.tea_house(stranger, pipeline, fen=10_000)
    prove_name(shop)
    made = open_shop(shop)
    machine = Member(shop.http, shop.sms, shop.sessions, "till", "", shop.chain_id, token=made["token"])
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "district"), pipeline, hua)
    orders = [selling.order(shop, 2_800, reference) for reference in ("1", "2", "3")]
    assert selling.pay_plain(ping, orders[0]).status_code == 202
    pipeline.settle()
    with transaction(pipeline.sessions) as session:
        reward = points.offer_reward(session, title="擂茶", points=5, stock=1, level=0).id
    assert ping.post("/points/redemptions", {"reward_id": reward}).status_code == 201
    keeper.back_up()
    assert selling.pay(hua, orders[1], [selling.voucher_part(hua, campaign, 2_000)]).status_code == 202
    assert selling.pay_plain(ping, orders[2]).status_code == 202
    pipeline.settle()
    before = seen(shop, machine, made, hua, orders)
    assert before["statuses"] == ["paid"] * 3
    assert free(ping) == 28 - 5 + 28
    client_of(shop).give_back(shop.get(f"/orders/{orders[0]['id']}").json(), ping.address, 800)
    lost = selling.order(shop, 300, "4")
    assert selling.pay_plain(ping, lost).status_code == 202
    pipeline.settle()
    assert free(ping) == 28 - 5 + 28 - 8 + 3

    keeper.lose_and_restore(pipeline)

    pipeline.settle()
    assert seen(shop, machine, made, hua, orders) == before
    settled = machine.get(f"/merchants/{made['merchant_id']}/settlement").json()
    assert (settled["sales_fen"], settled["refunds_fen"], settled["difference_fen"]) == (3 * 2_800 + 300, 800, 0)
    assert code_of(shop.get(f"/orders/{lost['id']}")) == "order-unknown", "opened after the backup"
    assert free(ping) == 28 - 5 + 28, "neither the lost order's points, nor those that the lost refund took"
    shown = shop.get(f"/orders/{orders[0]['id']}").json()
    assert (shown["refunds"], shown["payments"][0]["refunded_fen"]) == ([], 0)
    with pytest.raises(Refused, match="authorization-already-used"):
        client_of(shop).give_back(shown, ping.address, 800)
    again = selling.order(shop, 2_000, "5")
    assert selling.pay_plain(ping, again).status_code == 202
    pipeline.settle()
    assert free(ping) == 28 - 5 + 28 + 20
    result = audited(pipeline, keeper, tmp_path)
    assert result.exit_code == 0, result.output


def seen(shop: Member, machine: Member, made: dict[str, str], customer: Member, orders: list[Any]) -> dict[str, Any]:
    """What stood in the backup, or was paid since for what stood there, as they see it."""
    place = f"/merchants/{made['merchant_id']}"
    paths = ("", "/stores", "/tills", "/staff", "/api-keys", "/webhook-endpoints")
    return {
        "shop": [shop.get(place + path).json() for path in paths],
        "machine": machine.get(f"{place}/settlement").status_code,
        "vouchers": customer.get("/vouchers").json(),
        "statuses": [shop.get(f"/orders/{one['id']}").json()["status"] for one in orders],
    }


def free(member: Member) -> int:
    found: int = member.get("/points").json()["free"]
    return found
