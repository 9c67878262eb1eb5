"""Write web/client/schema.ts from the gateway's OpenAPI document, as the sandbox serves it."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from pswallet.api.app import create_app
from pswallet.chain.rpc import Rpc
from pswallet.kit.db import sessions_of
from pswallet.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "web/client/schema.ts"
OPTIONS = ("--alphabetize", "--default-non-nullable=false", "--root-types", "--root-types-no-schema-prefix")


def document() -> dict[str, Any]:
    """Return the document of a gateway that answers nobody: it needs neither database nor chain to describe itself."""
    nobody: Any = None
    app = create_app(
        Settings(mode="sandbox"),
        sessions_of(create_engine("postgresql+psycopg://")),
        deployment=nobody,
        vault=nobody,
        dealer=nobody,
        rpc=Rpc("http://nobody.invalid"),
        sms=nobody,
        identity=nobody,
        register=nobody,
    )
    return app.openapi()


def rendered(described: dict[str, Any]) -> str:
    """Return the TypeScript that openapi-typescript makes of a document.

    The Idempotency-Key becomes optional: `client.ts` gives one to each POST that has none.
    """
    described = copy.deepcopy(described)
    for item in described["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                parameter["required"] &= parameter["name"] != "Idempotency-Key"
    command = [ROOT / "node_modules/.bin/openapi-typescript", *OPTIONS]
    done = subprocess.run(command, input=json.dumps(described), capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    SCHEMA.write_text(rendered(document()))
