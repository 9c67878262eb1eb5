"""Notices a log that the node keeps back: by the headers' blooms, by gaps in the log positions, by the receipts."""

from functools import lru_cache

from pswallet.audit.decode import Log, place
from pswallet.audit.node import Header, Node, Span
from pswallet.audit.report import Findings
from pswallet.chain.signing import keccak


@lru_cache(maxsize=16_384)
def _bits(item: str) -> int:
    """Return the three bits of a header's bloom that an address or topic ("0x…") sets."""
    digest = keccak(bytes.fromhex(item[2:]))
    return (
        1 << (int.from_bytes(digest[0:2]) & 2047)
        | 1 << (int.from_bytes(digest[2:4]) & 2047)
        | 1 << (int.from_bytes(digest[4:6]) & 2047)
    )


def bloom_of(logs: list[Log]) -> int:
    """Return the bloom that these logs alone make."""
    bloom = 0
    for log in logs:
        bloom |= _bits(log["address"].lower())
        for topic in log["topics"]:
            bloom |= _bits(topic)
    return bloom


class Completeness:
    """Gives back each block's logs, whole: where the node's list is doubtful, from the receipts."""

    def __init__(self, findings: Findings, node: Node, addresses: list[str]) -> None:
        self._findings, self._node = findings, node
        self._address_bits = [_bits(address) for address in addresses]
        self._last: Header | None = None
        self.reread: set[int] = set()

    def blocks(self, span: Span) -> list[tuple[Header, list[Log]]]:
        """Return the span's blocks that have logs of ours, each with all of them in order."""
        by_block: dict[int, list[Log]] = {}
        for log in span.logs:
            by_block.setdefault(int(log["blockNumber"], 16), []).append(log)
        found = []
        for number, header in enumerate(span.headers, start=span.first):
            self._check_parent(number, header)
            logs = self._whole(number, header, by_block.pop(number, []))
            if logs:
                found.append((header, logs))
        for number, strays in by_block.items():
            self._findings.add("logs", "the node gave logs of a block outside the range", number, place(strays[0])[1])
        return found

    def _check_parent(self, number: int, header: Header) -> None:
        """Hold that the headers are one chain."""
        if self._last and header["parentHash"] != self._last["hash"]:
            self._findings.add("logs", f"block {number} does not follow the block before it", number)
        self._last = header

    def _whole(self, number: int, header: Header, logs: list[Log]) -> list[Log]:
        return self.compare(number, header, logs) if self._doubtful(header, logs) else logs

    def _doubtful(self, header: Header, logs: list[Log]) -> bool:
        """Whether the header admits a log of ours that is not in `logs`."""
        bloom = int(header["logsBloom"], 16)
        if not logs:
            return any(bloom & bits == bits for bits in self._address_bits)
        positions = [int(log["logIndex"], 16) for log in logs]
        return bloom != bloom_of(logs) or positions != list(range(len(logs)))

    def compare(self, number: int, header: Header, logs: list[Log]) -> list[Log]:
        """Return a block's logs by its receipts; report each that `logs` lacks, adds or tells otherwise."""
        self.reread.add(number)
        receipts = {int(log["logIndex"], 16): log for log in self._node.receipt_logs(header)}
        listed = {int(log["logIndex"], 16): log for log in logs}
        for position in sorted(receipts.keys() | listed.keys()):
            self._compare_one(number, position, receipts.get(position), listed.get(position))
        return [receipts[position] for position in sorted(receipts)]

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
