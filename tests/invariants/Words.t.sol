// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {Calendar} from "../../contracts/libraries/Calendar.sol";
import {TierWord} from "../../contracts/libraries/TierWord.sol";
import {VM} from "./Cheats.sol";

/// @title Every field of a word stands alone, and the calendar counts as one made by hand
contract WordsTest {
    struct Fields {
        uint64 balance;
        uint64 spentToday;
        uint64 spentThisYear;
        uint24 day;
        uint24 oneFactorToday;
        uint8 tier;
        bool frozen;
    }

    function testFuzz_creditAndDebitTouchTheBalanceAlone(Fields memory fields, uint64 value) external pure {
        VM.assume(value <= type(uint64).max - fields.balance);
        Fields memory expected = _copy(fields);
        expected.balance += value;
        AccountWord credited = _word(fields).credited(value);
        _same(credited, expected);
        _same(credited.debited(value), fields);
    }

    function testFuzz_countingTouchesTheCountersAlone(Fields memory fields, uint48 value) external pure {
        fields.spentToday = uint48(fields.spentToday);
        fields.spentThisYear = uint48(fields.spentThisYear);
        Fields memory expected = _copy(fields);
        expected.spentToday += value;
        _same(_word(fields).countedToday(value), expected);
        expected.spentThisYear += value;
        _same(_word(fields).countedTodayAndThisYear(value), expected);
    }

    function testFuzz_oneFactorCounterSaturates(Fields memory fields, uint64 total) external pure {
        Fields memory expected = _copy(fields);
        expected.oneFactorToday = total > type(uint24).max ? type(uint24).max : uint24(total);
        _same(_word(fields).withOneFactorToday(total), expected);
    }

    function testFuzz_tierAndFreezeTouchNothingElse(Fields memory fields, uint8 tier) external pure {
        Fields memory expected = _copy(fields);
        expected.tier = tier;
        _same(_word(fields).withTier(tier), expected);
        expected.frozen = true;
        _same(_word(fields).withTier(tier).asFrozen(), expected);
        expected.frozen = false;
        _same(_word(fields).withTier(tier).asFrozen().asUnfrozen(), expected);
        expected.balance = 0;
        _same(_word(fields).withTier(tier).asUnfrozen().withoutBalance(), expected);
    }

    function testFuzz_newDayEmptiesItsCounters(Fields memory fields, uint24 today, bool lifetime) external pure {
        Fields memory expected = _copy(fields);
        expected.day = today;
        expected.spentToday = 0;
        expected.oneFactorToday = 0;
        if (!lifetime && _yearByHand(fields.day) != _yearByHand(today)) expected.spentThisYear = 0;
        _same(_word(fields).turnedTo(today, lifetime), expected);
    }

    function testFuzz_limitsComeBackAsGiven(IStablecoin.TierLimits memory limits, bool paused) external pure {
        TierWord word = TierWord.wrap(0);
        if (paused) word = word.asPaused();
        word = word.withLimits(limits);
        require(word.paused() == paused, "pause");
        require(keccak256(abi.encode(word.toLimits())) == keccak256(abi.encode(limits)), "limits");
        require(TierWord.unwrap(word.asPaused().asUnpaused()) == TierWord.unwrap(word.asUnpaused()), "unpause");
    }

    function testFuzz_yearIsThatOfACalendarMadeByHand(uint24 day) external pure {
        require(Calendar.yearOf(day) == _yearByHand(day), "year");
    }

    function test_yearTurnsWithTheFirstOfJanuary() external pure {
        uint256 firstDay = 0;
        for (uint256 year = 1970; year < 2500; ++year) {
            require(Calendar.yearOf(firstDay) == year, "first of January");
            if (firstDay > 0) require(Calendar.yearOf(firstDay - 1) == year - 1, "last of December");
            firstDay += _isLeap(year) ? 366 : 365;
        }
    }

    function testFuzz_dayTurnsAt16OClockUtc(uint32 timestamp) external pure {
        uint256 day = Calendar.dayOf(timestamp);
        VM.assume(day > 0);
        uint256 midnight = day * 1 days - 8 hours;
        require(Calendar.dayOf(midnight) == day, "midnight");
        require(Calendar.dayOf(midnight - 1) == day - 1, "the second before");
    }

    /// @dev Whole 400-year cycles first, then year by year: slow and plain.
    function _yearByHand(uint256 day) private pure returns (uint256 year) {
        year = 1970 + 400 * (day / 146_097);
        day %= 146_097;
        for (uint256 length = 365; day >= length; length = _isLeap(year) ? 366 : 365) {
            day -= length;
            ++year;
        }
    }

    function _isLeap(uint256 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    function _word(Fields memory fields) private pure returns (AccountWord) {
        return AccountWord.wrap(
            uint256(fields.balance) | uint256(fields.spentToday) << 64 | uint256(fields.spentThisYear) << 128
                | uint256(fields.day) << 192 | uint256(fields.oneFactorToday) << 216 | uint256(fields.tier) << 240
                | (fields.frozen ? 1 << 248 : 0)
        );
    }

    function _copy(Fields memory fields) private pure returns (Fields memory) {
        return abi.decode(abi.encode(fields), (Fields));
    }

    function _same(AccountWord word, Fields memory expected) private pure {
        require(AccountWord.unwrap(word) == AccountWord.unwrap(_word(expected)), "the word");
        require(word.balance() == expected.balance, "balance");
        require(word.spentToday() == expected.spentToday, "spentToday");
        require(word.spentThisYear() == expected.spentThisYear, "spentThisYear");
        require(word.day() == expected.day, "day");
        require(word.oneFactorToday() == expected.oneFactorToday, "oneFactorToday");
        require(word.tier() == expected.tier, "tier");
        require(word.frozen() == expected.frozen, "frozen");
    }
}
