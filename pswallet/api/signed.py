"""Hot POSTs of what a payer has signed: by the payer's key, or in the name of a contract (ERC-1271)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from pswallet.accounts.errors import SignatureInvalid
from pswallet.accounts.service import SessionOwner
from pswallet.api.deps import Gateway, gateway_of
from pswallet.api.idempotency import Answer
from pswallet.api.intake import Hot, Intake
from pswallet.chain.signing import SignatureMalformed
from pswallet.checkout.errors import PayerSignatureInvalid
from pswallet.kit.problems import Problem


class SignedCommand(Protocol):
    """A command with its signature."""

    @property
    def contract_verdict(self) -> bool | None:
        """What the payer's own contract says of the signature; None: it was not asked."""


S = TypeVar("S", bound=SignedCommand)


def may_be_a_contracts(command: SignedCommand, problem: Any) -> bool:
    """Whether no key has signed `command`, so that the payer may be a contract that was not asked yet."""
    unsigned = (SignatureInvalid, SignatureMalformed, PayerSignatureInvalid)
    return command.contract_verdict is None and isinstance(problem, unsigned)


async def answer_signed(
    request: Request, intake: Intake[S], hot: Hot[S], judged: Callable[[Gateway, S], S]
) -> Answer | Problem:
    """Return the answer to a signed command; where no key has signed, `judged` asks the payer's contract first."""
    commands: list[S] = []

    def command(owner: SessionOwner) -> S:
        commands.append(hot.command(owner))
        return commands[-1]

    answer = await intake.answer(replace(hot, command=command))
    if not commands or not may_be_a_contracts(commands[-1], answer):
        return answer
    # Asked outside the group, which waits for no node.
    verdict = await run_in_threadpool(judged, gateway_of(request), commands[-1])
    return await intake.answer(replace(hot, command=lambda _: verdict))
