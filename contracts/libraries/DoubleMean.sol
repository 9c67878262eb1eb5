// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The double-mean rule (二倍均值法) with bounds symmetric about the mean of what is left
/// @notice With k shares left a share is uniform on [lo, hi], lo + hi = 2 rest / k rounded up or down at random so that
/// its mean is exact; the last share takes the rest. A plain cap would skew the first shares down; symmetric bounds and
/// the fair rounding give every position the same mean, to the fen's last fraction.
/// @dev Feasible while k <= rest <= k * maxShare, and each draw keeps it so; unchecked on that ground, with
/// rest, maxShare < 2^64 and k < 2^16.
library DoubleMean {
    /// @dev The share that `seed` draws. `left` is at least 1.
    /// @param rest [fen] not yet drawn
    /// @param left shares not yet drawn, this one included
    /// @param maxShare [fen] the most a share may be
    function share(uint256 seed, uint256 rest, uint256 left, uint256 maxShare) internal pure returns (uint256) {
        if (left == 1) return rest;
        unchecked {
            // Rounding down always would leave up to 0.9 fen more to the last of 100. The upper half of the seed rounds;
            // given it, the lower half still makes the draw below uniform to 2^-63.
            uint256 twiceMean = (2 * rest + (seed >> 128) % left) / left;
            (uint256 lo, uint256 hi) = bounds(twiceMean, rest, left, maxShare);
            return lo + below(seed, hi - lo + 1);
        }
    }

    /// @dev The least and the most fen that the next of `left` > 1 shares may be, symmetric about half of `twiceMean`.
    /// @param twiceMean 2 rest / left, rounded either way
    function bounds(uint256 twiceMean, uint256 rest, uint256 left, uint256 maxShare)
        internal
        pure
        returns (uint256 lo, uint256 hi)
    {
        unchecked {
            uint256 others = left - 1;
            uint256 most = rest - others; // a fen for each of the others
            if (maxShare < most) most = maxShare;
            lo = 1;
            if (rest > others * maxShare + lo) lo = rest - others * maxShare; // what the others cannot take
            if (twiceMean > most + lo) lo = twiceMean - most;
            hi = twiceMean - lo;
        }
    }

    /// @dev Uniform on [0, n): values of the incomplete last stretch of [0, 2^256) are hashed again, so there is no
    /// modulo bias. `n` is at least 1.
    function below(uint256 seed, uint256 n) internal pure returns (uint256) {
        unchecked {
            uint256 stretch = (0 - n) % n; // 2^256 mod n
            while (seed > type(uint256).max - stretch) seed = uint256(keccak256(abi.encodePacked(seed)));
            return seed % n;
        }
    }
}
