"""Real parts for every test: an embedded PostgreSQL, an Anvil with our contracts, the relayer and the indexer."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from pswallet.api import logs
from pswallet.chain import deploy
from pswallet.chain.deploy import Deployment
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.kit.db import Base, Sessions, engine_for, sessions_of
from pswallet.local import anvil as local_anvil
from pswallet.local import lock, postgres
from pswallet.local.lock import FolderLock, FolderTaken
from pswallet.local.processes import Child
from tests.databases import Shelf, administrator, named
from tests.parts import Chain, Pipeline, synthetic_keys

BUILD = Path(__file__).parents[1] / "build"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the journeys first: the longest of all, they would keep one worker busy at the end and the other idle."""
    items.sort(key=lambda item: "tests/journeys" not in item.path.as_posix())


@pytest.fixture(scope="session", autouse=True)
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the log lines of the whole run go, from the first on: a logger keeps what it finds then."""
    path = tmp_path_factory.mktemp("logs") / "gateway.log"
    with path.open("wb", buffering=0) as file:
        logs.configure("info", file)
        yield path


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this pytest-xdist worker."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def postgres_url(worker: str) -> Iterator[str]:
    """An embedded PostgreSQL of this worker's own; without fsync, for a test's database dies with it."""
    folder, held = _own_folder(f"test-postgres-{worker}")
    server = postgres.start(folder, log=folder.with_suffix(".log"))
    with administrator(server.url()) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test%'").fetchall()
        for (name,) in left:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    yield server.url()
    server.stop()
    held.release()


def _own_folder(name: str) -> tuple[Path, FolderLock]:
    """A folder that no other test session of this checkout uses meanwhile."""
    for number in count():
        folder = (BUILD / (f"{name}-{number}" if number else name)).resolve()
        with suppress(FolderTaken):
            return folder, lock.take(folder)
    raise AssertionError("unreachable")


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a database with every table, to be cloned."""
    from pswallet import tables

    name = f"test_{os.getpid()}_template"
    with administrator(postgres_url) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    engine = engine_for(named(postgres_url, name))
    assert tables.metadata is Base.metadata
    Base.metadata.create_all(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def shelf(postgres_url: str, template: str) -> Iterator[Shelf]:
    """The session's databases: one that tests hand on, made anew after a test that changed its tables."""
    shelf = Shelf(postgres_url, template)
    yield shelf
    shelf.clear()


@pytest.fixture
def database_url(shelf: Shelf) -> str:
    """A database with every table and no rows but the first tiers."""
    return shelf.take()


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    """Sessions of a fresh database."""
    engine = engine_for(database_url)
    yield sessions_of(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Synthetic keys, the same in every run."""
    return synthetic_keys()


@pytest.fixture(scope="session")
def anvil_process(worker: str) -> Iterator[tuple[Child, str]]:
    """One Anvil for the whole session; `anvil` puts it back after each test."""
    child, url = local_anvil.start(port=0, log=BUILD / f"test-anvil-{worker}-{os.getpid()}.log")
    yield child, url
    child.stop()


@pytest.fixture(scope="session")
def deployed(anvil_process: tuple[Child, str], keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Our contracts, once, on the session's Anvil."""
    return deploy.deploy(anvil_process[1], keys, tmp_path_factory.mktemp("chain") / "deployment.json")


@pytest.fixture
def anvil(anvil_process: tuple[Child, str], deployed: Deployment) -> Iterator[str]:
    """URL of an Anvil on which only our contracts are."""
    url = anvil_process[1]
    with Rpc(url) as rpc:
        before = rpc.call("evm_snapshot")
        yield url
        _let_it_finish(rpc)
        assert rpc.call("evm_revert", [before])


def _let_it_finish(rpc: Rpc) -> None:
    """Wait until Anvil mines nothing any more: an `evm_revert` in the middle of a block loses blocks for ever after."""
    rpc.call("anvil_dropAllTransactions")
    rpc.call("evm_setAutomine", [True])
    alone = 0
    while alone < 3:  # a block that was begun before ours is in the chain before ours
        before = int(rpc.call("eth_blockNumber"), 16)
        rpc.call("evm_mine")
        after = int(rpc.call("eth_blockNumber"), 16)
        alone = alone + 1 if after == before + 1 and rpc.call("txpool_status")["pending"] == "0x0" else 0


@pytest.fixture
def deployment(anvil: str, deployed: Deployment) -> Deployment:
    """Where the contracts are on `anvil`."""
    return deployed


@pytest.fixture
def chain(anvil: str, deployment: Deployment, keys: Keys) -> Iterator[Chain]:
    """The chain with handles: rpc, deployment, keys, `mine`, `move_time`."""
    with Rpc(anvil) as rpc:
        yield Chain(rpc=rpc, deployment=deployment, keys=keys)


@pytest.fixture
def pipeline(chain: Chain, sessions: Sessions, database_url: str) -> Iterator[Pipeline]:
    """Relayer and indexer over `chain` and `sessions`; `.settle()` runs them until both are idle."""
    pipeline = Pipeline(chain=chain, sessions=sessions, database_url=database_url)
    yield pipeline
    pipeline.close()
