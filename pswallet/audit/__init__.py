"""The auditor: recomputes every fen from the public ledger and trusts nobody, the gateway least of all.

Promises: every balance, tier, counter, packet, draw, order, voucher and point is worked out a second time from logs and
state, by code that shares nothing with the services, projections, relayer or indexer; what does not agree is named with
its transaction and block. Contracts: Stablecoin, RedPacketEscrow, MerchantCheckout, CityVoucher, Anchor. It owns no
table and writes nothing.
"""

from pswallet.audit.report import Report
from pswallet.audit.run import CannotAudit, run

__all__ = ["CannotAudit", "Report", "run"]
