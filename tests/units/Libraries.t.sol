// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "../../contracts/libraries/Calendar.sol";
import {DoubleMean} from "../../contracts/libraries/DoubleMean.sol";
import {Seating} from "../../contracts/libraries/Seating.sol";

/// @title What the libraries answer at the points where their parts meet, by numbers worked out elsewhere
contract LibrariesSpec {
    function test_everyGuestHasABitOfItsOwn() external pure {
        _sits(0, 0, 1);
        _sits(255, 0, 1 << 255);
        _sits(256, 1, 1);
        _sits(513, 2, 2);
        _sits(type(uint256).max, type(uint256).max >> 8, 1 << 255);
    }

    function test_everyHolderOfALinkHasAWordAboveAllGuests() external pure {
        (uint256 row, uint256 bit) = Seating.ofHolder(address(0xBEEE));
        require(row == (1 << 255) + 0xBEEE && bit == 1, "holder");
    }

    function test_shareIsLoPlusTheSeedsPlaceInTheBounds() external pure {
        // 100 fen among 3: twice the mean is 66 or, when the upper half of the seed says so, 67.
        require(DoubleMean.share(0, 100, 3, 100) == 1, "least");
        require(DoubleMean.share(64, 100, 3, 100) == 65, "most");
        require(DoubleMean.share(65, 100, 3, 100) == 1, "beyond");
        uint256 up = 1 << 128; // 200 + 1 is 67 × 3: rounded up
        require(DoubleMean.share(up, 100, 3, 100) == 1 + up % 66, "rounded up");
        require(DoubleMean.share(up << 1, 100, 3, 100) == 1 + (up << 1) % 66, "202 is rounded up too");
        require(DoubleMean.share(3 * up, 100, 3, 100) == 1 + (3 * up) % 65, "200 is not");
        require(DoubleMean.share(77, 5, 1, 9) == 5, "the last share is the rest");
    }

    function test_boundsAtTheirCorners() external pure {
        _bounds(66, 100, 3, 100, 1, 65); // free: 1 to twice the mean less one
        _bounds(66, 100, 3, 40, 26, 40); // the cap binds
        _bounds(66, 100, 3, 34, 32, 34); // the others' cap binds
        _bounds(2, 3, 3, 100, 1, 1); // a fen each
        _bounds(100, 100, 2, 100, 1, 99);
        _bounds(100, 100, 2, 50, 50, 50);
        _bounds(100, 100, 2, 51, 49, 51);
        _bounds(7, 7, 2, 4, 3, 4);
        _bounds(2, 4, 3, 2, 1, 1); // never nothing, though the others could take all
    }

    function test_belowUsesEverySeedOfAWholeStretch() external pure {
        require(DoubleMean.below(9, 10) == 9 && DoubleMean.below(10, 10) == 0, "small");
        require(DoubleMean.below(type(uint256).max, 256) == 255, "2^256 is whole stretches of 256");
        uint256 last = type(uint256).max - 6; // 2^256 mod 10 is 6: the last six are hashed again
        require(DoubleMean.below(last, 10) == 9, "the last good seed");
        uint256 again = uint256(keccak256(abi.encodePacked(last + 1)));
        require(DoubleMean.below(last + 1, 10) == again % 10, "the first that is hashed again");
    }

    function test_yearsTurnAroundCenturiesAndEras() external pure {
        // Days of 28 February to 1 March and of the turn of the year, from Python's datetime.
        require(Calendar.yearOf(0) == 1970 && Calendar.yearOf(10_956) == 1999 && Calendar.yearOf(10_957) == 2000, "2000");
        require(Calendar.yearOf(11_016) == 2000 && Calendar.yearOf(11_017) == 2000 && Calendar.yearOf(11_322) == 2000 && Calendar.yearOf(11_323) == 2001, "2001");
        require(Calendar.yearOf(47_481) == 2099 && Calendar.yearOf(47_482) == 2100, "2100");
        require(Calendar.yearOf(47_846) == 2100 && Calendar.yearOf(47_847) == 2101, "2101");
        require(Calendar.yearOf(157_053) == 2399 && Calendar.yearOf(157_054) == 2400, "2400");
        require(Calendar.yearOf(157_419) == 2400 && Calendar.yearOf(157_420) == 2401, "2401");
    }

    function _sits(uint256 index, uint256 row, uint256 bit) private pure {
        (uint256 foundRow, uint256 foundBit) = Seating.ofGuest(index);
        require(foundRow == row && foundBit == bit, "seat");
    }

    function _bounds(uint256 twiceMean, uint256 rest, uint256 left, uint256 cap, uint256 lo, uint256 hi) private pure {
        (uint256 foundLo, uint256 foundHi) = DoubleMean.bounds(twiceMean, rest, left, cap);
        require(foundLo == lo && foundHi == hi, "bounds");
    }
}
