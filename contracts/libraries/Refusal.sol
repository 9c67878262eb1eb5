// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A reason to refuse, as the bytes that a revert would carry; empty means accepted
/// @dev One set of checks serves a single call, which reverts with the reason, and a batch, which names it and goes on.
library Refusal {
    /// @dev Revert with the reason, if there is one.
    function raise(bytes memory refusal) internal pure {
        if (refusal.length == 0) return;
        assembly ("memory-safe") {
            revert(add(refusal, 0x20), mload(refusal))
        }
    }
}
