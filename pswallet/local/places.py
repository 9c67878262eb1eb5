"""Where a machine of this checkout is, and how its commands are typed, for people who were told neither."""

import shlex
import sys
from pathlib import Path

from pswallet.local import lock
from pswallet.settings import Settings

MACHINES = ("up", "demo")
"""The state folders that `make up` and `make demo` keep."""


class DeploymentUnknown(RuntimeError):
    """No deployment file, or several with nothing to choose by; the message says what to do."""


def deployment_file(settings: Settings) -> Path:
    """Return the file of the contracts' addresses: the one that was named, else that of the machine that is running.

    Without either the only one that there is. Raises DeploymentUnknown.
    """
    if "deployment_file" in settings.model_fields_set:
        return settings.deployment_file
    folders = [settings.state / name for name in MACHINES]
    running = [folder / "deployment.json" for folder in folders if lock.is_held(folder)]
    found = [place for place in running if place.exists()]
    if not found:
        usual = [settings.deployment_file, *(folder / "deployment.json" for folder in folders)]
        found = [place for place in usual if place.exists()]
    if len(found) == 1:
        return found[0]
    if found:
        raise DeploymentUnknown(f"which deployment? set PSWALLET_DEPLOYMENT_FILE to {' or '.join(map(str, found))}")
    raise DeploymentUnknown(
        f"no deployment file in {settings.state}: `make up` makes one, or set PSWALLET_DEPLOYMENT_FILE"
    )


def typed(*words: str | Path, **environment: str | Path) -> str:
    """Return the `pswallet` command of `words` as one can paste it into a shell here, with `environment` before it."""
    beside = Path(sys.executable).parent / "pswallet"
    start: list[str | Path] = [beside] if beside.exists() else [sys.executable, "-m", "pswallet.cli"]
    before = [f"{name}={shlex.quote(str(_here(value)))}" for name, value in environment.items()]
    return " ".join([*before, *(shlex.quote(str(_here(word))) for word in (*start, *words))])


def _here(word: str | Path) -> str | Path:
    """Shorten a path below the current folder."""
    if isinstance(word, Path) and word.is_absolute() and word.is_relative_to(Path.cwd()):
        return word.relative_to(Path.cwd())
    return word
