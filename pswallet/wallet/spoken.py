"""Commands that speak the person's language: their help is translated, and what goes wrong is told with what to do."""

from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from pswallet.wallet.screen import Screen, Stopped, text

if TYPE_CHECKING:
    from pswallet.wallet.desk import Desk

_CHANGED = text(
    "{gateway} asks for signatures on other contracts than before: nothing was signed. "
    "If you know why (a new sandbox), remove {file}"
)
_ELSEWHERE = text(
    "{gateway} asks for a sign-in at {domain}: nothing was signed. Use the gateway's own name (--gateway)."
)
_AWAY = text(
    "{gateway} does not answer. Is it the gateway (--gateway)? "
    "What was sent may have arrived: look at the activity before you repeat it."
)
_CLOSED = text("The key in {file} was not opened: {reason}.")
_REASONS = (
    text("there is no such file"),
    text("it is no keystore file"),
    text("others can read it; chmod 600 it"),
    text("another password, or a damaged file"),
)
"""Why `Key.load` opens nothing."""


def screen_of(context: Any) -> Screen:
    """Return the screen of a command: by `--lang` of the group above it, else as the terminal speaks."""
    from pswallet.kit.languages import language_named, language_of_terminal

    while context is not None:
        if context.params.get("lang"):
            return Screen(language_named(context.params["lang"]))
        context = context.parent
    return Screen(language_of_terminal())


def desk_of(context: typer.Context) -> "Desk":
    """Return the desk that the group has made for its commands."""
    return cast("Desk", context.obj)


def _translate(command: Any, screen: Screen) -> None:
    for told in (command, *getattr(command, "commands", {}).values()):
        told.help = told.help and screen.translated(told.help)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = screen.translated(parameter.help)


class SpokenGroup(TyperGroup):
    """A group whose help is in the person's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        _translate(self, screen_of(ctx))
        super().format_help(ctx, formatter)


class Spoken(TyperCommand):
    """A command whose help is in the person's language; it ends with 1 and a reason where it cannot go on."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        _translate(self, screen_of(ctx))
        super().format_help(ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        # Here, as in cli: `pswallet --help` need not load the client.
        import httpx

        from pswallet.client import ContractsChanged, DomainUnknown, KeystoreUnreadable, Refused
        from pswallet.wallet.advice import advised

        screen, desk = screen_of(ctx), ctx.obj
        try:
            return super().invoke(ctx)
        except Stopped as stopped:
            screen.complain(screen.translated(stopped.text, **stopped.values))
        except Refused as refused:
            screen.complain(advised(screen, refused, desk.gateway))
        except KeystoreUnreadable as unreadable:
            reason = screen.translated(unreadable.reason)
            screen.complain(screen.translated(_CLOSED, file=unreadable.path, reason=reason))
        except ContractsChanged:
            screen.complain(screen.translated(_CHANGED, gateway=desk.gateway, file=desk.purse.session_file))
        except DomainUnknown as unknown:
            screen.complain(screen.translated(_ELSEWHERE, gateway=desk.gateway, domain=unknown.domain))
        except httpx.TransportError:
            screen.complain(screen.translated(_AWAY, gateway=desk.gateway))
        ctx.exit(1)
