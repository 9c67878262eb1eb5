// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev One word of them.
struct Seats {
    uint256 taken;
}

/// @title Who has had a share: a bit for each guest, 256 indexes a word; a word for each holder of a link
library Seating {
    /// @dev Above every guest's word: an index has 256 bits, its word's number 248.
    uint256 private constant HOLDERS = 1 << 255;

    /// @dev The word and the bit of a guest.
    function ofGuest(uint256 index) internal pure returns (uint256 row, uint256 bit) {
        return (index >> 8, 1 << (index & 0xff));
    }

    /// @dev The word and the bit of a link's holder.
    function ofHolder(address account) internal pure returns (uint256 row, uint256 bit) {
        return (HOLDERS | uint160(account), 1);
    }
}
