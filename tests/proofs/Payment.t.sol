// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {TierWords} from "../../contracts/libraries/TierWord.sol";
import {VM} from "../invariants/Cheats.sol";
import {AnyPayment} from "./AnyPayment.sol";

/// @title No fen comes or goes by a payment, mint, redemption or return, from any words, limits, supply and day
/// @dev Equalities are gathered into one assertion (`differs`), because each assertion doubles the paths.
contract PaymentProof is AnyPayment {
    function check_paymentMovesItsValueAndNoOtherFen(State memory state, Way way, uint256 value) external {
        VM.assume(way != Way.REDEMPTION);
        AccountWord before = token.wordOf(BYSTANDER);
        if (!_spend(state, way, value)) return;
        _movedItsValue(state, value, before);
    }

    function check_payoutOfASystemContractMovesItsValueAndNoOtherFen(State memory state, uint256 value) external {
        AccountWord before = token.wordOf(BYSTANDER);
        _enter(state, TierWords.SYSTEM, PERSON);
        if (!_update(PAYER, PAYEE, value)) return;
        _movedItsValue(state, value, before);
    }

    function check_paymentToOneselfMovesNothing(State memory state, uint256 value) external {
        _enter(state, PERSON, OTHER_PERSON);
        if (!_update(PAYER, PAYER, value)) return;
        assert((token.balanceOf(PAYER) ^ state.payer.balance()) | (token.totalSupply() ^ state.supply) == 0);
    }

    function check_mintLiftsBalanceAndSupplyAlike(State memory state, uint256 value, uint64 attested, uint64 expiry)
        external
    {
        if (!_mint(state, value, attested, expiry)) return;
        uint256 differs = token.balanceOf(PAYEE) ^ (state.payee.balance() + value);
        assert(differs | (token.totalSupply() ^ (state.supply + value)) == 0);
    }

    function check_mintStaysWithinAFreshAttestation(State memory state, uint256 value, uint64 attested, uint64 expiry)
        external
    {
        if (!_mint(state, value, attested, expiry)) return;
        assert(token.totalSupply() <= attested);
        assert(block.timestamp < expiry);
    }

    function check_redemptionLowersBalanceAndSupplyAlike(State memory state, uint256 value) external {
        if (!_spend(state, Way.REDEMPTION, value)) return;
        uint256 differs = token.balanceOf(PAYER) ^ (state.payer.balance() - value);
        assert(differs | (token.totalSupply() ^ (state.supply - value)) == 0);
    }

    function check_returnNeverSticksAndMovesItsValueAlone(State memory state, uint256 value, uint8 tier) external {
        VM.assume(value != 0 && value <= state.payer.balance());
        _enter(state, TierWords.SYSTEM, PERSON);
        AccountWord payee = state.payee.withTier(tier);
        token.setWord(PAYEE, payee);
        VM.prank(PAYER);
        (passed,) = address(token).call(abi.encodeCall(token.returnTo, (PAYEE, value)));
        assert(passed);
        uint256 differs = AccountWord.unwrap(token.wordOf(PAYEE)) ^ AccountWord.unwrap(payee.credited(value));
        differs |= token.balanceOf(PAYER) ^ (state.payer.balance() - value);
        assert(differs | (token.totalSupply() ^ state.supply) == 0);
    }

    function check_nobodyButASystemContractReturns(State memory state, uint256 value, uint8 tier) external {
        VM.assume(tier != TierWords.SYSTEM);
        _enter(state, PERSON, PERSON);
        token.setWord(PAYER, state.payer.withTier(tier));
        VM.prank(PAYER);
        (passed,) = address(token).call(abi.encodeCall(token.returnTo, (PAYEE, value)));
        assert(!passed);
    }

    // --- parts ---

    function _mint(State memory state, uint256 value, uint64 attested, uint64 expiry) private returns (bool) {
        _enter(state, PERSON, OTHER_PERSON);
        token.setSupply(state.supply, attested, expiry);
        return _update(address(0), PAYEE, value);
    }

    function _movedItsValue(State memory state, uint256 value, AccountWord bystander) private view {
        uint256 differs = token.balanceOf(PAYER) ^ (state.payer.balance() - value);
        differs |= token.balanceOf(PAYEE) ^ (state.payee.balance() + value);
        differs |= AccountWord.unwrap(token.wordOf(BYSTANDER)) ^ AccountWord.unwrap(bystander);
        assert(differs | (token.totalSupply() ^ state.supply) == 0);
    }
}
