"""What the relayer and the indexer measure while a payment goes down and its event comes up."""

import httpx
from sqlalchemy import text

from pswallet.chain.relayer import tuned
from pswallet.kit import figures
from pswallet.kit.db import transaction
from pswallet.local.ports import free_port
from tests.parts import Chain, Person, Pipeline


def value(registry, name: str, **labels: str) -> float:
    return registry.get_sample_value(name, labels) or 0.0


def test_a_payments_way_is_measured_stage_by_stage(pipeline: Pipeline, chain: Chain, ann: Person, bob: Person) -> None:
    pipeline.settle()
    down, up = pipeline.relayer.figures.registry, pipeline.indexer.figures.registry
    pipeline.leave(ann.payment(chain.deployment, bob.address, 100), ann.payment(chain.deployment, bob.address, 200))
    pipeline.settle()
    assert value(down, "pswallet_relayer_batch_calls_sum", role="relayer") == 2
    assert value(down, "pswallet_relayer_batch_calls_count", role="relayer") == 1
    assert value(down, "pswallet_relayer_accepted_to_sent_seconds_count") == 2
    assert 0 < value(down, "pswallet_relayer_accepted_to_sent_seconds_sum") < 60
    assert value(down, "pswallet_relayer_gas_limit_total", role="relayer") > 100_000
    assert value(down, "pswallet_relayer_gas_price_wei") > 0
    assert value(up, "pswallet_sent_to_mined_seconds_count") == 1
    assert value(up, "pswallet_accepted_to_settled_seconds_count") == 2
    assert 0 < value(up, "pswallet_accepted_to_settled_seconds_sum") < 120
    assert value(up, "pswallet_indexer_events_total", event="AuthorizationUsed") == 2
    assert value(up, "pswallet_indexer_block") == value(up, "pswallet_indexer_head_block") == chain.head()
    assert value(up, "pswallet_chain_gas_used_total") > 100_000
    assert value(up, "pswallet_indexer_confirmations") == 1


def test_a_refusal_is_counted_by_name(pipeline: Pipeline, chain: Chain, ann: Person) -> None:
    poor = Person("poor")
    chain.register(poor)
    pipeline.leave(poor.payment(chain.deployment, ann.address, 100))
    pipeline.settle()
    refused = value(
        pipeline.indexer.figures.registry,
        "pswallet_call_refusals_total",
        kind="authorization",
        error=next(error for _, error in pipeline.calls().values() if error),
    )
    assert refused == 1


def test_a_reorganisation_is_counted_with_its_depth(pipeline: Pipeline, chain: Chain) -> None:
    pipeline.settle()
    chain.mine(5)
    pipeline.settle()
    with transaction(pipeline.sessions) as session:  # as if these three had been others when they were read
        session.execute(text("UPDATE chain_blocks SET hash = 'gone' WHERE number > :fork"), {"fork": chain.head() - 3})
    chain.mine()
    pipeline.settle()
    assert value(pipeline.indexer.figures.registry, "pswallet_reorg_depth_blocks_count") == 1
    assert value(pipeline.indexer.figures.registry, "pswallet_reorg_depth_blocks_sum") == 3


def test_a_process_serves_its_figures_where_it_is_told_and_lives_without_when_the_port_is_taken() -> None:
    found = figures.registry()
    port = free_port(0)
    figures.serve(found, host="127.0.0.1", port=port)
    assert "process_resident_memory_bytes" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    figures.serve(found, host="127.0.0.1", port=port)


def test_what_goes_out_again_is_counted(pipeline: Pipeline, chain: Chain, ann: Person, bob: Person) -> None:
    pipeline.settle()
    chain.rpc.call("evm_setAutomine", [False])
    relayer = pipeline.new_relayer(tuning=tuned(resend_after_s=0.0, tend_every_s=0.0))
    pipeline.leave(ann.payment(chain.deployment, bob.address, 100))
    relayer.step()
    relayer.step()
    assert value(relayer.figures.registry, "pswallet_relayer_troubles_total", what="resent") >= 1
    in_flight = "pswallet_relayer_in_flight_transactions"
    assert (
        sum(
            sample.value
            for family in relayer.figures.registry.collect()
            for sample in family.samples
            if sample.name == in_flight
        )
        == 1
    )
