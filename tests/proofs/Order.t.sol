// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {Apportioning} from "../../contracts/libraries/Apportioning.sol";
import {OrderWord} from "../../contracts/libraries/OrderWord.sol";
import {VM} from "../invariants/Cheats.sol";

/// @title A refund of any paid order, after any refunds before it: whole, and within what each paid
/// @dev Of one part; with two and three halmos comes to no end, tests/units/Refunds.t.sol tries them.
contract OrderProof {
    function check_wordCountsWhatComesBackAndNothingElse(OrderWord word, uint64 own, uint48 value, uint8 part)
        external
        pure
    {
        VM.assume(part < 3 && word.number() != type(uint32).max);
        VM.assume(word.ownReturned() + own <= type(uint64).max && word.returned(part) + value <= type(uint48).max);
        OrderWord next = word.counted().withOwn(own).withPart(part, value);
        uint256 differs = (next.ownReturned() ^ (word.ownReturned() + own)) | (next.number() ^ (word.number() + 1));
        for (uint256 i = 0; i < 3; ++i) {
            differs |= next.returned(i) ^ (word.returned(i) + (i == part ? value : 0));
        }
        differs |= uint16(OrderWord.unwrap(next) ^ OrderWord.unwrap(word));
        assert(differs == 0);
    }

    function check_cutOfOnePartIsTheRefundWithinWhatWasPaid(
        OrderWord word,
        uint64 own,
        IMerchantCheckout.Part memory one,
        uint64 value
    ) external view {
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](1);
        parts[0] = one;
        _isTheRefund(word, own, parts, value);
    }

    /// @notice The same of any number of parts, for forge to try.
    function cutOfPartsIsTheRefundWithinWhatWasPaid(
        OrderWord word,
        uint64 own,
        IMerchantCheckout.Part[] memory parts,
        uint64 value
    ) external view {
        _isTheRefund(word, own, parts, value);
    }

    function check_undeservedPartGoesBackBeforeOwnMoney(
        OrderWord word,
        uint64 own,
        IMerchantCheckout.Part memory one,
        uint64 value
    ) external view {
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](1);
        parts[0] = one;
        uint256 kept = _kept(word, own, parts, value);
        VM.assume(kept < one.minimumSpend);
        (, uint64[] memory toParts) = this.cut(word, own, parts, kept, value);
        uint256 left = one.value - word.returned(0);
        assert(toParts[0] == (left < value ? left : value));
    }

    function check_ownMoneyGoesBackBeforeADeservedPart(
        OrderWord word,
        uint64 own,
        IMerchantCheckout.Part memory one,
        uint64 value
    ) external view {
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](1);
        parts[0] = one;
        uint256 kept = _kept(word, own, parts, value);
        VM.assume(kept >= one.minimumSpend);
        (uint256 toPayer,) = this.cut(word, own, parts, kept, value);
        uint256 left = own - word.ownReturned();
        assert(toPayer == (left < value ? left : value));
    }

    /// @notice {Apportioning-cut} as a call, so that the parts are calldata.
    function cut(OrderWord word, uint256 own, IMerchantCheckout.Part[] calldata parts, uint256 kept, uint256 value)
        external
        pure
        returns (uint256 toPayer, uint64[] memory toParts)
    {
        return Apportioning.cut(word, own, parts, kept, value);
    }

    function _isTheRefund(OrderWord word, uint256 own, IMerchantCheckout.Part[] memory parts, uint256 value)
        private
        view
    {
        uint256 kept = _kept(word, own, parts, value);
        (uint256 toPayer, uint64[] memory toParts) = this.cut(word, own, parts, kept, value);
        uint256 sum = toPayer;
        assert(word.ownReturned() + toPayer <= own);
        for (uint256 i = 0; i < parts.length; ++i) {
            assert(word.returned(i) + toParts[i] <= parts[i].value);
            sum += toParts[i];
        }
        assert(sum == value);
    }

    /// @dev What is kept of an order that was paid with these parts once `value` more is back.
    function _kept(OrderWord word, uint256 own, IMerchantCheckout.Part[] memory parts, uint256 value)
        private
        pure
        returns (uint256 kept)
    {
        VM.assume(word.ownReturned() <= own);
        kept = own - word.ownReturned();
        for (uint256 i = 0; i < parts.length; ++i) {
            VM.assume(parts[i].value <= type(uint48).max && word.returned(i) <= parts[i].value);
            kept += parts[i].value - word.returned(i);
        }
        VM.assume(value <= kept);
        kept -= value;
    }
}
