// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {TierWords} from "../../contracts/libraries/TierWord.sol";
import {VM} from "../invariants/Cheats.sol";
import {AnyPayment} from "./AnyPayment.sol";

/// @title No debit passes a limit, from any words, limits, supply and day: one theorem a limit
contract LimitProof is AnyPayment {
    function check_noDebitIsAboveThePaymentsLimit(State memory state, Way way, uint256 value) external {
        if (!_spend(state, way, value)) return;
        assert(value <= state.limits.perPayment());
        assert(value <= state.payer.balance());
    }

    function check_noDebitTakesTheDayAboveItsLimit(State memory state, Way way, uint256 value) external {
        if (!_spend(state, way, value)) return;
        assert(_counted(value).spentToday() <= state.limits.perDay());
    }

    function check_noPaymentTakesTheYearAboveItsLimit(State memory state, Way way, uint256 value) external {
        VM.assume(way != Way.REDEMPTION);
        if (!_spend(state, way, value)) return;
        assert(_counted(value).spentThisYear() <= state.limits.perYear());
    }

    function check_lifetimesLimitNeverStartsAgain(State memory state, Way way, uint256 value) external {
        VM.assume(way != Way.REDEMPTION && state.limits.lifetime());
        if (!_spend(state, way, value)) return;
        assert(state.payer.spentThisYear() + value <= state.limits.perYear());
    }

    function check_noDebitTakesOneFactorsDayAboveItsLimit(State memory state, Way way, uint256 value) external {
        if (!_spend(state, way, value)) return;
        assert(_counted(value).oneFactorToday() <= state.limits.oneFactorPerDay());
    }

    function check_noPaymentLiftsAPersonAboveTheCap(State memory state, Way way, uint256 value) external {
        VM.assume(way == Way.WITHIN_A_TIER || way == Way.BETWEEN_TIERS);
        if (!_spend(state, way, value)) return;
        assert(token.balanceOf(PAYEE) <= (way == Way.WITHIN_A_TIER ? state.limits : state.cap).maxBalance());
    }

    function check_noMintLiftsAPersonAboveTheCap(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        token.setSupply(state.supply, type(uint64).max, type(uint64).max);
        if (!_update(address(0), PAYEE, value)) return;
        assert(token.balanceOf(PAYEE) <= state.cap.maxBalance());
    }

    function check_noPayoutLiftsAPersonAboveTheCap(State memory state, uint256 value) external {
        _enter(state, TierWords.SYSTEM, PERSON);
        if (!_update(PAYER, PAYEE, value)) return;
        assert(token.balanceOf(PAYEE) <= state.cap.maxBalance());
    }

    // --- counting ---

    function check_debitCountsOnWhatTheTurnOfTheDayLeft(State memory state, Way way, uint256 value) external {
        if (!_spend(state, way, value)) return;
        AccountWord word = _counted(value);
        (uint256 today, uint256 year,) = _kept(state);
        assert(word.spentToday() == today + value);
        assert(word.spentThisYear() == (way == Way.REDEMPTION ? year : year + value));
    }

    function check_debitCountsOneFactorUpToItsField(State memory state, Way way, uint256 value) external {
        if (!_spend(state, way, value)) return;
        (,, uint256 sum) = _kept(state);
        sum += value;
        assert(_counted(value).oneFactorToday() == (sum > type(uint24).max ? type(uint24).max : sum));
    }

    function check_debitKeepsTierAndFlagsAndWritesTheDay(State memory state, Way way, uint256 value) external {
        if (!_spend(state, way, value)) return;
        AccountWord word = _counted(value);
        uint256 before = AccountWord.unwrap(state.payer.withTier(PERSON));
        assert(word.day() == _today(state.turn));
        assert(AccountWord.unwrap(word) >> 240 == before >> 240);
    }

    // --- who may not ---

    function check_frozenPayerIsNeverDebited(State memory state, Way way, uint256 value) external {
        VM.assume(state.payer.frozen());
        assert(!_spend(state, way, value));
    }

    function check_frozenPersonReceivesNoPayment(State memory state, Way way, uint256 value) external {
        VM.assume(state.payee.frozen() && (way == Way.WITHIN_A_TIER || way == Way.BETWEEN_TIERS));
        assert(!_spend(state, way, value));
    }

    function check_nothingIsPaidInAPause(State memory state, Way way, uint256 value) external {
        VM.assume(state.limits.paused() && _today(state.turn) * 1 days - 8 hours < state.pausedUntil);
        assert(!_spend(state, way, value));
    }

    function check_unregisteredAccountNeitherSendsNorReceives(State memory state, uint256 value) external {
        _enter(state, TierWords.NONE, PERSON);
        assert(!_update(PAYER, PAYEE, value));
        assert(!_update(PAYEE, PAYER, value));
    }

    function check_strangersPayNothingIntoASystemContract(State memory state, uint256 value) external {
        _enter(state, PERSON, TierWords.SYSTEM);
        assert(!_update(PAYER, PAYEE, value));
    }

    // --- parts ---

    /// @dev The payer's word before `value` left it: WordsProof proves that a debit touches no counter. Solvers do not end
    /// on the word itself, where `value` is multiplied and subtracted at once.
    function _counted(uint256 value) private view returns (AccountWord) {
        return token.wordOf(PAYER).credited(value);
    }

    /// @dev The counters that go on today: of the day, of the year and of one factor.
    function _kept(State memory state) private pure returns (uint256 today, uint256 year, uint256 oneFactor) {
        if (state.turn == Turn.SAME_DAY) (today, oneFactor) = (state.payer.spentToday(), state.payer.oneFactorToday());
        if (state.turn != Turn.NEXT_YEAR || state.limits.lifetime()) year = state.payer.spentThisYear();
    }
}
