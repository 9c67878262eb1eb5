"""What came of a replay, read from the rows and from the contracts, beside what is published."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from pswallet.chain.abi import artifact
from pswallet.kit.money import format_yuan
from pswallet.replay.facts import NAME, SURE, Totals
from pswallet.replay.world import World

_MONEY = ("budget_fen", "spent_fen", "returned_fen")
_BAR = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was counted: each total by its name, and what the contracts still hold [fen].

    `district_fen`: what its account has again, by the token itself. `days`: day, payments, red packet money, own money;
    `shops`: what each took in all, the most first.
    """

    counted: dict[str, int]
    left_behind: dict[str, int]
    district_fen: int
    days: list[tuple[str, int, int, int]]
    shops: list[int]

    def differences(self, totals: Totals) -> list[str]:
        """Return what is not exactly as the totals say; money left in a contract too."""
        wrong = [
            f"{name}: {self.counted[name]:,} instead of {getattr(totals, name):,}"
            for name in SURE
            if self.counted[name] != getattr(totals, name)
        ]
        wrong += [f"{name} still holds {fen} fen" for name, fen in self.left_behind.items() if fen]
        if self.district_fen != totals.returned_fen:
            wrong.append(f"the district holds {self.district_fen:,} fen instead of {totals.returned_fen:,}")
        return wrong

    @property
    def leverage(self) -> float:
        """All that was paid for each yuan of red packet money."""
        spent = self.counted["spent_fen"]
        return (spent + sum(own for *_, own in self.days)) / spent


_COUNTED = text(
    """
    SELECT
        (SELECT sum(count) FROM listed_winners WHERE campaign = :campaign) AS people,
        (SELECT budget_fen FROM campaign_openings WHERE campaign = :campaign) AS budget_fen,
        (SELECT count(*) FROM listed_shops WHERE root = :shops) AS shops,
        count(*) FILTER (WHERE kind = 'issued') AS claimed,
        count(*) FILTER (WHERE kind = 'spent') AS payments,
        coalesce(sum(value_fen) FILTER (WHERE kind = 'spent'), 0) AS spent_fen,
        (SELECT unissued_fen + open_fen FROM campaign_closings WHERE campaign = :campaign) AS returned_fen
    FROM voucher_entries WHERE campaign = :campaign
    """
)
_DAYS = text(
    """
    SELECT to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day, count(*), sum(amount_fen - own_fen)::bigint,
        sum(own_fen)::bigint
    FROM checkout_payments GROUP BY day ORDER BY day
    """
)
_SHOPS = text("SELECT sum(amount_fen)::bigint AS fen FROM checkout_payments GROUP BY merchant ORDER BY fen DESC")


def read(world: World) -> Outcome:
    """Count what the rows say, and ask the contracts what they hold."""
    machine = world.machine
    with machine.engine.connect() as connection:
        row = (
            connection.execute(_COUNTED, {"campaign": world.campaign, "shops": world.terms.merchants}).mappings().one()
        )
        days = [(day, int(count), int(spent), int(own)) for day, count, spent, own in connection.execute(_DAYS)]
        shops = [int(fen) for fen in connection.execute(_SHOPS).scalars()]
    held = {name: _balance(world, getattr(machine.deployment, name)) for name in ("checkout", "voucher")}
    counted = {name: int(row[name] or 0) for name in SURE}
    return Outcome(counted, held, _balance(world, world.terms.sponsor), days, shops)


def _balance(world: World, address: str) -> int:
    data = "0x" + artifact("Stablecoin").call("balanceOf", address).hex()
    asked = {"to": world.machine.deployment.stablecoin, "data": data}
    return int(world.machine.rpc.call("eth_call", [asked, "latest"]), 16)


# --- tables ---


def announce(totals: Totals, *, scale: float, seed: int, console: Console) -> None:
    """Say what is played, how sure each total is, and that all between them is drawn."""
    table = Table(title=f"{NAME}: what is published" + ("" if scale == 1 else f", played at {scale:g} of its size"))
    for column in ("total", "published ¥ or count", "played", "how sure"):
        table.add_column(column, justify="left" if column in ("total", "how sure") else "right")
    for name, (words, source) in SURE.items():
        table.add_row(words, shown(name, getattr(Totals(), name)), shown(name, getattr(totals, name)), source.value)
    console.print(table)
    console.print(
        f"Who paid what, where, when, and with how much own money is [bold]drawn[/bold] from the seed {seed}: "
        "nothing of it is published. All people, keys and shops are invented."
    )


def show(outcome: Outcome, totals: Totals, console: Console) -> None:
    """Show what was counted beside the totals, spending by day and by shop, and the drawn leverage."""
    table = Table(title="Totals", title_justify="left")
    for column in ("total", "to be", "counted", ""):
        table.add_column(column, justify="left" if column in ("total", "") else "right")
    for name, (words, _) in SURE.items():
        due, found = getattr(totals, name), outcome.counted[name]
        table.add_row(
            words, shown(name, due), shown(name, found), "[green]✓[/green]" if due == found else "[red]✗[/red]"
        )
    console.print(table)
    _show_days(outcome.days, console)
    _show_shops(outcome.shops, console)
    console.print(f"Leverage (drawn): {outcome.leverage:.3f} yuan paid for each yuan of red packet money.")


def _show_days(days: Sequence[tuple[str, int, int, int]], console: Console) -> None:
    table = Table(title="By day of block time (drawn)", title_justify="left")
    for column in ("day", "payments", "red packets ¥", "own ¥", ""):
        table.add_column(column, justify="left" if column in ("day", "") else "right")
    most = max((spent + own for _, _, spent, own in days), default=1)
    for day, count, spent, own in days:
        bar = "█" * round(_BAR * spent / most) + "░" * round(_BAR * own / most)
        table.add_row(day, f"{count:,}", format_yuan(spent), format_yuan(own), bar)
    console.print(table)


def _show_shops(shops: Sequence[int], console: Console) -> None:
    table = Table(title="By shop (drawn)", title_justify="left")
    table.add_column("share of the shops")
    table.add_column("takes of all that was paid", justify="right")
    whole = sum(shops) or 1
    for share in (0.01, 0.1, 0.5):
        top = max(1, round(len(shops) * share))
        table.add_row(f"{share:.0%} that take most ({top:,})", f"{sum(shops[:top]) / whole:.1%}")
    console.print(table)


def shown(name: str, value: int) -> str:
    """Write a total: money in yuan, else a count."""
    return format_yuan(value) if name in _MONEY else f"{value:,}"
