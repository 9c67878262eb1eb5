// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {TierWord, TierWords} from "../../contracts/libraries/TierWord.sol";
import {VM} from "../invariants/Cheats.sol";
import {OpenLedger} from "./OpenLedger.sol";

/// @title The token in any state, and the ways in which a payer's money leaves: bounds in docs/proofs.md
/// @dev Addresses and tiers are keys of tables, nothing else: these few stand for all.
abstract contract AnyPayment {
    address internal constant PAYER = address(0xA11CE);
    address internal constant PAYEE = address(0xB0B);
    address internal constant BYSTANDER = address(0xCA401);
    uint256 internal constant PERSON = 1;
    uint256 internal constant OTHER_PERSON = 2;
    uint256 internal constant NEW_YEARS_EVE = 22_279; // 2030-12-31

    enum Turn {
        SAME_DAY,
        NEXT_DAY,
        NEXT_YEAR
    }

    enum Way {
        WITHIN_A_TIER,
        BETWEEN_TIERS,
        INTO_A_SYSTEM_CONTRACT,
        REDEMPTION
    }

    struct State {
        AccountWord payer;
        AccountWord payee;
        TierWord limits;
        TierWord cap;
        uint64 supply;
        uint64 pausedUntil;
        Turn turn;
    }

    OpenLedger internal token;
    bool internal passed;

    function setUp() external {
        token = new OpenLedger();
    }

    /// @dev Let `value` leave the payer in any way that there is. Whether it passed is kept for the witnesses.
    function _spend(State memory state, Way way, uint256 value) internal returns (bool) {
        if (way == Way.REDEMPTION) {
            _enter(state, PERSON, OTHER_PERSON);
            return _update(PAYER, address(0), value);
        }
        if (way == Way.INTO_A_SYSTEM_CONTRACT) {
            _enter(state, PERSON, TierWords.SYSTEM);
            VM.prank(PAYEE);
        } else {
            _enter(state, PERSON, way == Way.WITHIN_A_TIER ? PERSON : OTHER_PERSON);
        }
        return _update(PAYER, PAYEE, value);
    }

    function _update(address from, address to, uint256 value) internal returns (bool) {
        (passed,) = address(token).call(abi.encodeCall(OpenLedger.update, (from, to, value)));
        return passed;
    }

    function _enter(State memory state, uint256 payerTier, uint256 payeeTier) internal {
        VM.assume(state.payer.balance() + state.payee.balance() <= state.supply);
        VM.warp(_today(state.turn) * 1 days - 8 hours);
        state.payer = _lastDebitOn(state.payer, _today(state.turn) - (state.turn == Turn.SAME_DAY ? 0 : 1));
        token.setWord(PAYER, state.payer.withTier(payerTier));
        token.setWord(PAYEE, state.payee.withTier(payeeTier));
        token.setTierWord(payeeTier, state.cap);
        token.setTierWord(payerTier, state.limits);
        token.setSupply(state.supply, 0, 0);
        token.setPausedUntil(state.pausedUntil);
    }

    /// @dev The payer's last debit was today, or yesterday in the same year, or in another year. `turnedTo` knows no more
    /// of the days than that, and WordsProof covers it for every two days: here one pair stands for all.
    function _today(Turn turn) internal pure returns (uint256) {
        return turn == Turn.NEXT_YEAR ? NEW_YEARS_EVE + 1 : NEW_YEARS_EVE;
    }

    function _lastDebitOn(AccountWord word, uint256 day) private pure returns (AccountWord) {
        uint256 mask = uint256(type(uint24).max) << 192;
        return AccountWord.wrap((AccountWord.unwrap(word) & ~mask) | (day << 192));
    }
}
