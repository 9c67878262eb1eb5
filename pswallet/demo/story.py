"""The order of the chapters, and the verdict at the end."""

from rich.console import Console

from pswallet import audit
from pswallet.chain.deploy import Deployment
from pswallet.demo import giving, guarding, living, opening, sponsoring, trading
from pswallet.demo.cast import Chapter, World

CHAPTERS: tuple[Chapter, ...] = (
    opening.register,
    opening.money_arrives,
    opening.pay_by_phone,
    opening.split_a_bill,
    giving.lucky_for_ten,
    giving.exclusive,
    giving.by_link,
    giving.by_phrase,
    living.among_friends,
    living.month_adds_up,
    guarding.limit_on_both_roads,
    guarding.frozen,
    sponsoring.campaign_opens,
    trading.merchants_day,
    living.looked_up,
    giving.expired_and_refunded,
    sponsoring.campaign_ends,
)
"""What happens, in order. What expires comes last, for it moves the chain's clock by a day."""


def play(world: World) -> None:
    """Play every chapter. Raises StoryBroke at the first thing that is not as it must be."""
    for chapter in CHAPTERS:
        chapter(world)


def verdict(world: World, console: Console) -> bool:
    """Let the auditor recompute everything from the chain, then hold the gateway's rows against it."""
    world.stage.chapter("The audit: the chain alone, then our rows against it")
    report = audit.run(world.rpc_url, Deployment.load(world.deployment_file), database_url=world.database_url)
    console.print(report.table())
    return report.ok
