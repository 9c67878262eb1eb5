"""Whether a campaign's winners are those of its lottery: the published files against the chain, one line a check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pswallet.chain import events
from pswallet.chain.abi import artifact
from pswallet.chain.events import TOPICS, CampaignOpened
from pswallet.chain.logs import decode
from pswallet.chain.rpc import Rpc
from pswallet.lottery import files
from pswallet.lottery.files import Document
from pswallet.vouchers.rules.lottery import LotteryInvalid, Progress


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and whether it is as it must be."""

    told: str
    good: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What a node says of a campaign with this lottery: where it opened, its lists, and the hash of the drawn block."""

    chain_id: int
    is_ours: bool
    opened: CampaignOpened | None
    lists: list[str]
    block_hash: str | None


def look(rpc: Rpc, document: Document) -> Seen:
    """Ask a node. Raises RpcUnavailable, RpcError."""
    code = bytes.fromhex(rpc.call("eth_getCode", [document.voucher, "latest"])[2:])
    opened = next((one for one in _campaigns(rpc, document) if one.terms.lottery == document.hash), None)
    asked = [TOPICS[events.WinnersListed], opened.campaign] if opened else []
    lists = [log["topics"][2] for log in _logs(rpc, document.voucher, asked)] if opened else []
    block = rpc.call("eth_getBlockByNumber", [hex(document.lottery.block), False])
    return Seen(
        chain_id=int(rpc.call("eth_chainId"), 16),
        is_ours=artifact("CityVoucher").runs(code),
        opened=opened,
        lists=sorted(set(lists)),
        block_hash=block["hash"] if block else None,
    )


def _campaigns(rpc: Rpc, document: Document) -> Iterator[CampaignOpened]:
    for log in _logs(rpc, document.voucher, [TOPICS[CampaignOpened]]):
        event = decode(log, datetime.fromtimestamp(0, UTC))
        if isinstance(event, CampaignOpened):
            yield event


def _logs(rpc: Rpc, contract: str, topics: list[str]) -> list[dict[str, Any]]:
    asked = {"address": contract, "topics": topics, "fromBlock": "0x0", "toBlock": "latest"}
    found: list[dict[str, Any]] = rpc.call("eth_getLogs", [asked])
    return found


def judge(file: Path, seen: Seen, *, progress: Progress) -> Iterator[Check]:
    """Check the files beside `file` among themselves and against what a node said; the first wrong file ends it."""
    try:
        document = Document.load(file)
        yield from _of_the_chain(document, seen)
        applicants = files.committed_applicants(file, document)
        yield Check(f"{len(applicants):,} applicants are those that were committed to", good=True)
        winning = files.winners_of(document, applicants, progress=progress)
        yield Check(f"the seed is the one that was committed to; {len(winning):,} winners were drawn again", good=True)
        published = files.published_winners(file)
        same = published.keys() == set(winning)
        yield Check("the published winners are those", same)
        root = files.list_of(document, winning, published)
        yield Check(f"their list is {root}, the only one on the chain", seen.lists == [root])
    except (LotteryInvalid, OSError) as wrong:
        yield Check(str(wrong), good=False)


def _of_the_chain(document: Document, seen: Seen) -> Iterator[Check]:
    yield Check(
        f"chain {document.chain_id}, and {document.voucher} runs the code of CityVoucher",
        seen.chain_id == document.chain_id and seen.is_ours,
    )
    if seen.opened is None:
        yield Check(f"a campaign was opened with the lottery {document.hash}", good=False)
        return
    yield Check(f"campaign {seen.opened.campaign} was opened with this lottery", good=True)
    block = document.lottery.block
    yield Check(
        f"it was opened in block {seen.opened.block}, before block {block} was there", seen.opened.block < block
    )
    yield Check(
        f"the hash of block {block} is {document.block_hash}",
        seen.block_hash is not None and seen.block_hash == document.block_hash,
    )
