"""Where the running machine's parts are, printed once they all run."""

from rich.console import Console
from rich.table import Table

from pswallet.local.places import typed
from pswallet.local.stack import Stack


def show(stack: Stack, console: Console) -> None:
    """Print each part's address, and the command with which anybody audits it."""
    table = Table(title="Running (sandbox: play money, worth nothing)", title_justify="left")
    table.add_column("part")
    table.add_column("address")
    table.add_row("API", f"{stack.url}/docs")
    if stack.public_url != stack.url:
        table.add_row("name for people", stack.public_url)
    table.add_row("health, metrics", f"{stack.url}/readyz  {stack.url}/metrics")
    for name, port in stack.metrics_ports.items():
        table.add_row(f"metrics of the {name}", f"http://{stack.settings.metrics_host}:{port}/metrics")
    table.add_row("chain (JSON-RPC)", stack.rpc_url)
    table.add_row("database", stack.database_url)
    table.add_row("contracts", str(stack.deployment_file))
    table.add_row("logs", str(stack.folder / "logs"))
    console.print(table)
    own = typed(
        "audit", "--rpc", stack.rpc_url, "--deployment", stack.deployment_file, "--database", stack.database_url
    )
    console.print("audit it yourself:", own, soft_wrap=True, highlight=False, markup=False)
