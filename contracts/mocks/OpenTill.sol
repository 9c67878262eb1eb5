// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IStablecoin} from "../interfaces/IStablecoin.sol";

/// @title A till that pays whoever asks: what a careless SYSTEM contract could do
contract OpenTill {
    /// @notice Take `value` of `from`'s allowance.
    function take(IERC20 token, address from, uint256 value) external {
        token.transferFrom(from, address(this), value);
    }

    /// @notice Pay `value` to `to`.
    function pay(IERC20 token, address to, uint256 value) external {
        token.transfer(to, value);
    }

    /// @notice Give `value` back to `to`.
    function giveBack(IStablecoin token, address to, uint256 value) external {
        token.returnTo(to, value);
    }
}
