// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBatch} from "./interfaces/IBatch.sol";

/// @title Carries signed calls: see {IBatch}
/// @dev Invariant: it holds no token, no ether, no allowance and no role; it has no storage.
contract Batch is IBatch {
    /// @dev Between the gas check and the call: touching a cold account and the few steps around it.
    uint256 private constant CALL_OVERHEAD = 3000;

    /// @dev The most of a revert's data that is copied, so that a target cannot make the batch pay for more.
    uint256 private constant REASON_SIZE = 256;

    /// @inheritdoc IBatch
    function execute(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            Call calldata one = calls[i];
            (bool success, bytes memory reason) = _attempt(i, one.target, one.gasCap, one.data);
            if (!success) emit CallFailed(i, reason);
        }
    }

    /// @dev Copies `data` above the free memory without taking it: a batch's memory stays that of its largest call.
    /// A call gets at most 63/64 of what is left (EIP-150): with less than its cap it could be starved on purpose.
    function _attempt(uint256 index, address target, uint256 gasCap, bytes calldata data)
        private
        returns (bool success, bytes memory reason)
    {
        bool enough;
        assembly ("memory-safe") {
            let input := mload(0x40)
            calldatacopy(input, data.offset, data.length)
            enough := iszero(lt(div(mul(gas(), 63), 64), add(gasCap, CALL_OVERHEAD)))
            if enough { success := call(gasCap, target, 0, input, data.length, 0, 0) }
        }
        if (!enough) revert InsufficientGas(index, gasCap);
        if (!success) reason = _reason();
    }

    /// @dev The beginning of what the last call returned.
    function _reason() private pure returns (bytes memory reason) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, REASON_SIZE) { size := REASON_SIZE }
            reason := mload(0x40)
            mstore(reason, size)
            returndatacopy(add(reason, 0x20), 0, size)
            mstore(0x40, and(add(add(reason, size), 0x3f), not(0x1f)))
        }
    }
}
