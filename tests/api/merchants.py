"""Members who have become merchants, through the gateway's own routes."""

from typing import Any

from tests.api.gateway import Member
from tests.api.money import members
from tests.parts import Pipeline

CODE = "92440310MA5GQR0142"
OTHER_CODE = "91440310MA5HAKK087"
PEOPLE = ("440310199003070015", "440310199003070023", "44031019881101018X", "440307195501011230")
"""Identity numbers, one a merchant's person. Synthetic."""


def business(**changed: Any) -> dict[str, Any]:
    """What a business says of itself."""
    return {
        "credit_code": CODE,
        "name": "坪山大万擂茶铺",
        "kind": "OFFLINE_POS",
        "mcc": "5812",
        "city": "深圳",
        "place": "坪山区大万路33号",
        **changed,
    }


def prove_name(member: Member, number: str = PEOPLE[0]) -> None:
    """Check the member's real name."""
    answer = member.post("/kyc/real-name", {"name": "曾小萍", "id_number": number})
    assert answer.status_code == 202, answer.text


def shopkeeper(stranger: Any, pipeline: Pipeline) -> Member:
    """A merchant that the chain knows and has given its tier, and money."""
    (owner,) = members(stranger, pipeline, "ping")
    become_merchant(owner)
    pipeline.settle()
    return owner


def become_merchant(owner: Member, code: str = CODE, person: int = 0) -> Member:
    """Make a member's account a merchant's, whatever the chain knows of it; `account["merchant"]` is its id."""
    prove_name(owner, PEOPLE[person])
    answer = owner.post("/merchants", business(credit_code=code))
    assert answer.status_code == 202, answer.text
    owner.account = {**owner.account, "merchant": answer.json()["id"]}
    return owner


def place(owner: Member, path: str = "") -> str:
    """A path of the owner's merchant."""
    return f"/merchants/{owner.account['merchant']}{path}"


def delete(member: Member, path: str) -> Any:
    """Delete something as `member`."""
    return member.http.delete(f"/v1{path}", headers=member.bearer)


def api_key(owner: Member, *scopes: str) -> Any:
    """Make an API key; what was answered."""
    answer = owner.post(place(owner, "/api-keys"), {"name": "till", "scopes": list(scopes)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def appoint(owner: Member, who: Member, role: str) -> Any:
    """Let somebody act for the merchant; what was answered."""
    return owner.post(place(owner, "/staff"), {"address": who.address, "role": role})


def by_key(owner: Member, token: str) -> Member:
    """A machine of the owner's merchant."""
    return Member(owner.http, owner.sms, owner.sessions, "machine", "", owner.chain_id, token, owner.account)


def store_of(owner: Member) -> str:
    """Open a store; its id."""
    store: str = owner.post(place(owner, "/stores"), {"name": "大万店", "place": "大万路33号"}).json()["id"]
    return store


def open_shop(
    owner: Member,
    *,
    at: str = "大万路33号",
    url: str = "https://shop.example/hook",
    code: str = CODE,
    till: str = "T01",
) -> dict[str, str]:
    """Make a checked person's account a merchant with one of everything; return the ids, and the key's `token`."""
    shop = f"/merchants/{owner.post('/merchants', business(place=at, credit_code=code)).json()['id']}"
    store = owner.post(f"{shop}/stores", {"name": "大万店", "street": "坪山", "place": at}).json()["id"]
    assert owner.post(f"{shop}/stores/{store}/tills", {"till": till}).status_code == 201
    key = owner.post(f"{shop}/api-keys", {"name": "till", "scopes": ["reports", "orders", "webhooks"]}).json()
    endpoint = owner.post(f"{shop}/webhook-endpoints", {"url": url}).json()["endpoint"]["id"]
    delivery = owner.post(f"{shop}/webhook-endpoints/{endpoint}/test").json()["id"]
    return {
        "merchant_id": shop.rpartition("/")[2],
        "store_id": store,
        "till": till,
        "key_id": key["key"]["id"],
        "endpoint_id": endpoint,
        "delivery_id": delivery,
        "token": key["token"],
    }
