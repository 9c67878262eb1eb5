// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A red packet's one slot: remaining 64 | sharesLeft 16 | link 160 | flags 16. Zero: unknown or ended.
type PacketWord is uint256;

using PacketWords for PacketWord global;

/// @title Named access to a packet's slot
library PacketWords {
    PacketWord internal constant ENDED = PacketWord.wrap(0);

    uint256 private constant REMAINING = 192;
    uint256 private constant SHARES = 176;
    uint256 private constant LINK = 16;
    uint256 private constant LINK_MASK = ((1 << 160) - 1) << LINK;
    /// @dev Some share could not be paid: the slot outlives the last draw until all such shares are settled.
    uint256 private constant HAS_OWED = 1;

    /// @dev A packet before its first draw.
    /// @param total [fen]
    function open(uint64 total, uint16 shares, bytes20 commitment) internal pure returns (PacketWord) {
        return PacketWord.wrap(
            (uint256(total) << REMAINING) | (uint256(shares) << SHARES) | (uint256(uint160(commitment)) << LINK)
        );
    }

    /// @dev What is left once `value` fen are drawn by `link_`. There must be a share left, and `value` fen.
    function drawn(PacketWord word, uint256 value, bytes20 link_) internal pure returns (PacketWord) {
        unchecked {
            uint256 less = PacketWord.unwrap(word) - ((value << REMAINING) | (1 << SHARES));
            return PacketWord.wrap((less & ~LINK_MASK) | (uint256(uint160(link_)) << LINK));
        }
    }

    function withOwed(PacketWord word) internal pure returns (PacketWord) {
        return PacketWord.wrap(PacketWord.unwrap(word) | HAS_OWED);
    }

    function withoutOwed(PacketWord word) internal pure returns (PacketWord) {
        return PacketWord.wrap(PacketWord.unwrap(word) & ~HAS_OWED);
    }

    /// @dev The word to store: zero as soon as nothing is left to draw and nothing is owed.
    function settled(PacketWord word) internal pure returns (PacketWord) {
        return word.sharesLeft() == 0 && !word.hasOwed() ? ENDED : word;
    }

    /// @dev [fen] not yet drawn.
    function remaining(PacketWord word) internal pure returns (uint256) {
        return PacketWord.unwrap(word) >> REMAINING;
    }

    function sharesLeft(PacketWord word) internal pure returns (uint256) {
        return uint16(PacketWord.unwrap(word) >> SHARES);
    }

    function link(PacketWord word) internal pure returns (bytes20) {
        return bytes20(uint160(PacketWord.unwrap(word) >> LINK));
    }

    function hasOwed(PacketWord word) internal pure returns (bool) {
        return PacketWord.unwrap(word) & HAS_OWED != 0;
    }

    function isEnded(PacketWord word) internal pure returns (bool) {
        return PacketWord.unwrap(word) == 0;
    }
}
