// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stablecoin} from "../Stablecoin.sol";

/// @title A next release of the token, told apart by one function
contract UpgradedStablecoin is Stablecoin {
    /// @notice Which release this is.
    function release() external pure returns (uint256) {
        return 2;
    }
}
