"""Who may do what: the list of SYSTEM contracts, the batch that has nothing, the roles and what they open."""

from collections.abc import Callable

from pswallet.audit.accounts import NOT_REGISTERED, SYSTEM
from pswallet.audit.code import Addresses
from pswallet.audit.decode import Log, address_in, events, words
from pswallet.audit.ledger import Moment
from pswallet.audit.report import Findings
from pswallet.chain.deploy import ADMIN_ROLE, ROLE_DELAY_S, ROLES
from pswallet.chain.hashing import selector

_NAMES = {ADMIN_ROLE: "ADMIN", **{number: name.upper() for name, (number, _) in ROLES.items()}}
_DELAYS = {ADMIN_ROLE: ROLE_DELAY_S, ROLES["upgrader"][0]: ROLE_DELAY_S}
_OPENS = {selector(function): number for number, functions in ROLES.values() for function in functions}
"""contracts/Roles.sol: the one role that may call each function of the token and the anchor; ADMIN has the others."""


class Powers:
    """Reads the token's and the access manager's logs in their order; what gives anybody power goes to `findings`.

    What the deployment may not do either is a difference. Who holds a role may change (a stolen key is replaced): that
    is a warning, as is what ADMIN or UPGRADER has announced.
    """

    def __init__(self, findings: Findings, now: Moment, addresses: Addresses) -> None:
        self._findings, self._now = findings, now
        self._token, self._manager = addresses.stablecoin.lower(), addresses.access_manager.lower()
        self._anchor, self._batch = addresses.anchor.lower(), addresses.batch.lower()
        self._system = {one.lower() for one in (addresses.escrow, addresses.checkout, addresses.voucher)}
        self._contracts = {self._token, self._manager, self._anchor, self._batch, *self._system}
        self._given: set[int] = set()
        self._deployed = False
        self._handlers: dict[str, tuple[tuple[str, ...], Callable[[Log], None]]] = {}
        sources = {
            "Stablecoin": (self._token,),
            "AccessManager": (self._manager,),
            "Anchor": (self._anchor, self._token),
        }
        for contract, speakers in sources.items():
            for topic, name in events(contract).items():
                handler = getattr(self, f"_on_{name}", None)
                if handler:
                    self._handlers[topic] = speakers, handler

    def read(self, log: Log) -> None:
        """Look at one log; `now` must stand at its block and transaction."""
        found = self._handlers.get(log["topics"][0]) if log["topics"] else None
        if found and log["address"].lower() in found[0]:
            found[1](log)

    def finish(self) -> None:
        """Report, at the head, an ADMIN that need not announce what it does."""
        self._findings.looked_at("powers", 1)
        if not self._deployed:
            self._findings.add("powers", f"ADMIN never got its delay of {ROLE_DELAY_S} s")

    def _wrong(self, message: str) -> None:
        self._findings.add("powers", message, self._now.block, self._now.transaction)

    def _warn(self, message: str) -> None:
        self._findings.looked_at("powers", 1)
        self._findings.warn("powers", message, self._now.block, self._now.transaction)

    # --- the token, and whom it and the anchor obey ---

    def _on_TierSet(self, log: Log) -> None:
        self._give(address_in(log["topics"][1]), int(log["data"], 16))

    def _give(self, account: str, tier: int) -> None:
        if tier == SYSTEM:
            self._findings.looked_at("powers", 1)
            if account not in self._system:
                told = "only the escrow, the checkout and the vouchers are"
                self._wrong(f"{account} was made a SYSTEM account, which has no limits; {told}")
        elif account == self._batch and tier != NOT_REGISTERED:
            self._wrong(f"the batch {account}, through which anyone speaks, was given tier {tier}")

    def _on_AccountReplaced(self, log: Log) -> None:
        account, successor = address_in(log["topics"][1]), address_in(log["topics"][2])
        if account in self._system or successor in self._contracts:
            self._wrong(f"{account} was replaced by {successor}: neither may be a contract of ours")

    def _on_Transfer(self, log: Log) -> None:
        if log["topics"][2].endswith(self._batch[2:]):
            self._wrong(f"the batch {self._batch}, through which anyone speaks, was paid {int(log['data'], 16)} fen")

    def _on_AuthorityUpdated(self, log: Log) -> None:
        self._findings.looked_at("powers", 1)
        if address_in(log["data"]) != self._manager:
            self._wrong(f"{log['address'].lower()} was told to obey {address_in(log['data'])}, not {self._manager}")

    # --- the access manager ---

    def _on_RoleGranted(self, log: Log) -> None:
        role, account, delay = int(log["topics"][1], 16), address_in(log["topics"][2]), words(log["data"])[0]
        self._findings.looked_at("powers", 1)
        told = f"{account} was given the role {_name(role)} with a delay of {delay} s"
        is_first = role not in self._given
        self._given.add(role)
        if account in self._contracts:
            self._wrong(f"{told}: it is a contract of ours")
        elif role == ADMIN_ROLE and is_first:
            return  # the access manager's constructor: its delay is the last act of the deployment
        elif delay < _DELAYS.get(role, 0):
            self._wrong(f"{told}, not {_DELAYS[role]}")
        elif role == ADMIN_ROLE and not self._deployed:
            self._deployed = True
        elif not is_first or self._deployed:
            self._warn(told)

    def _on_RoleRevoked(self, log: Log) -> None:
        self._warn(f"{address_in(log['topics'][2])} lost the role {_name(int(log['topics'][1], 16))}")

    def _on_OperationScheduled(self, log: Log) -> None:
        when, caller, target = words(log["data"])[:3]
        called = _selector_of(bytes.fromhex(log["data"][2:]))
        told = f"{caller:#042x} announced a call of {called} at {target:#042x}, from {when} (Unix seconds) on"
        self._warn(told)

    def _on_TargetFunctionRoleUpdated(self, log: Log) -> None:
        target, role, function = (
            address_in(log["topics"][1]),
            int(log["topics"][2], 16),
            bytes.fromhex(log["data"][2:10]),
        )
        self._findings.looked_at("powers", 1)
        owner = self._anchor if role == ROLES["anchorer"][0] else self._token
        if target != owner or _OPENS.get(function) != role:
            self._wrong(f"the function 0x{function.hex()} of {target} was opened to the role {_name(role)}")

    def _on_TargetClosed(self, log: Log) -> None:
        self._wrong(f"{address_in(log['topics'][1])} was closed to every role, or opened again")

    def _on_TargetAdminDelayUpdated(self, log: Log) -> None:
        self._wrong(f"the delay of acts about {address_in(log['topics'][1])} was changed")

    def _on_RoleAdminChanged(self, log: Log) -> None:
        self._changed(log, "admin")

    def _on_RoleGuardianChanged(self, log: Log) -> None:
        self._changed(log, "guardian")

    def _on_RoleGrantDelayChanged(self, log: Log) -> None:
        self._changed(log, "delay of its grants")

    def _changed(self, log: Log, what: str) -> None:
        self._wrong(f"the role {_name(int(log['topics'][1], 16))} was given another {what}")


def _name(role: int) -> str:
    return _NAMES.get(role, str(role))


def _selector_of(data: bytes) -> str:
    """Return the function that a scheduled operation calls: (schedule, caller, target, bytes data)."""
    start = int.from_bytes(data[96:128]) + 32
    return "0x" + data[start : start + 4].hex()
