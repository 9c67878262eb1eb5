"""What merchants and their codes must look like. Pure. Each format has a module of its own."""

MERCHANT_TIER = 5
"""Chain tier of merchants."""
