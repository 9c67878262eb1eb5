// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {OrderWord, OrderWords} from "../../contracts/libraries/OrderWord.sol";
import {PacketWords} from "../../contracts/libraries/PacketWord.sol";
import {TierWord, TierWords} from "../../contracts/libraries/TierWord.sol";
import {AnyPayment} from "./AnyPayment.sol";
import {LimitProof} from "./Limit.t.sol";
import {OrderProof} from "./Order.t.sol";
import {PacketProof} from "./Packet.t.sol";
import {PaymentProof} from "./Payment.t.sol";
import {ShareProof} from "./Share.t.sol";
import {VoucherProof} from "./Voucher.t.sol";
import {WordsProof} from "./Words.t.sol";

/// @dev Every theorem is met by an act that reaches its assertion: none is true only because nothing ever passes.
abstract contract PaymentWitness is AnyPayment {
    uint64 internal constant VALUE = 50; // what the payer may still spend by every limit
    uint256 internal constant FROZEN = 1 << 248;

    function _state(Turn turn) internal pure returns (State memory state) {
        bool sameDay = turn == Turn.SAME_DAY;
        uint256 word = 1000 | (uint256(100) << 64) | (uint256(300) << 128) | (uint256(100) << 216);
        state.payer = AccountWord.wrap(word);
        state.payee = AccountWord.wrap(450);
        uint256 limits = 500 | (uint256(VALUE) << 48) | (uint256(sameDay ? 150 : 50) << 96);
        limits |= uint256(turn == Turn.NEXT_YEAR ? 50 : 350) << 144;
        limits |= uint256(sameDay ? 150 : 50) << 192;
        state.limits = TierWord.wrap(limits);
        state.cap = TierWord.wrap(500);
        (state.supply, state.turn) = (2000, turn);
    }

    function _passes(function(State memory, uint256) external theorem, State memory state) internal {
        passed = false;
        theorem(state, VALUE);
        require(passed, "never reached");
    }

    function _passes(function(State memory, Way, uint256) external theorem, State memory state, Way way) internal {
        passed = false;
        theorem(state, way, VALUE);
        require(passed, "never reached");
    }

    function _passesAtEveryTurnInEveryWay(function(State memory, Way, uint256) external theorem) internal {
        for (uint256 i = 0; i < 12; ++i) {
            _passes(theorem, _state(Turn(i % 3)), Way(i / 3));
        }
    }
}

contract LimitWitness is PaymentWitness, LimitProof {
    function test_aDebitAtItsLimitsReachesEachTheorem() external {
        _passesAtEveryTurnInEveryWay(this.check_noDebitIsAboveThePaymentsLimit);
        _passesAtEveryTurnInEveryWay(this.check_noDebitTakesTheDayAboveItsLimit);
        _passesAtEveryTurnInEveryWay(this.check_noDebitTakesOneFactorsDayAboveItsLimit);
        _passesAtEveryTurnInEveryWay(this.check_debitCountsOnWhatTheTurnOfTheDayLeft);
        _passesAtEveryTurnInEveryWay(this.check_debitCountsOneFactorUpToItsField);
        _passesAtEveryTurnInEveryWay(this.check_debitKeepsTierAndFlagsAndWritesTheDay);
        _passes(this.check_noPaymentTakesTheYearAboveItsLimit, _state(Turn.SAME_DAY), Way.WITHIN_A_TIER);
        _passes(this.check_noPaymentTakesTheYearAboveItsLimit, _state(Turn.NEXT_YEAR), Way.INTO_A_SYSTEM_CONTRACT);
        _passes(this.check_noPaymentLiftsAPersonAboveTheCap, _state(Turn.SAME_DAY), Way.WITHIN_A_TIER);
        _passes(this.check_noPaymentLiftsAPersonAboveTheCap, _state(Turn.SAME_DAY), Way.BETWEEN_TIERS);
        _passes(this.check_noMintLiftsAPersonAboveTheCap, _state(Turn.SAME_DAY));
        _passes(this.check_noPayoutLiftsAPersonAboveTheCap, _state(Turn.SAME_DAY));
        State memory lifetime = _state(Turn.NEXT_YEAR);
        lifetime.limits = TierWord.wrap(TierWord.unwrap(lifetime.limits) | (uint256(350) << 144) | (1 << 240));
        _passes(this.check_lifetimesLimitNeverStartsAgain, lifetime, Way.BETWEEN_TIERS);
    }

    function test_oneFenMorePassesNowhere() external {
        for (uint256 i = 0; i < 12; ++i) {
            require(!_spend(_state(Turn(i % 3)), Way(i / 3), VALUE + 1));
        }
    }

    /// @dev What passes without the cause, as shown above, is refused with it.
    function test_theRefusedDoNotPass() external {
        State memory state = _state(Turn.SAME_DAY);
        state.payer = state.payer.asFrozen();
        this.check_frozenPayerIsNeverDebited(state, Way.WITHIN_A_TIER, VALUE);
        this.check_frozenPayerIsNeverDebited(state, Way.REDEMPTION, VALUE);
        state = _state(Turn.SAME_DAY);
        state.payee = state.payee.asFrozen();
        this.check_frozenPersonReceivesNoPayment(state, Way.BETWEEN_TIERS, VALUE);
        state = _state(Turn.SAME_DAY);
        (state.limits, state.pausedUntil) = (state.limits.asPaused(), type(uint64).max);
        this.check_nothingIsPaidInAPause(state, Way.INTO_A_SYSTEM_CONTRACT, VALUE);
        this.check_unregisteredAccountNeitherSendsNorReceives(_state(Turn.SAME_DAY), VALUE);
        this.check_strangersPayNothingIntoASystemContract(_state(Turn.SAME_DAY), VALUE);
    }
}

