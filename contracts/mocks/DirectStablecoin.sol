// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stablecoin} from "../Stablecoin.sol";

/// @title The token without its proxy, for the gas table's rows "direct" and for quick tests
contract DirectStablecoin is Stablecoin {
    constructor(address initialAuthority, TierLimits[] memory limits) {
        _initialize(initialAuthority, limits);
    }
}
