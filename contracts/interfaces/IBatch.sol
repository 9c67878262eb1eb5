// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Carries permissionless, signed calls in one transaction; one that fails costs only itself
/// @notice Open to anyone. It holds no role, tier, allowance or balance, so what it carries gains nothing from its name.
/// @dev Anyone may replay pending calldata here and make it emit failures: a failure counts only in one's own transaction.
interface IBatch {
    /// @param target the contract to call
    /// @param gasCap the most gas the call may use
    /// @param data the calldata
    struct Call {
        address target;
        uint96 gasCap;
        bytes data;
    }

    /// @notice Call `index` of this batch failed; `reason` holds at most the first 256 bytes of its revert data.
    event CallFailed(uint256 indexed index, bytes reason);

    /// @notice Call `index` would not get its `gasCap`: send the batch with more gas.
    error InsufficientGas(uint256 index, uint256 gasCap);

    /// @notice Make each call in order with at most its gas cap; a failed one is named in an event.
    function execute(Call[] calldata calls) external;
}
