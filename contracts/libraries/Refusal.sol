// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A reason to refuse, as the bytes that a revert would carry; empty means accepted
/// @dev One set of checks serves a single call, which reverts with the reason, and a batch, which names it and goes on.
library Refusal {
    bytes internal constant NONE = "";

    /// @dev Revert with the reason, if there is one.
    function raise(bytes memory refusal) internal pure {
        if (refusal.length == 0) return;
        assembly ("memory-safe") {
            revert(add(refusal, 0x20), mload(refusal))
        }
    }

    /// @dev The selector of the error that it carries.
    function selector(bytes memory refusal) internal pure returns (bytes4) {
        return bytes4(refusal);
    }

    /// @dev Cut it to `length` bytes in place.
    function truncate(bytes memory refusal, uint256 length) internal pure {
        if (refusal.length <= length) return;
        assembly ("memory-safe") {
            mstore(refusal, length)
        }
    }
}
