"""Decisions about red packets inside a session; nothing here commits, and nothing says that a share has moved."""

from pswallet.redpackets.service.claims import Claim, ClaimPacket, TicketSigner, claim
from pswallet.redpackets.service.closing import collect, expired_packets, refund, unfinished_packets
from pswallet.redpackets.service.creation import CreatePacket, PacketAccepted, create
from pswallet.redpackets.service.draws import Committer, DrawGiven, give_draw
from pswallet.redpackets.service.packets import (
    Mark,
    PacketPage,
    PacketView,
    find_packet,
    packets_given,
    packets_invited_to,
    packets_received,
)
from pswallet.redpackets.service.phrases import answer_phrase, make_phrase_key
from pswallet.redpackets.service.reading import (
    ClaimView,
    DrawView,
    Promised,
    ShareLine,
    claims_of,
    find_claim,
    find_draw,
    packets_behind,
    packets_of_promises,
    terms_of,
)
from pswallet.redpackets.service.regaining import regain_claims
from pswallet.redpackets.service.thanks import thank

__all__ = [
    "Claim",
    "ClaimPacket",
    "ClaimView",
    "Committer",
    "CreatePacket",
    "DrawGiven",
    "DrawView",
    "Mark",
    "PacketAccepted",
    "PacketPage",
    "PacketView",
    "Promised",
    "ShareLine",
    "TicketSigner",
    "answer_phrase",
    "claim",
    "claims_of",
    "collect",
    "create",
    "expired_packets",
    "find_claim",
    "find_draw",
    "find_packet",
    "give_draw",
    "make_phrase_key",
    "packets_behind",
    "packets_given",
    "packets_invited_to",
    "packets_of_promises",
    "packets_received",
    "refund",
    "regain_claims",
    "terms_of",
    "thank",
    "unfinished_packets",
]
