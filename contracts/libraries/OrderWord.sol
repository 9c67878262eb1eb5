// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A paid order's one slot: own returned 64 | three parts' returned 48 each | refunds 32 | paid 16. Zero: not paid.
type OrderWord is uint256;

using OrderWords for OrderWord global;

/// @title Named access to an order's slot
library OrderWords {
    OrderWord internal constant PAID = OrderWord.wrap(1);

    uint256 private constant OWN = 192;
    uint256 private constant PARTS = 48; // bits of one; the first lies above the others
    uint256 private constant NUMBER = 16;

    function isPaid(OrderWord word) internal pure returns (bool) {
        return OrderWord.unwrap(word) != 0;
    }

    /// @dev [fen] of the payer's own money that came back.
    function ownReturned(OrderWord word) internal pure returns (uint256) {
        return OrderWord.unwrap(word) >> OWN;
    }

    /// @dev [fen] of part 0 to 2 that came back.
    function returned(OrderWord word, uint256 part) internal pure returns (uint256) {
        return uint48(OrderWord.unwrap(word) >> _place(part));
    }

    /// @dev How many refunds there were.
    function number(OrderWord word) internal pure returns (uint256) {
        return uint32(OrderWord.unwrap(word) >> NUMBER);
    }

    /// @dev `value` more came back of the payer's own. The sum must be below 2^64.
    function withOwn(OrderWord word, uint256 value) internal pure returns (OrderWord) {
        unchecked {
            return OrderWord.wrap(OrderWord.unwrap(word) + (value << OWN));
        }
    }

    /// @dev `value` more came back of a part. The sum must be below 2^48.
    function withPart(OrderWord word, uint256 part, uint256 value) internal pure returns (OrderWord) {
        unchecked {
            return OrderWord.wrap(OrderWord.unwrap(word) + (value << _place(part)));
        }
    }

    /// @dev One refund more. Reverts after 2^32 - 1 of them.
    function counted(OrderWord word) internal pure returns (OrderWord) {
        assert(number(word) != type(uint32).max);
        return OrderWord.wrap(OrderWord.unwrap(word) + (1 << NUMBER));
    }

    function _place(uint256 part) private pure returns (uint256) {
        unchecked {
            return NUMBER + 32 + PARTS * (2 - part);
        }
    }
}
