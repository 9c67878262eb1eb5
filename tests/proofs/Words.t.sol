// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {Calendar} from "../../contracts/libraries/Calendar.sol";
import {PacketWord} from "../../contracts/libraries/PacketWord.sol";
import {VM} from "../invariants/Cheats.sol";

/// @title The words' arithmetic and the turn of days, for every word
contract WordsProof {
    function check_turnOfTheDayEmptiesTheDaysCountersAndKeepsTheRest(AccountWord word, uint24 today) external pure {
        AccountWord turned = word.turnedTo(today, true);
        uint256 differs = turned.spentToday() | turned.oneFactorToday() | (turned.day() ^ today);
        differs |= (turned.balance() ^ word.balance()) | (turned.spentThisYear() ^ word.spentThisYear());
        differs |= (turned.tier() ^ word.tier()) | ((AccountWord.unwrap(turned) ^ AccountWord.unwrap(word)) >> 240);
        assert(differs == 0);
    }

    function check_yearsCounterEmptiesExactlyWhenTheYearIsAnother(AccountWord word, uint24 today) external pure {
        bool sameYear = Calendar.yearOf(word.day()) == Calendar.yearOf(today);
        AccountWord turned = word.turnedTo(today, false);
        assert(turned.spentThisYear() == (sameYear ? word.spentThisYear() : 0));
    }

    function check_creditThenDebitIsTheWordBefore(AccountWord word, uint64 value) external pure {
        assert(AccountWord.unwrap(word.credited(value).debited(value)) == AccountWord.unwrap(word));
    }

    function check_moneyComesAndGoesWithoutTouchingAnotherField(AccountWord word, uint64 value) external pure {
        VM.assume(value <= word.balance());
        AccountWord debited = word.debited(value);
        assert(debited.balance() + value == word.balance());
        assert(AccountWord.unwrap(debited) >> 64 == AccountWord.unwrap(word) >> 64);
    }

    function check_oneFactorCounterNeverWraps(AccountWord word, uint256 total) external pure {
        AccountWord counted = word.withOneFactorToday(total);
        uint256 most = type(uint24).max;
        uint256 others = ~(most << 216);
        uint256 differs = counted.oneFactorToday() ^ (total > most ? most : total);
        differs |= (AccountWord.unwrap(counted) ^ AccountWord.unwrap(word)) & others;
        assert(differs == 0);
    }

    function check_drawTakesItsValueAndOneShare(PacketWord word, uint64 value, bytes20 link) external pure {
        VM.assume(word.sharesLeft() != 0 && value <= word.remaining());
        PacketWord next = word.drawn(value, link);
        uint256 differs = (next.remaining() + value) ^ word.remaining();
        differs |= (next.sharesLeft() + 1) ^ word.sharesLeft();
        differs |= (uint256(uint160(next.link())) ^ uint160(link))
            | uint16(PacketWord.unwrap(next) ^ PacketWord.unwrap(word));
        assert(differs == 0);
    }
}

/// @title The calendar, day by day: no solver, every day that a word can hold
contract CalendarProof {
    function test_everyDayOf45_933YearsIsInTheYearOfACalendarMadeByHand() external pure {
        uint256 year = 1970;
        uint256 firstOfNext = 365;
        for (uint256 day = 0; day <= type(uint24).max; ++day) {
            if (day == firstOfNext) {
                ++year;
                firstOfNext += year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
            }
            if (Calendar.yearOf(day) != year) revert("another year");
        }
    }

    function test_everySecondOfADayBelongsToIt() external pure {
        for (uint256 second = 0; second < 1 days; ++second) {
            require(Calendar.dayOf(20_000 days - 8 hours + second) == 20_000, "another day");
        }
        require(Calendar.dayOf(20_000 days - 8 hours - 1) == 19_999 && Calendar.dayOf(20_001 days - 8 hours) == 20_001);
    }
}
