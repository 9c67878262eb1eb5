// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DoubleMean} from "../libraries/DoubleMean.sol";

/// @title The draw without its escrow: anybody may ask for any range, however huge
contract BareDraw {
    /// @notice See {DoubleMean-below}.
    function below(uint256 seed, uint256 n) external pure returns (uint256) {
        return DoubleMean.below(seed, n);
    }

    /// @notice See {DoubleMean-bounds}.
    function bounds(uint256 twiceMean, uint256 rest, uint256 left, uint256 maxShare)
        external
        pure
        returns (uint256 lo, uint256 hi)
    {
        return DoubleMean.bounds(twiceMean, rest, left, maxShare);
    }
}
