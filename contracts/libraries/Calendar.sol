// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Days and years as a clock in Shenzhen shows them (Asia/Shanghai, UTC+8, no summer time)
library Calendar {
    uint256 private constant UTC_OFFSET = 8 hours;

    /// @notice Days since 1970-01-01 at `timestamp`.
    function dayOf(uint256 timestamp) internal pure returns (uint256 day) {
        unchecked {
            return (timestamp + UTC_OFFSET) / 1 days;
        }
    }

    /// @notice The Gregorian year of `day`.
    /// @dev Counts from 0000-03-01, so that the leap day is the last of its year (H. Hinnant, "chrono-compatible
    /// low-level date algorithms", civil_from_days).
    /// @param day days since 1970-01-01, below 2^24
    // The roundings are the method.
    // slither-disable-next-line divide-before-multiply
    function yearOf(uint256 day) internal pure returns (uint256 year) {
        unchecked {
            uint256 sinceMarch0000 = day + 719_468;
            uint256 era = sinceMarch0000 / 146_097;
            uint256 dayOfEra = sinceMarch0000 % 146_097;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfMarchYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            // From its 306th day on (1 January) a March year is already in the next calendar year.
            return era * 400 + yearOfEra + (dayOfMarchYear >= 306 ? 1 : 0);
        }
    }
}
