// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStablecoin} from "../interfaces/IStablecoin.sol";

/// @notice A tier's limits in one slot. From the lowest bit: maxBalance, perPayment, perDay, perYear,
/// oneFactorPerDay (48 bits each, [fen]), lifetime (1), paused (1).
type TierWord is uint256;

using TierWords for TierWord global;

/// @title The tiers' numbers and the named accessors of a tier's word
library TierWords {
    /// @dev Not registered: neither sends nor receives.
    uint8 internal constant NONE = 0;
    /// @dev The highest tier that COMPLIANCE may give. 1 to 4 are T0 to T3, 5 merchants, 6 sponsors.
    uint8 internal constant HIGHEST = 6;
    /// @dev Listed contracts: no limits; its word carries only the pause.
    uint8 internal constant SYSTEM = 7;

    uint256 private constant PER_PAYMENT = 48;
    uint256 private constant PER_DAY = 96;
    uint256 private constant PER_YEAR = 144;
    uint256 private constant ONE_FACTOR_PER_DAY = 192;
    uint256 private constant LIFETIME = 1 << 240;
    uint256 private constant PAUSED = 1 << 241;

    function maxBalance(TierWord word) internal pure returns (uint256) {
        return uint48(TierWord.unwrap(word));
    }

    function perPayment(TierWord word) internal pure returns (uint256) {
        return uint48(TierWord.unwrap(word) >> PER_PAYMENT);
    }

    function perDay(TierWord word) internal pure returns (uint256) {
        return uint48(TierWord.unwrap(word) >> PER_DAY);
    }

    function perYear(TierWord word) internal pure returns (uint256) {
        return uint48(TierWord.unwrap(word) >> PER_YEAR);
    }

    function oneFactorPerDay(TierWord word) internal pure returns (uint256) {
        return uint48(TierWord.unwrap(word) >> ONE_FACTOR_PER_DAY);
    }

    function lifetime(TierWord word) internal pure returns (bool) {
        return TierWord.unwrap(word) & LIFETIME != 0;
    }

    function paused(TierWord word) internal pure returns (bool) {
        return TierWord.unwrap(word) & PAUSED != 0;
    }

    /// @dev Whether limits were ever given; the pause alone makes no tier.
    function exists(TierWord word) internal pure returns (bool) {
        return TierWord.unwrap(word) & ~PAUSED != 0;
    }

    function asPaused(TierWord word) internal pure returns (TierWord) {
        return TierWord.wrap(TierWord.unwrap(word) | PAUSED);
    }

    function asUnpaused(TierWord word) internal pure returns (TierWord) {
        return TierWord.wrap(TierWord.unwrap(word) & ~PAUSED);
    }

    /// @dev `limits` in place of those of `word`, which keeps its pause.
    function withLimits(TierWord word, IStablecoin.TierLimits memory limits) internal pure returns (TierWord) {
        return TierWord.wrap(
            (TierWord.unwrap(word) & PAUSED) | limits.maxBalance | (uint256(limits.perPayment) << PER_PAYMENT)
                | (uint256(limits.perDay) << PER_DAY) | (uint256(limits.perYear) << PER_YEAR)
                | (uint256(limits.oneFactorPerDay) << ONE_FACTOR_PER_DAY) | (limits.lifetime ? LIFETIME : 0)
        );
    }

    function toLimits(TierWord word) internal pure returns (IStablecoin.TierLimits memory) {
        return IStablecoin.TierLimits({
            maxBalance: uint48(maxBalance(word)),
            perPayment: uint48(perPayment(word)),
            perDay: uint48(perDay(word)),
            perYear: uint48(perYear(word)),
            oneFactorPerDay: uint48(oneFactorPerDay(word)),
            lifetime: lifetime(word)
        });
    }
}
