"""The lottery of a campaign as files and commands: `pswallet voucher`. The draw itself is vouchers.rules.lottery.

Whoever verifies needs the published files and a node of its own, and nothing of the gateway.
"""
