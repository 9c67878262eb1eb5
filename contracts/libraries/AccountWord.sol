// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "./Calendar.sol";

/// @notice All there is to know about an account, in its one slot. From the lowest bit:
///   balance        64  [fen]
///   spentToday     64  [fen] sent on `day`
///   spentThisYear  64  [fen] sent in the year of `day`, or in the account's life
///   day            24  days since 1970-01-01 in Asia/Shanghai of the last debit
///   oneFactorToday 24  [fen] sent on `day` with one factor alone, saturating
///   tier            8
///   flags           8  bit 0: frozen
type AccountWord is uint256;

using AccountWords for AccountWord global;

/// @title Named accessors of an account's word
/// @dev Values given to the setters must fit their fields: callers check them against limits or the supply first.
library AccountWords {
    uint256 private constant SPENT_TODAY = 64;
    uint256 private constant SPENT_THIS_YEAR = 128;
    uint256 private constant DAY = 192;
    uint256 private constant ONE_FACTOR_TODAY = 216;
    uint256 private constant TIER = 240;
    uint256 private constant FROZEN = 1 << 248;
    uint256 private constant ONE_FACTOR_MASK = uint256(type(uint24).max) << ONE_FACTOR_TODAY;
    uint256 private constant ONE_FEN_TODAY_AND_THIS_YEAR = (1 << SPENT_TODAY) + (1 << SPENT_THIS_YEAR);
    uint256 private constant DAY_AND_ITS_COUNTERS =
        (uint256(type(uint64).max) << SPENT_TODAY) | (uint256(type(uint24).max) << DAY) | ONE_FACTOR_MASK;

    function balance(AccountWord word) internal pure returns (uint256) {
        return uint64(AccountWord.unwrap(word));
    }

    function spentToday(AccountWord word) internal pure returns (uint256) {
        return uint64(AccountWord.unwrap(word) >> SPENT_TODAY);
    }

    function spentThisYear(AccountWord word) internal pure returns (uint256) {
        return uint64(AccountWord.unwrap(word) >> SPENT_THIS_YEAR);
    }

    function day(AccountWord word) internal pure returns (uint256) {
        return uint24(AccountWord.unwrap(word) >> DAY);
    }

    function oneFactorToday(AccountWord word) internal pure returns (uint256) {
        return uint24(AccountWord.unwrap(word) >> ONE_FACTOR_TODAY);
    }

    function tier(AccountWord word) internal pure returns (uint256) {
        return uint8(AccountWord.unwrap(word) >> TIER);
    }

    function frozen(AccountWord word) internal pure returns (bool) {
        return AccountWord.unwrap(word) & FROZEN != 0;
    }

    /// @dev `word` with `value` more; the supply bounds every balance.
    function credited(AccountWord word, uint256 value) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) + value);
        }
    }

    /// @dev `word` with `value` less, at most its balance; no counter moves.
    function debited(AccountWord word, uint256 value) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) - value);
        }
    }

    /// @dev `value` more spent today; the sum is within a tier's limit (48 bits).
    function countedToday(AccountWord word, uint256 value) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) + (value << SPENT_TODAY));
        }
    }

    /// @dev `value` more spent today and this year; both sums are within a tier's limits (48 bits each).
    function countedTodayAndThisYear(AccountWord word, uint256 value) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) + value * ONE_FEN_TODAY_AND_THIS_YEAR);
        }
    }

    /// @dev `total` spent today with one factor; a total too large for the field stays at its largest value.
    function withOneFactorToday(AccountWord word, uint256 total) internal pure returns (AccountWord) {
        if (total > type(uint24).max) return AccountWord.wrap(AccountWord.unwrap(word) | ONE_FACTOR_MASK);
        return AccountWord.wrap((AccountWord.unwrap(word) & ~ONE_FACTOR_MASK) | (total << ONE_FACTOR_TODAY));
    }

    /// @dev The day's counters at zero for `today`, and the year's too when the year has changed and may.
    function turnedTo(AccountWord word, uint256 today, bool lifetime) internal pure returns (AccountWord) {
        uint256 kept = AccountWord.unwrap(word) & ~DAY_AND_ITS_COUNTERS;
        if (!lifetime && Calendar.yearOf(day(word)) != Calendar.yearOf(today)) {
            kept &= ~(uint256(type(uint64).max) << SPENT_THIS_YEAR);
        }
        return AccountWord.wrap(kept | (today << DAY));
    }

    function withTier(AccountWord word, uint256 newTier) internal pure returns (AccountWord) {
        uint256 kept = AccountWord.unwrap(word) & ~(uint256(type(uint8).max) << TIER);
        return AccountWord.wrap(kept | (newTier << TIER));
    }

    function asFrozen(AccountWord word) internal pure returns (AccountWord) {
        return AccountWord.wrap(AccountWord.unwrap(word) | FROZEN);
    }

    function asUnfrozen(AccountWord word) internal pure returns (AccountWord) {
        return AccountWord.wrap(AccountWord.unwrap(word) & ~FROZEN);
    }

    /// @dev Everything but the money.
    function withoutBalance(AccountWord word) internal pure returns (AccountWord) {
        return AccountWord.wrap(AccountWord.unwrap(word) & ~uint256(type(uint64).max));
    }
}
