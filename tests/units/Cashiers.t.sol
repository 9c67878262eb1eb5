// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {ShopSpec} from "./ShopSpec.sol";

/// @title A cashier refunds its merchant's orders up to its cap of a day in Shenzhen, until it is dismissed
contract CashiersSpec is ShopSpec {
    uint256 private constant CASHIER = 7;
    uint256 private constant NEW_DAY = START + 12 hours;
    uint24 private constant TODAY = uint24((START + 8 hours) / 1 days);

    function test_merchantNamesACashierAndItIsSaid() external {
        Cheats.Log[] memory logs = _does(_name(40, 0));
        require(logs.length == 1, "one event");
        bytes memory topics = abi.encode(IMerchantCheckout.CashierSet.selector, everyone[TEA], everyone[CASHIER]);
        _said(logs[0], address(checkout), topics, abi.encode(40, 0));
        _is(40, 0, 0, 1);
    }

    function test_actsOnACashierComeInTheOrderOfTheirNumbersEachOnce() external {
        bytes4 reason = IMerchantCheckout.CashierNumberMismatch.selector;
        _mayNot(_name(40, 1), abi.encodeWithSelector(reason, 1, 0));
        _does(_name(40, 0));
        _mayNot(_name(40, 0), abi.encodeWithSelector(reason, 0, 1));
        _mayNot(_name(50, 2), abi.encodeWithSelector(reason, 2, 1));
        _does(_name(50, 1));
        _is(50, 0, 0, 2);
    }

    function test_onlyTheMerchantNamesItsCashier() external {
        bytes memory forged = _cashier(KEYS + CASHIER, everyone[TEA], everyone[CASHIER], 40, 0);
        bytes memory act =
            abi.encodeCall(IMerchantCheckout.setCashier, (everyone[TEA], everyone[CASHIER], 40, 0, forged));
        _mayNot(act, abi.encodeWithSelector(IMerchantCheckout.MerchantSignatureInvalid.selector, everyone[TEA]));
    }

    function test_cashierRefundsToItsCapAndNoFenMore() external {
        _does(_name(40, 0));
        bytes4 reason = IMerchantCheckout.CashierLimitExceeded.selector;
        _mayNot(_refunds("a", 0, 41), abi.encodeWithSelector(reason, everyone[CASHIER], 41, 40));
        Cheats.Log[] memory logs = _does(_refunds("a", 0, 30));
        (, address signer,,,) = abi.decode(logs[0].data, (uint32, address, uint64, uint64, uint64[]));
        require(signer == everyone[CASHIER], "signed by another");
        _is(40, 30, TODAY, 1);
        _mayNot(_refunds("b", 0, 11), abi.encodeWithSelector(reason, everyone[CASHIER], 41, 40));
        _does(_refunds("b", 0, 10));
        _is(40, 40, TODAY, 1);
        _mayNot(_refunds("a", 1, 1), abi.encodeWithSelector(reason, everyone[CASHIER], 41, 40));
    }

    function test_capOfOneFenRefundsOneFen() external {
        _does(_name(1, 0));
        _does(_refunds("a", 0, 1));
        _is(1, 1, TODAY, 1);
    }

    function test_capIsOfADayInShenzhen() external {
        _does(_name(40, 0));
        _does(_refunds("a", 0, 40));
        VM.warp(NEW_DAY - 1);
        bytes4 reason = IMerchantCheckout.CashierLimitExceeded.selector;
        _mayNot(_refunds("a", 1, 1), abi.encodeWithSelector(reason, everyone[CASHIER], 41, 40));
        VM.warp(NEW_DAY);
        _does(_refunds("a", 1, 3));
        _is(40, 3, TODAY + 1, 1);
    }

    function test_newCapCountsWhatWasRefundedThatDay() external {
        _does(_name(40, 0));
        _does(_refunds("a", 0, 40));
        _does(_name(50, 1));
        _is(50, 40, TODAY, 2);
        bytes4 reason = IMerchantCheckout.CashierLimitExceeded.selector;
        _mayNot(_refunds("a", 1, 11), abi.encodeWithSelector(reason, everyone[CASHIER], 51, 50));
        _does(_refunds("a", 1, 10));
    }

    function test_whoIsDismissedOrNeverWasNamedRefundsNothing() external {
        bytes memory reason =
            abi.encodeWithSelector(IMerchantCheckout.RefundSignatureInvalid.selector, everyone[CASHIER]);
        _mayNot(_refunds("a", 0, 1), reason);
        _does(_name(40, 0));
        _does(_refunds("a", 0, 1));
        _does(_name(0, 1));
        _mayNot(_refunds("a", 1, 1), reason);
    }

    function test_cashierOfAnotherMerchantRefundsNothing() external {
        bytes memory signature = _cashier(KEYS + BOOKS, everyone[BOOKS], everyone[CASHIER], 40, 0);
        _does(abi.encodeCall(IMerchantCheckout.setCashier, (everyone[BOOKS], everyone[CASHIER], 40, 0, signature)));
        _mayNot(
            _refunds("a", 0, 1),
            abi.encodeWithSelector(IMerchantCheckout.RefundSignatureInvalid.selector, everyone[CASHIER])
        );
    }

    function test_merchantItselfHasNoCap() external {
        _does(_name(40, 0));
        (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts) = _sale("a");
        _does(_giveBack(order, parts, 0, 60));
        _is(40, 0, 0, 1);
        require(checkout.cashierOf(everyone[TEA], everyone[TEA]).day == 0, "counted");
    }

    // --- parts ---

    function _name(uint64 cap, uint32 number) private view returns (bytes memory) {
        bytes memory signature = _cashier(KEYS + TEA, everyone[TEA], everyone[CASHIER], cap, number);
        return abi.encodeCall(IMerchantCheckout.setCashier, (everyone[TEA], everyone[CASHIER], cap, number, signature));
    }

    /// @dev A refund by the cashier of an order that is paid.
    function _refunds(bytes32 ref, uint32 number, uint64 value) private returns (bytes memory) {
        (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts) = _sale(ref);
        return _giveBackBy(KEYS + CASHIER, order, parts, number, value);
    }

    function _sale(bytes32 ref)
        private
        returns (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts)
    {
        parts = _both();
        order = _order(10, parts);
        order.ref = ref;
        if (!checkout.stateOf(checkout.orderId(order, parts)).paid) _does(_pay(order, parts));
    }

    function _is(uint64 cap, uint64 refundedToday, uint24 day, uint32 number) private view {
        IMerchantCheckout.Cashier memory expected = IMerchantCheckout.Cashier(cap, refundedToday, day, number);
        _same(abi.encode(checkout.cashierOf(everyone[TEA], everyone[CASHIER])), abi.encode(expected));
    }
}
