"""Red packets (红包): a sum that friends draw shares of.

What: draw commitments, packets for a guest list, a link or a spoken phrase (口令), claims with signed position tickets,
手气最佳, refunds, and what a client needs to recompute a draw.
Invariant: claimed + owed + remaining + refunded == total; a published (position, claimant) pair is final.
Contract: RedPacketEscrow. Owner of status: the projection; intake rows only say what people asked for.
"""
