// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMerchantCheckout} from "../interfaces/IMerchantCheckout.sol";
import {OrderWord} from "./OrderWord.sol";

/// @title To whom a refund goes back
library Apportioning {
    /// @dev Cut `value` fen: first what is undeserved, because what is kept no longer reaches its minimum spend, the part
    /// that was subtracted first being looked at first; then the payer's own; then the parts in order.
    /// What came back before and `value` together are at most the order's amount.
    /// @param kept [fen] of the order once `value` is back
    function cut(OrderWord word, uint256 own, IMerchantCheckout.Part[] calldata parts, uint256 kept, uint256 value)
        internal
        pure
        returns (uint256 toPayer, uint64[] memory toParts)
    {
        uint256 rest = value;
        toParts = new uint64[](parts.length);
        unchecked {
            uint256 spend = kept;
            for (uint256 i = parts.length; i-- > 0;) {
                uint256 left = parts[i].value - word.returned(i);
                if (spend < parts[i].minimumSpend) {
                    toParts[i] = uint64(left < rest ? left : rest);
                    rest -= toParts[i];
                } else {
                    // Never more than what is kept: the parts before it are counted in `kept` too.
                    spend -= left < spend ? left : spend;
                }
            }
            uint256 ownLeft = own - word.ownReturned();
            toPayer = ownLeft < rest ? ownLeft : rest;
            rest -= toPayer;
            for (uint256 i = 0; i < parts.length; ++i) {
                uint256 left = parts[i].value - word.returned(i) - toParts[i];
                uint256 taken = left < rest ? left : rest;
                toParts[i] += uint64(taken);
                rest -= taken;
            }
        }
        assert(rest == 0);
    }
}
