// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMerchantCheckout} from "../interfaces/IMerchantCheckout.sol";

/// @title What the payer of a funded order signs for: its EIP-712 hash, its rules and its event
library OrderTerms {
    uint256 private constant MAX_PARTS = 3;

    bytes32 private constant TYPEHASH = keccak256(
        "FundedOrder(address payer,address merchant,bytes32 till,bytes32 reference,uint64 own,uint64 amount,uint64 expiry,bytes32 parts)"
    );

    /// @dev The EIP-712 struct hash. Calldata holds the encoding already: a word with dirty bits would give the id of an
    /// order that cannot be paid, because `pay` reads each field and reading refuses dirty bits.
    function structHash(IMerchantCheckout.Order calldata order, IMerchantCheckout.Part[] calldata parts)
        internal
        pure
        returns (bytes32 hash)
    {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            let size := shl(7, parts.length)
            calldatacopy(words, parts.offset, size)
            let ofParts := keccak256(words, size)
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), order, 0xe0)
            mstore(add(words, 0x100), ofParts)
            hash := keccak256(words, 0x120)
        }
    }

    /// @dev Emit OrderPaid with the words that were hashed, rather than read and check each again.
    function emitPaid(IMerchantCheckout.Order calldata order, IMerchantCheckout.Part[] calldata parts, bytes32 id)
        internal
    {
        bytes32 topic = IMerchantCheckout.OrderPaid.selector;
        (address payer, address merchant) = (order.payer, order.merchant);
        assembly ("memory-safe") {
            let words := mload(0x40)
            let size := shl(7, parts.length)
            calldatacopy(words, order, 0xe0)
            mstore(add(words, 0xe0), 0x100)
            mstore(add(words, 0x100), parts.length)
            calldatacopy(add(words, 0x120), parts.offset, size)
            log4(words, add(size, 0x120), topic, id, payer, merchant)
        }
    }

    /// @dev Parts and own money are the amount; no budget stands twice; nobody pays to itself, and nobody to the checkout.
    function check(IMerchantCheckout.Order calldata order, IMerchantCheckout.Part[] calldata parts) internal view {
        (address payer, address merchant) = (order.payer, order.merchant);
        uint256 count = parts.length;
        if (count == 0 || count > MAX_PARTS) revert IMerchantCheckout.OrderInvalid();
        if (merchant == payer || merchant == address(this)) revert IMerchantCheckout.OrderInvalid();
        uint256 sum = order.own;
        for (uint256 i = 0; i < count; ++i) {
            (address funder, uint256 value) = (parts[i].funder, parts[i].value);
            if (value == 0 || value > type(uint48).max) revert IMerchantCheckout.OrderInvalid();
            if (funder == payer || funder == merchant) revert IMerchantCheckout.OrderInvalid();
            for (uint256 j = 0; j < i; ++j) {
                if (parts[j].budget == parts[i].budget) revert IMerchantCheckout.OrderInvalid();
            }
            sum += value;
        }
        if (sum != order.amount) revert IMerchantCheckout.OrderInvalid();
    }
}
