// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {Calendar} from "../../contracts/libraries/Calendar.sol";
import {TierWord, TierWords} from "../../contracts/libraries/TierWord.sol";
import {VM} from "../invariants/Cheats.sol";
import {OpenLedger} from "./OpenLedger.sol";

/// @title One payment, mint, redemption or return from any words, limits, supply and time
/// @dev Addresses and tiers are keys of tables, nothing else: these few stand for all. Bounds: docs/proofs.md.
/// Equalities are gathered into one assertion (`differs`), because each assertion doubles the paths.
contract PaymentProof {
    address private constant PAYER = address(0xA11CE);
    address private constant PAYEE = address(0xB0B);
    address private constant BYSTANDER = address(0xCA401);
    uint256 private constant PERSON = 1;
    uint256 private constant OTHER_PERSON = 2;
    uint256 private constant NEW_YEARS_EVE = 22_279; // 2030-12-31

    OpenLedger private token;

    struct State {
        AccountWord payer;
        AccountWord payee;
        TierWord limits;
        TierWord cap;
        uint64 supply;
        uint8 turn;
        uint32 time;
        uint64 pausedUntil;
    }

    function setUp() external {
        token = new OpenLedger();
    }

    // --- conservation ---

    function check_paymentWithinATierMovesItsValueAndNoOtherFen(State memory state, uint256 value) external {
        _enter(state, PERSON, PERSON);
        _movesItsValue(state, value);
    }

    function check_paymentBetweenTiersMovesItsValueAndNoOtherFen(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        _movesItsValue(state, value);
    }

    function check_payoutOfASystemContractMovesItsValueAndNoOtherFen(State memory state, uint256 value) external {
        _enter(state, TierWords.SYSTEM, PERSON);
        _movesItsValue(state, value);
    }

    function check_paymentToOneselfMovesNothing(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, PAYER, value)) return;
        assert((token.balanceOf(PAYER) ^ state.payer.balance()) | (token.totalSupply() ^ state.supply) == 0);
    }

    function check_mintLiftsBalanceAndSupplyAlikeWithinAFreshAttestation(
        State memory state,
        uint256 value,
        uint64 attested,
        uint64 expiry
    ) external {
        _enter(state, PERSON, OTHER_PERSON);
        token.setSupply(state.supply, attested, expiry);
        if (!_update(address(0), PAYEE, value)) return;
        uint256 supply = token.totalSupply();
        uint256 differs = token.balanceOf(PAYEE) ^ (state.payee.balance() + value);
        assert(differs | (supply ^ (state.supply + value)) == 0);
        assert(supply <= attested);
        assert(state.time < expiry);
    }

    function check_redemptionLowersBalanceAndSupplyAlike(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, address(0), value)) return;
        uint256 differs = token.balanceOf(PAYER) ^ (state.payer.balance() - value);
        assert(differs | (token.totalSupply() ^ (state.supply - value)) == 0);
    }

    function check_returnNeverSticksAndMovesItsValueAlone(State memory state, uint256 value, uint8 tier, bool frozen)
        external
    {
        VM.assume(value != 0 && value <= state.payer.balance());
        _enter(state, TierWords.SYSTEM, PERSON);
        AccountWord payee = frozen ? state.payee.asFrozen() : state.payee.asUnfrozen();
        token.setWord(PAYEE, payee.withTier(tier));
        VM.prank(PAYER);
        token.returnTo(PAYEE, value);
        AccountWord word = token.wordOf(PAYEE);
        uint256 differs = AccountWord.unwrap(word) ^ AccountWord.unwrap(payee.withTier(tier).credited(value));
        differs |= token.balanceOf(PAYER) ^ (state.payer.balance() - value);
        assert(differs | (token.totalSupply() ^ state.supply) == 0);
    }

    // --- limits ---

    function check_noPaymentPassesALimit(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, PAYEE, value)) return;
        AccountWord word = token.wordOf(PAYER);
        uint256 above = _above(value, state.limits.perPayment());
        above |= _above(word.spentToday(), state.limits.perDay());
        above |= _above(word.spentThisYear(), state.limits.perYear());
        above |= _above(word.oneFactorToday(), state.limits.oneFactorPerDay());
        assert(above == 0);
    }

    function check_paymentCountsOnWhatTheTurnOfTheDayLeft(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, PAYEE, value)) return;
        AccountWord turned = _turned(state);
        AccountWord word = token.wordOf(PAYER);
        uint256 differs = word.spentToday() ^ (turned.spentToday() + value);
        differs |= word.spentThisYear() ^ (turned.spentThisYear() + value);
        differs |= word.day() ^ Calendar.dayOf(state.time);
        differs |= (word.tier() ^ PERSON) | (word.frozen() ? 1 : 0);
        assert(differs == 0);
    }

    function check_redemptionCountsTodayAndNotThisYear(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, address(0), value)) return;
        AccountWord turned = _turned(state);
        AccountWord word = token.wordOf(PAYER);
        assert((word.spentToday() ^ (turned.spentToday() + value))
                | (word.spentThisYear() ^ turned.spentThisYear()) == 0);
    }

    function check_frozenPayerIsNeverDebited(State memory state, uint256 value) external {
        VM.assume(state.payer.frozen());
        _enter(state, PERSON, OTHER_PERSON);
        assert(!_update(PAYER, PAYEE, value));
    }

    function check_frozenPayerNeverRedeems(State memory state, uint256 value) external {
        VM.assume(state.payer.frozen());
        _enter(state, PERSON, OTHER_PERSON);
        assert(!_update(PAYER, address(0), value));
    }

    function check_unregisteredAccountNeitherSendsNorReceives(State memory state, uint256 value) external {
        _enter(state, TierWords.NONE, PERSON);
        assert(!_update(PAYER, PAYEE, value));
        assert(!_update(PAYEE, PAYER, value));
    }

    function check_nothingIsPaidInAPause(State memory state, uint256 value) external {
        _enter(state, PERSON, PERSON);
        VM.assume(state.limits.paused() && state.time < state.pausedUntil);
        assert(!_update(PAYER, PAYEE, value));
    }

    function check_noPaymentLiftsAPersonAboveTheCap(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, PAYEE, value)) return;
        assert(token.balanceOf(PAYEE) <= state.cap.maxBalance());
    }

    function check_strangersPayNothingIntoASystemContract(State memory state, uint256 value) external {
        _enter(state, PERSON, TierWords.SYSTEM);
        assert(!_update(PAYER, PAYEE, value));
    }

    // --- parts ---

    function _enter(State memory state, uint256 payerTier, uint256 payeeTier) private {
        VM.assume(state.payer.balance() + state.payee.balance() <= state.supply);
        _turn(state);
        VM.warp(state.time);
        token.setWord(PAYER, state.payer.withTier(payerTier));
        token.setWord(PAYEE, state.payee.withTier(payeeTier));
        token.setTierWord(payeeTier, state.cap);
        token.setTierWord(payerTier, state.limits);
        token.setSupply(state.supply, 0, 0);
        token.setPausedUntil(state.pausedUntil);
    }

    /// @dev The payer's last debit was today, on another day of this year, or in another year. `turnedTo` knows no more of
    /// the days than that, and WordsProof covers it for every two days: here one pair stands for all.
    function _turn(State memory state) private pure {
        if (state.turn == 0) {
            VM.assume(state.payer.day() == Calendar.dayOf(state.time));
        } else {
            state.payer = _lastDebitOn(state.payer, state.turn == 1 ? NEW_YEARS_EVE - 1 : NEW_YEARS_EVE);
            state.time = uint32((state.turn == 1 ? NEW_YEARS_EVE : NEW_YEARS_EVE + 1) * 1 days - 8 hours);
        }
    }

    function _lastDebitOn(AccountWord word, uint256 day) private pure returns (AccountWord) {
        uint256 mask = uint256(type(uint24).max) << 192;
        return AccountWord.wrap((AccountWord.unwrap(word) & ~mask) | (day << 192));
    }

    function _update(address from, address to, uint256 value) private returns (bool passed) {
        (passed,) = address(token).call(abi.encodeCall(OpenLedger.update, (from, to, value)));
    }

    function _movesItsValue(State memory state, uint256 value) private {
        AccountWord before = token.wordOf(BYSTANDER);
        if (!_update(PAYER, PAYEE, value)) return;
        uint256 differs = token.balanceOf(PAYER) ^ (state.payer.balance() - value);
        differs |= token.balanceOf(PAYEE) ^ (state.payee.balance() + value);
        differs |= AccountWord.unwrap(token.wordOf(BYSTANDER)) ^ AccountWord.unwrap(before);
        assert(differs | (token.totalSupply() ^ state.supply) == 0);
    }

    /// @dev 1 or 0, without a branch.
    function _above(uint256 value, uint256 limit) private pure returns (uint256 above) {
        assembly ("memory-safe") {
            above := gt(value, limit)
        }
    }

    function _turned(State memory state) private pure returns (AccountWord word) {
        uint256 today = Calendar.dayOf(state.time);
        word = state.payer;
        if (word.day() != today) word = word.turnedTo(today, state.limits.lifetime());
    }
}
