// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A token transfer that may fail
library Payout {
    /// @dev The most of a failure's reason that is kept, so that it costs no more to log.
    uint256 private constant REASON_SIZE = 256;

    /// @dev Transfer `value` to `to`; false when the token reverts or does not answer true.
    function attempt(address token, address to, uint256 value) internal returns (bool paid) {
        bytes4 selector = IERC20.transfer.selector;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 0x04), to)
            mstore(add(input, 0x24), value)
            mstore(0x00, 0)
            let called := call(gas(), token, 0, input, 0x44, 0x00, 0x20)
            paid := and(called, eq(mload(0x00), 1))
        }
    }

    /// @dev The beginning of what the last call returned.
    function reason() internal pure returns (bytes memory beginning) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, REASON_SIZE) { size := REASON_SIZE }
            beginning := mload(0x40)
            mstore(beginning, size)
            returndatacopy(add(beginning, 0x20), 0, size)
            mstore(0x40, and(add(add(beginning, size), 0x3f), not(0x1f)))
        }
    }
}
