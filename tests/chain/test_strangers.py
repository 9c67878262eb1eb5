"""Signed payments are anybody's to carry: a call ends by its own event, whoever brought it about, and by no other's."""

from pswallet.chain import calldata
from tests.parts import secret


def refusals(pipeline):
    return {key: refusal for key, (_, refusal) in pipeline.calls().items() if refusal}


def carry(pipeline, payment):
    """Carry a signed payment past our machinery, as anybody may."""
    data = calldata.transfer_with_authorization(payment.arguments)
    receipt = pipeline.chain.transact(secret("carrier"), pipeline.chain.deployment.stablecoin, data)
    assert int(receipt["status"], 16) == 1


def test_a_payment_that_somebody_else_carried_first_is_settled_by_its_event(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    pipeline.leave(payment)
    carry(pipeline, payment)
    pipeline.settle()
    assert pipeline.calls()[payment.key][1] is None
    assert pipeline.chain.balance(bob.address) == 100


def test_a_payment_carried_before_it_was_left_here_is_settled_by_its_old_event(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    carry(pipeline, payment)
    pipeline.settle()
    pipeline.leave(payment)
    pipeline.settle()
    block, refusal = pipeline.calls()[payment.key]
    assert block is not None
    assert refusal is None


def test_a_nonce_used_for_another_payment_pays_nothing(pipeline, ann, bob):
    """The payer gives the same nonce to two messages, and has the other one carried first."""
    nonce = secret("one nonce, two messages")
    promised = ann.payment(pipeline.chain.deployment, bob.address, 700, nonce=nonce)
    to_herself = ann.payment(pipeline.chain.deployment, ann.address, 1, nonce=nonce)
    data = calldata.transfer_with_authorization(to_herself.arguments)
    pipeline.chain.transact(secret("stranger"), pipeline.chain.deployment.stablecoin, data)
    pipeline.settle()
    pipeline.leave(promised)
    pipeline.settle()
    assert refusals(pipeline) == {promised.key: "AuthorizationAlreadyUsed"}
    assert pipeline.chain.balance(bob.address) == 0


def test_a_nonce_used_for_another_payment_meanwhile_pays_nothing(pipeline, ann, bob):
    nonce = secret("one nonce, two messages")
    promised = ann.payment(pipeline.chain.deployment, bob.address, 700, nonce=nonce)
    to_herself = ann.payment(pipeline.chain.deployment, ann.address, 1, nonce=nonce)
    pipeline.leave(promised)
    data = calldata.transfer_with_authorization(to_herself.arguments)
    pipeline.chain.transact(secret("stranger"), pipeline.chain.deployment.stablecoin, data)
    pipeline.settle()
    assert refusals(pipeline) == {promised.key: "AuthorizationAlreadyUsed"}
    assert pipeline.chain.balance(bob.address) == 0


def test_a_cancelled_payment_is_refused(pipeline, ann, bob):
    from pswallet.chain import signing
    from pswallet.chain.abi import call_data

    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    nonce = payment.arguments["nonce"]
    digest = signing.digest(
        signing.token_domain(pipeline.chain.deployment),
        signing.CANCEL_AUTHORIZATION,
        {"authorizer": ann.address, "nonce": nonce},
    )
    signature = signing.sign(digest, ann.key)
    data = call_data(
        "Stablecoin",
        "cancelAuthorization(address,bytes32,bytes)",
        [ann.address, bytes.fromhex(nonce[2:]), signature],
    )
    pipeline.chain.transact(secret("carrier"), pipeline.chain.deployment.stablecoin, data)
    pipeline.leave(payment)
    pipeline.settle()
    assert refusals(pipeline) == {payment.key: "AuthorizationAlreadyUsed"}


def test_a_failure_in_somebody_elses_batch_refuses_nothing(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    starved = calldata.BatchCall(
        pipeline.chain.deployment.stablecoin, 9_000, calldata.transfer_with_authorization(payment.arguments)
    )
    receipt = pipeline.chain.transact(secret("attacker"), pipeline.chain.deployment.batch, calldata.execute([starved]))
    assert len(receipt["logs"]) == 1
    pipeline.leave(payment)
    pipeline.settle()
    assert refusals(pipeline) == {}
    assert pipeline.chain.balance(bob.address) == 100
