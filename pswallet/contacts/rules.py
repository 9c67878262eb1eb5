"""Bounds of contact groups."""

MAX_GROUPS = 20
MAX_MEMBERS = 100
"""A red packet's most shares, and a split's most payers."""
MAX_NAME = 20
