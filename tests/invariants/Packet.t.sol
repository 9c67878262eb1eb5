// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PacketHandler} from "./PacketHandler.sol";

/// @title The sentences in the escrow's header, after any sequence of acts
contract PacketInvariants {
    PacketHandler private handler;

    function setUp() external {
        handler = new PacketHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice What the handler's acts came to in this run: see `make fuzz`.
    function afterInvariant() external view {
        handler.tell("PacketHandler");
    }

    /// @notice One campaign for all sentences: a campaign each would do the same acts three times.
    function invariant_everySentenceHolds() external view {
        _noActBrokeASentence();
        _everyPacketAddsUp();
        _escrowHoldsWhatIsLeftAndOwed();
    }

    /// @dev One share an account, links and positions in order, bounds, expiry, freeze, pause, refunds, in every act.
    function _noActBrokeASentence() private view {
        require(bytes(handler.broken()).length == 0, handler.broken());
    }

    function _everyPacketAddsUp() private view {
        for (uint256 i = 0; i < handler.packets(); ++i) {
            require(handler.addsUp(i), "claimed + owed + remaining + refunded is not the total");
        }
    }

    function _escrowHoldsWhatIsLeftAndOwed() private view {
        (uint256 due, uint256 balance) = handler.held();
        require(due == balance, "the escrow does not hold what is left and owed");
    }
}
