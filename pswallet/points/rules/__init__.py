"""What points are worth and do: earning, the ledger, tiers, revenue, the Merkle-sum tree. Pure functions."""

from pswallet.points.rules.earning import (
    FEN_PER_POINT,
    PaidOrder,
    RefundedOrder,
    clawed_back,
    earned,
    end_of_points,
    next_end,
    reminder_due,
)
from pswallet.points.rules.ledger import (
    BOOKS,
    Book,
    Books,
    History,
    Hold,
    Kind,
    Lot,
    Movement,
    Purchase,
    Redemption,
    Refund,
    fold,
)
from pswallet.points.rules.proofs import FORMAT as PROOF_FORMAT
from pswallet.points.rules.proofs import Proof, ProofInvalid, check, read_proof, root_of
from pswallet.points.rules.revenue import Revenue, split_revenue
from pswallet.points.rules.statements import Line, Period, Statement, statement
from pswallet.points.rules.tiers import TIERS, Standing, Tier, standing

__all__ = [
    "BOOKS",
    "FEN_PER_POINT",
    "PROOF_FORMAT",
    "TIERS",
    "Book",
    "Books",
    "History",
    "Hold",
    "Kind",
    "Line",
    "Lot",
    "Movement",
    "PaidOrder",
    "Period",
    "Proof",
    "ProofInvalid",
    "Purchase",
    "Redemption",
    "Refund",
    "RefundedOrder",
    "Revenue",
    "Standing",
    "Statement",
    "Tier",
    "check",
    "clawed_back",
    "earned",
    "end_of_points",
    "fold",
    "next_end",
    "read_proof",
    "reminder_due",
    "root_of",
    "split_revenue",
    "standing",
    "statement",
]
