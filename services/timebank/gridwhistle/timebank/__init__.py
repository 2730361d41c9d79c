"""The time bank 时间银行: minutes that volunteers earn and pass on, in a ledger that always sums to zero."""
