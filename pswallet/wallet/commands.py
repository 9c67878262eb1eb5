"""`pswallet wallet`: every command of a person's wallet, in the order in which one needs them."""

from pathlib import Path
from typing import Annotated

import typer

from pswallet.settings import Settings
from pswallet.wallet import giving, oneself, paying
from pswallet.wallet.spoken import Spoken, SpokenGroup, screen_of

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True, add_completion=False)


@app.callback()
def wallet(
    context: typer.Context,
    lang: Annotated[
        # Eager as --help is, which else is written before the language is known.
        str, typer.Option("--lang", is_eager=True, help="zh, zh-HK or en; as the terminal speaks if not said")
    ] = "",
    gateway: Annotated[str, typer.Option("--gateway", help="where the gateway is")] = "",
    folder: Annotated[Path | None, typer.Option("--folder", help="where the key is kept")] = None,
) -> None:
    """A person's wallet in the terminal."""
    from pswallet.wallet.desk import Desk

    said = {"gateway_url": gateway, "wallet": folder}
    settings = Settings.model_validate({name: value for name, value in said.items() if value})
    context.obj = desk = Desk.of(settings, screen_of(context))
    context.call_on_close(desk.close)


for command in (
    oneself.new,
    oneself.register,
    oneself.real_name,
    oneself.top_up,
    oneself.balance,
    oneself.activity,
    paying.send,
    paying.split,
    paying.pay,
    giving.packet,
    giving.claim,
):
    app.command(command.__name__.replace("_", "-"), cls=Spoken)(command)
