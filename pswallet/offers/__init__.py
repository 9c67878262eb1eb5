"""Offers (优惠): what takes a part of a basket's price on itself, and which of them are best together.

What: offers of merchants and sponsors as data, baskets that a merchant rings up, quotes that reserve budgets for five
minutes, the explained price, items' shares and what a refund gives back.
Invariant: own money and what each funder gives are the price; no budget goes below zero and no cap is passed; a best
price leaves the payer the least own money that the rules allow.
Contract: none of its own; sponsored parts are paid through MerchantCheckout, whose refunds `rules.refunds` equals.
Owner of status: `service`, for quotes are promises of the gateway; what was paid is the orders' to say.
"""
