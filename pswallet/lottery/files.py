"""The files of a lottery, all in one folder: what is published before the draw, after it, and what stays secret.

draw.json (the lottery; after the draw seed, block hash and list too), applicants.txt, winners.csv: published.
seed.secret: published by the draw. Formats: docs/lottery.md.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from pswallet.chain.funded import Lottery, lottery_hash
from pswallet.chain.hashing import keccak
from pswallet.chain.signing import Domain
from pswallet.kit.merkle import merkle_root
from pswallet.vouchers.rules.lottery import (
    OPENINGS_HEAD,
    LotteryInvalid,
    Opening,
    Progress,
    accounts_of,
    applicants_hash,
    draw,
    read_applicants,
    read_openings,
)

APPLICANTS, WINNERS, SEED = "applicants.txt", "winners.csv", "seed.secret"


@dataclass(frozen=True, kw_only=True)
class Document:
    """draw.json. `seed`, `block_hash` and `list` ("0x…") are None before the draw."""

    chain_id: int
    voucher: str
    lottery: Lottery
    seed: str | None = None
    block_hash: str | None = None
    list: str | None = None

    @property
    def hash(self) -> str:
        """What the campaign has as its `lottery`."""
        return lottery_hash(Domain("CityVoucher", "1", self.chain_id, self.voucher), self.lottery)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read the file. Raises LotteryInvalid, OSError."""
        try:
            found: dict[str, Any] = json.loads(file.read_text())
            return cls(**{**found, "lottery": Lottery.from_json(found["lottery"])})
        except (ValueError, TypeError, KeyError) as error:
            raise LotteryInvalid(f"{file} is not a draw's document: {error}") from error

    def save(self, file: Path) -> None:
        """Write the file."""
        file.write_text(json.dumps(asdict(self), indent=2) + "\n")


def prepare(file: Path, *, chain_id: int, voucher: str, block: int, winners: int, count: int) -> Document:
    """Commit to the applicants beside `file` and to a fresh seed, kept in seed.secret (mode 600).

    Raises LotteryInvalid, OSError; FileExistsError when there is a seed already.
    """
    applicants = read_applicants((file.parent / APPLICANTS).read_bytes())
    seed = secrets.token_bytes(32)
    handle = os.open(file.parent / SEED, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as secret:
        secret.write(seed.hex() + "\n")
    lottery = Lottery(
        applicants="0x" + applicants_hash(applicants).hex(),
        seed_commitment="0x" + keccak(seed).hex(),
        block=block,
        winners=winners,
        count=count,
    )
    document = Document(chain_id=chain_id, voucher=voucher, lottery=lottery)
    document.save(file)
    return document


def carry_out(file: Path, *, openings: Path, block_hash: str, progress: Progress) -> Document:
    """Draw with the seed beside `file`, and write winners.csv and the document of what was drawn.

    `openings` has every applicant's. Raises LotteryInvalid, OSError.
    """
    seed = "0x" + (file.parent / SEED).read_text().strip()
    drawn = replace(Document.load(file), seed=seed, block_hash=block_hash)
    winning = winners_of(drawn, committed_applicants(file, drawn), progress=progress)
    with openings.open() as lines:
        known = read_openings(lines, winning)
    done = replace(drawn, list=list_of(drawn, winning, known))
    _write_winners(file.parent / WINNERS, winning, known)
    done.save(file)
    return done


def count_applicants(file: Path) -> int:
    """Return how many applicants lie beside `file`, as far as its size tells."""
    place = file.parent / APPLICANTS
    return place.stat().st_size // 65 if place.exists() else 0


def committed_applicants(file: Path, document: Document) -> list[bytes]:
    """Return the applicants beside `file`. Raises LotteryInvalid unless they are those that were committed to."""
    applicants = read_applicants((file.parent / APPLICANTS).read_bytes())
    if "0x" + applicants_hash(applicants).hex() != document.lottery.applicants:
        raise LotteryInvalid("the applicants are not those that were committed to")
    return applicants


def winners_of(document: Document, applicants: Sequence[bytes], *, progress: Progress) -> list[bytes]:
    """Draw again. Raises LotteryInvalid unless the seed is the one that was committed to, and the block is known."""
    if document.seed is None or document.block_hash is None:
        raise LotteryInvalid("nothing is drawn yet: no seed and no block hash are published")
    seed = _word(document.seed)
    if "0x" + keccak(seed).hex() != document.lottery.seed_commitment:
        raise LotteryInvalid("the seed is not the one that was committed to")
    return draw(
        applicants,
        seed=seed,
        block_hash=_word(document.block_hash),
        winners=document.lottery.winners,
        progress=progress,
    )


def list_of(document: Document, winning: Sequence[bytes], openings: Mapping[bytes, Opening]) -> str:
    """Return the Merkle root of the winners' list. Raises LotteryInvalid for winners that are not opened."""
    accounts = accounts_of(winning, openings)
    return "0x" + merkle_root((account, document.lottery.count) for account in accounts).hex()


def published_winners(file: Path) -> dict[bytes, Opening]:
    """Return winners.csv beside `file`. Raises LotteryInvalid, OSError."""
    with (file.parent / WINNERS).open() as lines:
        return read_openings(lines)


def _write_winners(place: Path, winning: Sequence[bytes], openings: Mapping[bytes, Opening]) -> None:
    with place.open("w") as file:
        file.write(OPENINGS_HEAD + "\n")
        for applicant in winning:
            opening = openings[applicant]
            file.write(f"{applicant.hex()},{opening.account},{opening.blinding.hex()}\n")


def _word(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise LotteryInvalid(f"{text} is not hexadecimal") from error
