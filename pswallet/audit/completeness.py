"""Notices a log that the node keeps back: by the headers' blooms, by gaps in the log positions, by the receipts.

Nothing of it is the node's word: receipts are held to the header's root, a header to its hash, each hash to the next.
"""

from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from pswallet.audit.decode import Log, place
from pswallet.audit.node import Header, Node, Receipt, Span
from pswallet.audit.report import Findings
from pswallet.chain.tries import bloom_bits, bloom_of, header_hash, receipts_root


@lru_cache(maxsize=64)
def _positions(count: int) -> list[str]:
    """Return the positions of a block's logs if it has `count` of them and all are ours."""
    return [hex(position) for position in range(count)]


class Completeness:
    """Gives back each block's logs, whole: where the node's list is doubtful, from the receipts."""

    def __init__(self, findings: Findings, node: Node, addresses: list[str]) -> None:
        self._findings, self._node = findings, node
        self._addresses = set(addresses)
        self._address_bits = [bloom_bits(address) for address in addresses]
        self._last: Header | None = None
        self._hashes_hold = True

    def blocks(self, span: Span) -> list[tuple[Header, list[Log]]]:
        """Return the span's blocks that have logs of ours, each with all of them in order."""
        by_block: dict[int, list[Log]] = {}
        for block, logs in groupby(span.logs, itemgetter("blockNumber")):
            by_block.setdefault(int(block, 16), []).extend(logs)
        found = []
        for number, header in enumerate(span.headers, start=span.first):
            self._check_header(number, header)
            whole = self._whole(number, header, by_block.pop(number, []))
            if whole:
                found.append((header, whole))
        for number, strays in by_block.items():
            self._findings.add("logs", "the node gave logs of a block outside the range", number, place(strays[0])[1])
        return found

    def _check_header(self, number: int, header: Header) -> None:
        """Hold that the headers are one chain, and that each is what its hash says."""
        if self._last and header["parentHash"] != self._last["hash"]:
            self._findings.add("logs", f"block {number} does not follow the block before it", number)
        if int(header["number"], 16) != number:
            self._findings.add("logs", f"asked for block {number}, the node gave block {header['number']}", number)
        if self._hashes_hold and header_hash(header) != header["hash"]:
            self._hashes_hold = False  # one is enough: of a chain with headers of its own it would be said of each
            told = f"the header of block {number} does not hash to {header['hash']}"
            self._findings.add(
                "logs", f"{told}: the node changed it, or this chain's headers are not Ethereum's", number
            )
        self._last = header

    def _whole(self, number: int, header: Header, logs: list[Log]) -> list[Log]:
        return self.compare(number, header, logs) if self._doubtful(header, logs) else logs

    def _doubtful(self, header: Header, logs: list[Log]) -> bool:
        """Whether the header admits a log of ours that is not in `logs`."""
        bloom = int(header["logsBloom"], 16)
        if not logs:
            return any(bloom & bits == bits for bits in self._address_bits)
        positions = [log["logIndex"] for log in logs]
        return bloom != bloom_of(logs) or positions != _positions(len(logs))

    def compare(self, number: int, header: Header, logs: list[Log]) -> list[Log]:
        """Return a block's logs by its receipts; report each that `logs` lacks, adds or tells otherwise."""
        whole = self._node.receipts(header)
        self._check_receipts(number, header, whole)
        ours = [log for receipt in whole for log in receipt["logs"] if log["address"].lower() in self._addresses]
        receipts = {int(log["logIndex"], 16): log for log in ours}
        listed = {int(log["logIndex"], 16): log for log in logs}
        for position in sorted(receipts.keys() | listed.keys()):
            self._compare_one(number, position, receipts.get(position), listed.get(position))
        return [receipts[position] for position in sorted(receipts)]

    def _check_receipts(self, number: int, header: Header, receipts: list[Receipt]) -> None:
        """Hold a block's receipts, with every log of theirs in its place, to the root in its header."""
        blooms = [bloom_of(receipt["logs"]) for receipt in receipts]
        if receipts_root(receipts, blooms) != header["receiptsRoot"]:
            told = "the receipts are not those of the header: a log was kept back, added or changed"
            self._findings.add("logs", told, number, _suspect(header, receipts, blooms))
        if [receipt["transactionHash"] for receipt in receipts] != header["transactions"]:
            self._findings.add("logs", "the receipts are not those of the block's transactions", number)
        position = 0
        for receipt in receipts:
            for log in receipt["logs"]:
                if int(log["logIndex"], 16) != position or log["transactionHash"] != receipt["transactionHash"]:
                    told = (
                        f"log {position} of the block stands at {int(log['logIndex'], 16)} of {log['transactionHash']}"
                    )
                    self._findings.add("logs", told, number, receipt["transactionHash"])
                position = int(log["logIndex"], 16) + 1

    def _compare_one(self, number: int, position: int, receipt: Log | None, listed: Log | None) -> None:
        known = receipt or listed
        if known is None or (receipt and listed and _same(receipt, listed)):
            return
        if listed is None:
            told = "is in the receipts and was kept back from eth_getLogs"
        elif receipt is None:
            told = "came from eth_getLogs and is in no receipt"
        else:
            told = "is told differently by eth_getLogs and the receipts"
        self._findings.add("logs", f"log {position} of {known['address']} {told}", number, known["transactionHash"])


def _same(left: Log, right: Log) -> bool:
    keys = ("address", "topics", "data", "transactionHash")
    return all(left[key] == right[key] for key in keys)  # type: ignore[literal-required]


def _suspect(header: Header, receipts: list[Receipt], blooms: list[int]) -> str | None:
    """Return the transaction whose receipt does not fit its own bloom, or the block's only one."""
    for receipt, bloom in zip(receipts, blooms, strict=True):
        if int(receipt["logsBloom"], 16) != bloom:
            return receipt["transactionHash"]
    return header["transactions"][0] if len(header["transactions"]) == 1 else None
