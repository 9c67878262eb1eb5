"""Who has paid a merchant before: money to one of them is a refund, to anybody else a payout."""


def has_paid(debit: str) -> str:
    """Return the SQL condition that whoever gets `debit`, an alias of `entries`, had paid its account before.

    As a customer, also where others helped to pay. Who has only helped others' orders is none.
    """
    return f"""
        (EXISTS (
            SELECT FROM entries paid WHERE paid.account = {debit}.account AND paid.counterparty = {debit}.counterparty
            AND paid.kind = 'transfer' AND paid.leg = 1
            AND (paid.block, paid.log_index) < ({debit}.block, {debit}.log_index)
            AND NOT EXISTS (
                SELECT FROM checkout_parts p JOIN checkout_payments c ON c.hash = p.hash
                WHERE p.block = paid.block AND p.log_index > paid.log_index AND p.funder = paid.counterparty
                AND p.value_fen = paid.delta_fen AND c.merchant = paid.account
            )
        ) OR EXISTS (
            SELECT FROM checkout_payments c WHERE c.merchant = {debit}.account AND c.payer = {debit}.counterparty
            AND (c.block, c.log_index) < ({debit}.block, {debit}.log_index)
        ))
    """  # noqa: S608 - our own names
