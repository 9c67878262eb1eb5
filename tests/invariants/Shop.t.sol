// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ShopHandler} from "./ShopHandler.sol";

/// @title The sentences in the checkout's and the vouchers' headers, after any sequence of acts
contract ShopInvariants {
    ShopHandler private handler;

    function setUp() external {
        handler = new ShopHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice What the handler's acts came to in this run: see `make fuzz`.
    function afterInvariant() external view {
        handler.tell("ShopHandler");
    }

    /// @notice One campaign for all sentences: a campaign each would do the same acts four times.
    function invariant_everySentenceHolds() external view {
        // Amounts, signatures, windows, caps of cashiers, and where voucher money went, in every act.
        require(bytes(handler.broken()).length == 0, handler.broken());
        require(handler.ordersAddUp(), "refunds are more than was paid, or not what was told");
        require(handler.budgetsAddUp(), "a budget does not have what it did not pay");
        require(handler.campaignsAddUp(), "issued is not spent - refunded + open + returned");
        _nothingLiesAbout();
    }

    function _nothingLiesAbout() private view {
        (uint256 here, uint256 due, uint256 balance) = handler.held();
        require(here == 0, "the checkout holds money");
        require(due == balance, "the vouchers' money is not what is unissued and open");
    }
}
