"""What operators may do with personal data: in the trail, committed, before anything is shown or changed."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pswallet.accounts import service as accounts
from pswallet.chain.keys import Keys, open_vault
from pswallet.kit import clock, rotation, trail
from pswallet.kit.db import Sessions, engine_for, sessions_of, transaction
from pswallet.kit.trail import Act
from pswallet.kit.vault import Vault
from pswallet.local import lock
from pswallet.privacy import erasure
from pswallet.privacy.catalogue import identity_holdings
from pswallet.privacy.export import rows_of
from pswallet.privacy.retention import find_retained, open_record


def show(sessions: Sessions, vault: Vault, who: str, *, by: str, reason: str) -> dict[str, str]:
    """Return who a person is, once the trail says who asked and why.

    Raises AccountUnknown, Erased; ValueError without a name or a reason.
    """
    with transaction(sessions) as session:
        account = accounts.find_account(session, who)
        fields = sorted({name for held in identity_holdings() for name in held.sealed.values()})
        trail.append(session, Act(by, "show-person", reason, person=account.id, fields=fields), now=clock.now())
        held = [rows_of(session, vault, one, account.id, account.address) for one in identity_holdings()]
    return {name: str(value) for rows in held for row in rows for name, value in row.items() if value is not None}


def show_kept(sessions: Sessions, private: bytes, who: str, *, by: str, reason: str) -> dict[str, str]:
    """Return what the law keeps of somebody who was erased, once the trail says who asked and why.

    Raises AccountUnknown, LockboxBroken; ValueError without a name or a reason.
    """
    with transaction(sessions) as session:
        account = accounts.find_account(session, who)
        kept = find_retained(session, account.id)
        fields = kept.fields if kept else []
        trail.append(session, Act(by, "show-retained", reason, person=account.id, fields=fields), now=clock.now())
        found = open_record(private, kept) if kept else None
    return found or {}


def erase_again(sessions: Sessions, keys_file: Path, who: str, *, by: str, reason: str) -> str:
    """Erase whom a restored backup brought back; return the account's id. Raises what `erasure.erase_again` raises."""
    key = Keys.load(keys_file).retention_public
    with transaction(sessions) as session:
        vault = open_vault(keys_file)
        return erasure.erase_again(session, vault, key, who, by=by, reason=reason, now=clock.now()).account_id


def journal(database_url: str, *, by: str, act: str, reason: str, person: str | None) -> None:
    """Write a privileged act into the trail; `person`: the address that it is about."""
    engine = engine_for(database_url)
    try:
        with transaction(sessions_of(engine)) as session:
            about = accounts.standing(session, [person])[person].account_id or person if person else None
            trail.append(session, Act(by, act, reason, person=about), now=clock.now())
    finally:
        engine.dispose()


@contextmanager
def alone(files: Sequence[Path]) -> Iterator[None]:
    """Keep a second rotation of these key files out: one would write over the other's key. Raises FolderTaken."""
    held = lock.take(files[0])
    try:
        yield
    finally:
        held.release()


def prepare(files: Sequence[Path]) -> None:
    """Put one new master key before the old one into each key file; one that has it already stays as it is.

    Raises ValueError when the files do not belong together.
    """
    held = {file: Keys.load(file) for file in files}
    begun = next((keys for keys in held.values() if keys.old_vault_master is not None), None)
    new = begun.vault_master if begun else secrets.token_bytes(32)
    old = begun.old_vault_master if begun else held[files[0]].vault_master
    if any(keys.vault_master not in (new, old) for keys in held.values()):
        raise ValueError("the key files hold different master keys")
    for file, keys in held.items():
        if keys.vault_master == old:
            keys.with_new_master(new).save_over(file)


def rotate(sessions: Sessions, files: Sequence[Path], *, by: str, reason: str) -> int:
    """Let the new master key of prepared files take over, then take the old one out; return how many keys it wrapped.

    Raises what `rotation.rewrap_all` raises; the old master key is then still in its place.
    """
    vault = open_vault(files[0])
    with transaction(sessions) as session:
        trail.append(session, Act(by, "rotate-master-key", reason, fields=[vault.print]), now=clock.now())
    count = rotation.rewrap_all(sessions, vault, now=clock.now())
    with transaction(sessions) as session:
        trail.append(session, Act(by, "retire-old-master-key", reason, fields=[vault.print]), now=clock.now())
    for file in files:
        Keys.load(file).without_old_master().save_over(file)
    return count
