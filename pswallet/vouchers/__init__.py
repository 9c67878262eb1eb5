"""Campaign money (消费券): vouchers that are money in the shops of a list and nowhere else.

What: campaigns as their sponsors signed them, their shops, lists of winners and the lottery behind them, vouchers
claimed, spent, restored and returned, and which of them can be spent on an order.
Invariant: issued = spent - restored + open + what the closing returned; nothing beyond the budget, nobody above the
campaign's number a person.
Contract: CityVoucher. Owner of status: the projection; intake rows only say what people asked for.
"""