contract ConservationWitness is PaymentWitness, PaymentProof {
    function test_moneyThatMovesReachesEachTheorem() external {
        _passes(this.check_paymentMovesItsValueAndNoOtherFen, _state(Turn.NEXT_DAY), Way.WITHIN_A_TIER);
        _passes(this.check_paymentMovesItsValueAndNoOtherFen, _state(Turn.NEXT_DAY), Way.BETWEEN_TIERS);
        _passes(this.check_paymentMovesItsValueAndNoOtherFen, _state(Turn.NEXT_DAY), Way.INTO_A_SYSTEM_CONTRACT);
        _passes(this.check_payoutOfASystemContractMovesItsValueAndNoOtherFen, _state(Turn.SAME_DAY));
        State memory oneself = _state(Turn.SAME_DAY);
        oneself.limits = TierWord.wrap(TierWord.unwrap(oneself.limits) + 500); // its cap, too
        _passes(this.check_paymentToOneselfMovesNothing, oneself);
        _passes(this.check_redemptionLowersBalanceAndSupplyAlike, _state(Turn.SAME_DAY));
    }

    function test_mintAndReturnReachEachTheorem() external {
        State memory state = _state(Turn.SAME_DAY);
        this.check_mintLiftsBalanceAndSupplyAlike(state, VALUE, 2050, type(uint64).max);
        require(passed);
        passed = false;
        this.check_mintStaysWithinAFreshAttestation(state, VALUE, 2050, type(uint64).max);
        require(passed);
        passed = false;
        state.payee = state.payee.asFrozen();
        this.check_returnNeverSticksAndMovesItsValueAlone(state, 1000, TierWords.NONE);
        require(passed);
        this.check_nobodyButASystemContractReturns(state, VALUE, uint8(PERSON));
    }
}

contract PacketWitness is PacketProof {
    function test_eachActReachesItsTheorem() external {
        IRedPacketEscrow.Terms memory terms =
            IRedPacketEscrow.Terms(address(1), 100, 10, 9, 0, false, bytes32(uint256(1)), address(0), address(0), 0, 0);
        this.check_packetOpensWithItsTotal(terms, new bytes(65));
        require(purse.received() == 100);
        this.check_claimOfTenKeepsTheSum(90, 0, true, terms);
        require(purse.paid() == 9);
        (terms.lucky, terms.maxShare, terms.dealer, terms.drawCommitment) = (true, 10, address(1), bytes20(uint160(1)));
        this.check_luckyPacketOpensOnlyIfItsSharesCanHoldTheTotal(terms, new bytes(65));
        require(purse.received() == 200);
    }

    function test_lastClaimsReachTheirs() external {
        IRedPacketEscrow.Terms memory terms;
        (terms.total, terms.shares, terms.expiry) = (100, 10, 9);
        this.check_lastClaimKeepsTheSum(10, 90, true, terms);
        require(purse.paid() == 10);
    }

    function test_lastButOneReachesItsOwn() external {
        IRedPacketEscrow.Terms memory terms;
        (terms.total, terms.shares, terms.expiry) = (100, 10, 9);
        this.check_claimOfTwoKeepsTheSum(20, 80, true, terms);
        require(purse.paid() == 10);
    }

    function test_collectionReachesItsOwn() external {
        IRedPacketEscrow.Terms memory terms;
        (terms.total, terms.shares, terms.expiry) = (100, 10, 9);
        this.check_collectionKeepsTheSum(20, 2, 80, 30, true, terms);
        require(purse.paid() == 30);
    }

    function test_refundReachesItsOwn() external {
        IRedPacketEscrow.Terms memory terms;
        (terms.total, terms.shares) = (100, 10);
        this.check_refundGivesBackWhatIsLeftAndOwedOnce(20, 2, 80, terms);
        require(purse.returned() == 100);
    }
}

