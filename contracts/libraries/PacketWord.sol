// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A red packet's one slot: remaining 64 | sharesLeft 16 | link 160 | flags 16. Zero: unknown or ended.
type PacketWord is uint256;

using PacketWordLibrary for PacketWord global;

/// @title Named access to a packet's slot
library PacketWordLibrary {
    PacketWord internal constant ENDED = PacketWord.wrap(0);

    uint256 private constant REMAINING_SHIFT = 192;
    uint256 private constant SHARES_SHIFT = 176;
    uint256 private constant LINK_SHIFT = 16;
    /// @dev Some share could not be paid: the slot outlives the last draw until all such shares are settled.
    uint256 private constant HAS_OWED = 1;

    /// @dev A packet before its first draw.
    /// @param total [fen]
    function open(uint64 total, uint16 shares, bytes20 commitment) internal pure returns (PacketWord) {
        return _pack(total, shares, commitment, 0);
    }

    /// @dev What is left once `value` fen are drawn by `link_`. The caller holds value <= remaining and sharesLeft > 0.
    function drawn(PacketWord word, uint64 value, bytes20 link_) internal pure returns (PacketWord) {
        return _pack(word.remaining() - value, word.sharesLeft() - 1, link_, PacketWord.unwrap(word) & HAS_OWED);
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
    function remaining(PacketWord word) internal pure returns (uint64) {
        return uint64(PacketWord.unwrap(word) >> REMAINING_SHIFT);
    }

    function sharesLeft(PacketWord word) internal pure returns (uint16) {
        return uint16(PacketWord.unwrap(word) >> SHARES_SHIFT);
    }

    function link(PacketWord word) internal pure returns (bytes20) {
        return bytes20(uint160(PacketWord.unwrap(word) >> LINK_SHIFT));
    }

    function hasOwed(PacketWord word) internal pure returns (bool) {
        return PacketWord.unwrap(word) & HAS_OWED != 0;
    }

    function isEnded(PacketWord word) internal pure returns (bool) {
        return PacketWord.unwrap(word) == 0;
    }

    function _pack(uint64 remaining_, uint16 shares, bytes20 link_, uint256 flags) private pure returns (PacketWord) {
        return PacketWord.wrap(
            (uint256(remaining_) << REMAINING_SHIFT) | (uint256(shares) << SHARES_SHIFT)
                | (uint256(uint160(link_)) << LINK_SHIFT) | flags
        );
    }
}
