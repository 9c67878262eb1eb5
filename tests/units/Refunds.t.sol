// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {OrderWord, OrderWords} from "../../contracts/libraries/OrderWord.sol";
import {bound} from "../invariants/Cheats.sol";
import {OrderProof} from "../proofs/Order.t.sol";

/// @title The theorems of refunds, tried with orders that can be: any amounts, any returns before, any refund
contract RefundsSpec is OrderProof {
    function test_refundOfOnePart(uint256[4] calldata dice) external view {
        (OrderWord word, uint64 own, IMerchantCheckout.Part[3] memory parts, uint64 value) = _order(dice, 1);
        this.check_cutOfOnePartIsTheRefundWithinWhatWasPaid(word, own, parts[0], value);
        uint256 kept = uint256(own) + parts[0].value - word.ownReturned() - word.returned(0) - value;
        if (kept < parts[0].minimumSpend) this.check_undeservedPartGoesBackBeforeOwnMoney(word, own, parts[0], value);
        else this.check_ownMoneyGoesBackBeforeADeservedPart(word, own, parts[0], value);
    }

    function test_refundOfTwoParts(uint256[4] calldata dice) external view {
        (OrderWord word, uint64 own, IMerchantCheckout.Part[3] memory parts, uint64 value) = _order(dice, 2);
        IMerchantCheckout.Part[] memory both = new IMerchantCheckout.Part[](2);
        (both[0], both[1]) = (parts[0], parts[1]);
        this.cutOfPartsIsTheRefundWithinWhatWasPaid(word, own, both, value);
    }

    function test_refundOfThreeParts(uint256[4] calldata dice) external view {
        (OrderWord word, uint64 own, IMerchantCheckout.Part[3] memory parts, uint64 value) = _order(dice, 3);
        IMerchantCheckout.Part[] memory all = new IMerchantCheckout.Part[](3);
        (all[0], all[1], all[2]) = (parts[0], parts[1], parts[2]);
        this.cutOfPartsIsTheRefundWithinWhatWasPaid(word, own, all, value);
    }

    function test_wordCountsWhatComesBack(uint256[4] calldata dice, uint32 own, uint32 value) external view {
        (OrderWord word,,,) = _order(dice, 3);
        this.check_wordCountsWhatComesBackAndNothingElse(word, own, value, uint8(dice[0] % 3));
    }

    function test_everyFieldOfAnOrderHoldsItsMostAndTouchesNoOther() external pure {
        uint256 most = type(uint48).max;
        _reads(OrderWords.PAID.withOwn(type(uint64).max), type(uint64).max, 0, 0, 0, 0);
        _reads(OrderWords.PAID.withPart(0, most), 0, most, 0, 0, 0);
        _reads(OrderWords.PAID.withPart(1, most), 0, 0, most, 0, 0);
        _reads(OrderWords.PAID.withPart(2, most), 0, 0, 0, most, 0);
        _reads(OrderWord.wrap(uint256(type(uint32).max) << 16), 0, 0, 0, 0, type(uint32).max);
    }

    function test_orderCountsItsRefundsUpToWhatTheFieldHolds() external view {
        OrderWord word = OrderWord.wrap((uint256(type(uint32).max) - 1) << 16 | 1);
        require(this.counted(word).number() == type(uint32).max, "the last");
        try this.counted(this.counted(word)) {
            revert("one more");
        } catch {}
    }

    function test_moreThanIsLeftOfAnOrderIsNotCut() external view {
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](1);
        parts[0].value = 6;
        (uint256 own, uint64[] memory shares) = this.cut(OrderWords.PAID, 5, parts, 0, 11);
        require(own == 5 && shares[0] == 6, "all of it");
        try this.cut(OrderWords.PAID, 5, parts, 0, 12) {
            revert("a fen more");
        } catch {}
    }

    /// @notice {OrderWords-counted} as a call, whose panic is caught.
    function counted(OrderWord word) external pure returns (OrderWord) {
        return word.counted();
    }

    function _reads(OrderWord word, uint256 own, uint256 first, uint256 second, uint256 third, uint256 number)
        private
        pure
    {
        require(word.isPaid() && word.ownReturned() == own && word.number() == number, "own or number");
        require(word.returned(0) == first && word.returned(1) == second && word.returned(2) == third, "parts");
    }

    /// @dev Small amounts half the time: equal ones and zeros are then met often.
    function _order(uint256[4] calldata dice, uint256 count)
        private
        pure
        returns (OrderWord word, uint64 own, IMerchantCheckout.Part[3] memory parts, uint64 value)
    {
        uint256 most = dice[3] % 2 == 0 ? 9 : type(uint32).max;
        own = uint64(bound(uint64(dice[0]), 0, most));
        word = OrderWords.PAID.withOwn(bound(uint64(dice[0] >> 64), 0, own));
        uint256 left = own - word.ownReturned();
        for (uint256 i = 0; i < count; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(dice[1], i)));
            parts[i].value = uint64(bound(uint64(seed), 1, most));
            parts[i].minimumSpend = uint64(bound(uint64(seed >> 64), 0, 3 * most));
            word = word.withPart(i, bound(uint64(seed >> 128), 0, parts[i].value));
            left += parts[i].value - word.returned(i);
        }
        value = uint64(bound(dice[2], 0, left));
    }
}
