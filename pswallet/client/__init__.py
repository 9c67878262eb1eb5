"""The typed Python client of the gateway: keys sign here, only signatures are sent.

`Client` is a person; its `api` has a method for every operation of the OpenAPI document, with typed bodies and answers.
"""

from pswallet.client.api import Api
from pswallet.client.errors import ContractsChanged, DomainUnknown, KeystoreUnreadable, OrderForged, Refused
from pswallet.client.funded import (
    authorize_funded,
    funded_terms,
    parts_of,
    sign_budget,
    sign_cashier,
    sign_permit,
    sign_refund,
)
from pswallet.client.keys import Key, read_private
from pswallet.client.person import Answer, Client, Given
from pswallet.client.signed import Chain, authorize, authorize_order, authorize_packet, authorize_refund, sign_link
from pswallet.client.stream import Event
from pswallet.client.transport import Transport

__all__ = [
    "Answer",
    "Api",
    "Chain",
    "Client",
    "ContractsChanged",
    "DomainUnknown",
    "Event",
    "Given",
    "Key",
    "KeystoreUnreadable",
    "OrderForged",
    "Refused",
    "Transport",
    "authorize",
    "authorize_funded",
    "authorize_order",
    "authorize_packet",
    "authorize_refund",
    "funded_terms",
    "parts_of",
    "read_private",
    "sign_budget",
    "sign_cashier",
    "sign_link",
    "sign_permit",
    "sign_refund",
]
