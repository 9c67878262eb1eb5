"""Decisions about codes: what a scanned text says, payment codes that are taken once, and what may be paid by codes."""

from pswallet.merchants.service.codes import (
    MAX_DEVICES,
    Device,
    OpenedDevice,
    Taken,
    close_device,
    devices_of,
    forget_taken,
    open_device,
    take_code,
)
from pswallet.merchants.service.scans import (
    LONGEST,
    ORDER_CODE_LIFETIME,
    REFUSALS,
    Scan,
    ScanKind,
    digits_of,
    order_code,
    problem_of,
    read_scan,
    sticker,
)
from pswallet.merchants.service.spendings import give_back, limits_of, set_limit, spend

__all__ = [
    "LONGEST",
    "MAX_DEVICES",
    "ORDER_CODE_LIFETIME",
    "REFUSALS",
    "Device",
    "OpenedDevice",
    "Scan",
    "ScanKind",
    "Taken",
    "close_device",
    "devices_of",
    "digits_of",
    "forget_taken",
    "give_back",
    "limits_of",
    "open_device",
    "order_code",
    "problem_of",
    "read_scan",
    "set_limit",
    "spend",
    "sticker",
    "take_code",
]
