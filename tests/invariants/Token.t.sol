// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stablecoin} from "../../contracts/Stablecoin.sol";
import {TokenHandler} from "./TokenHandler.sol";

/// @title The sentences in the token's header, after any sequence of acts
contract TokenInvariants {
    TokenHandler private handler;

    function setUp() external {
        handler = new TokenHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice What the handler's acts came to in this run: see `make fuzz`.
    function afterInvariant() external view {
        handler.tell("TokenHandler");
    }

    /// @notice One campaign for all sentences: a campaign each would do the same acts four times.
    function invariant_everySentenceHolds() external view {
        _noActBrokeASentence();
        _balancesSumToTheSupply();
        _onlyListedCodeIsSystem();
        _batchHoldsNothing();
    }

    /// @dev Limits, caps, freeze, pause, signatures, attestations and event order held in every act.
    function _noActBrokeASentence() private view {
        require(bytes(handler.broken()).length == 0, handler.broken());
    }

    function _balancesSumToTheSupply() private view {
        Stablecoin token = handler.theToken();
        address[] memory everyone = handler.all();
        uint256 sum = 0;
        for (uint256 i = 0; i < everyone.length; ++i) {
            sum += token.balanceOf(everyone[i]);
        }
        require(sum == token.totalSupply(), "the balances' sum is not the supply");
    }

    function _onlyListedCodeIsSystem() private view {
        address[] memory everyone = handler.all();
        for (uint256 i = 0; i < everyone.length; ++i) {
            bool listed = i == everyone.length - 2;
            require((handler.theToken().accountOf(everyone[i]).tier == 7) == listed, "somebody else is SYSTEM");
        }
    }

    function _batchHoldsNothing() private view {
        address[] memory everyone = handler.all();
        require(handler.theToken().balanceOf(everyone[everyone.length - 1]) == 0, "the batch holds money");
    }
}