contract VoucherWitness is VoucherProof {
    function test_issueReachesItsTheorem() external {
        this.check_issueMovesMoneyFromUnissuedToOpen(_terms(), 8000, 0, 0, 0, 2);
        require(voucher.stateOf(voucher.campaignId(_terms())).open == 4000);
    }

    function test_spendReachesItsTheorem() external {
        this.check_spendPaysWhatLeavesTheHolder(_terms(), 0, 4000, 4000, 2000, 2000);
        require(purse.paid() == 2000);
    }

    function test_restoreReachesItsTheorem() external {
        this.check_restoredMoneyIsTheHoldersOrAfterTheEndTheSponsors(_terms(), 0, 1, 1, 10);
        require(purse.pulled() == 10 && purse.returned() == 0);
    }

    function test_restoreAfterTheEndReachesIts() external {
        ICityVoucher.Campaign memory terms = _terms();
        terms.end = 1;
        this.check_restoredMoneyIsTheHoldersOrAfterTheEndTheSponsors(terms, 0, 1, 1, 10);
        require(purse.returned() == 10);
    }

    function test_closeReachesItsTheorem() external {
        ICityVoucher.Campaign memory terms = _terms();
        terms.end = 1;
        this.check_closeGivesBackWhatIsUnissuedAndOpenOnce(terms, 30, 12);
        require(purse.returned() == 42);
    }

    function _terms() private view returns (ICityVoucher.Campaign memory terms) {
        (terms.face, terms.perPerson, terms.minimumSpend) = (FACE, 2, 2000);
        terms.end = uint64(block.timestamp + 1);
        terms.merchants = keccak256(bytes.concat(keccak256(abi.encode(MERCHANT, uint256(0)))));
    }
}

/// @dev These have assumptions alone: a call that meets them reaches the assertions.
contract OrderWitness is OrderProof {
    function test_eachAssumptionIsMet() external view {
        OrderWord word = OrderWords.PAID.withOwn(1).withPart(0, 2);
        IMerchantCheckout.Part memory one = IMerchantCheckout.Part(address(1), 0, 5, 7);
        this.check_wordCountsWhatComesBackAndNothingElse(word, 3, 4, 2);
        this.check_cutOfOnePartIsTheRefundWithinWhatWasPaid(word, 9, one, 11);
        this.check_undeservedPartGoesBackBeforeOwnMoney(word, 9, one, 5);
        this.check_ownMoneyGoesBackBeforeADeservedPart(word, 9, one, 4);
    }
}

/// @dev As above.
contract WordsWitness is WordsProof, ShareProof {
    function test_eachAssumptionIsMet() external view {
        AccountWord word = AccountWord.wrap(type(uint256).max);
        this.check_turnOfTheDayEmptiesTheDaysCountersAndKeepsTheRest(word, 1);
        this.check_yearsCounterEmptiesExactlyWhenTheYearIsAnother(word, 1);
        this.check_creditThenDebitIsTheWordBefore(AccountWord.wrap(1), 2);
        this.check_moneyComesAndGoesWithoutTouchingAnotherField(word, 3);
        this.check_oneFactorCounterNeverWraps(word, 1 << 24);
        this.check_drawTakesItsValueAndOneShare(PacketWords.open(5, 1, 0), 5, bytes20(0));
        this.check_shareOf2LeavesEnoughForTheOthers(5, 4, 1, true);
        this.check_shareOf4LeavesEnoughForTheOthers(9, 5, 2, true);
    }
}
