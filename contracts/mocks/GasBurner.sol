// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A target that burns gas, fills the return data, or counts how much gas it was given
contract GasBurner {
    /// @notice The gas that the last call of `measure` began with.
    uint256 public given;

    error TooLong(bytes filler);

    /// @notice Use up all gas.
    function burn() external pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    /// @notice Revert with `size` bytes of filler.
    function bloat(uint256 size) external pure {
        revert TooLong(new bytes(size));
    }

    /// @notice Remember the gas left at the start.
    function measure() external {
        given = gasleft();
    }
}
