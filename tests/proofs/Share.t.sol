// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DoubleMean} from "../../contracts/libraries/DoubleMean.sol";
import {VM} from "../invariants/Cheats.sol";

/// @title A share of the double-mean rule, for every rest and every cap
/// @dev The number of shares left is a constant of each theorem, and small: the solvers do not end with more (16 timed out).
/// The others are proved by counting, for small packets.
contract ShareProof {
    function check_shareOf2LeavesEnoughForTheOthers(uint64 rest, uint64 maxShare, uint64 share, bool up) external pure {
        _leavesEnough(rest, 2, maxShare, share, up);
    }

    function check_shareOf4LeavesEnoughForTheOthers(uint64 rest, uint64 maxShare, uint64 share, bool up) external pure {
        _leavesEnough(rest, 4, maxShare, share, up);
    }

    /// @dev Unchecked, as solvers do not end with the checks of products: 64 bits times 4 have room, and what might go
    /// below zero is compared first.
    function _leavesEnough(uint256 rest, uint256 left, uint256 maxShare, uint256 share, bool up) private pure {
        unchecked {
            VM.assume(left <= rest && rest <= left * maxShare);
            uint256 twiceMean = 2 * rest / left;
            if (up && 2 * rest % left != 0) ++twiceMean;
            (uint256 lo, uint256 hi) = DoubleMean.bounds(twiceMean, rest, left, maxShare);
            assert(1 <= lo && lo <= hi && hi <= maxShare && hi < rest);
            VM.assume(lo <= share && share <= hi);
            uint256 others = left - 1;
            assert(others <= rest - share && rest - share <= others * maxShare);
        }
    }
}

/// @title The same for every number of shares, by trying every packet up to a size
contract SmallShareProof {
    uint256 private constant LARGEST = 240; // [fen]

    function test_everyShareOfEverySmallPacketLeavesEnoughForTheOthers() external pure {
        for (uint256 left = 2; left <= 100; ++left) {
            for (uint256 rest = left; rest <= LARGEST; ++rest) {
                for (uint256 maxShare = (rest + left - 1) / left; maxShare <= rest; ++maxShare) {
                    _leavesEnough(2 * rest / left, rest, left, maxShare);
                    _leavesEnough((2 * rest + left - 1) / left, rest, left, maxShare);
                }
            }
        }
    }

    function _leavesEnough(uint256 twiceMean, uint256 rest, uint256 left, uint256 maxShare) private pure {
        (uint256 lo, uint256 hi) = DoubleMean.bounds(twiceMean, rest, left, maxShare);
        uint256 others = left - 1;
        require(1 <= lo && lo <= hi && hi <= maxShare && lo + hi == twiceMean, "the bounds");
        require(others <= rest - hi && rest - lo <= others * maxShare, "what is left");
    }
}
