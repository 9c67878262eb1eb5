// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {ShopSpec} from "./ShopSpec.sol";

/// @title A funded order: each part from its funder, the rest from the payer, all to the merchant, or nothing at all
contract OrdersSpec is ShopSpec {
    function test_orderMovesEachPartAndTheRestAndSaysItsTerms() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes32 id = checkout.orderId(order, parts);
        require(!checkout.stateOf(id).paid, "paid before");
        Cheats.Log[] memory logs = _does(_pay(order, parts));
        require(logs.length == 6, "six events");
        bytes memory topics = abi.encode(IERC3009.AuthorizationUsed.selector, everyone[BUYER], id);
        _said(logs[0], address(token), topics, "");
        _saidTransfer(logs[1], address(token), everyone[BUYER], address(checkout), 50);
        _saidTransfer(logs[2], address(token), everyone[PLATFORM], everyone[TEA], 30);
        _saidTransfer(logs[3], address(token), everyone[DISTRICT], everyone[TEA], 20);
        _saidTransfer(logs[4], address(token), address(checkout), everyone[TEA], 50);
        topics = abi.encode(IMerchantCheckout.OrderPaid.selector, id, everyone[BUYER], everyone[TEA]);
        _said(logs[5], address(checkout), topics, abi.encode(order, parts));
        _came(id, 0, 0, 0, 0, 0);
    }

    function test_orderOfPartsAloneTakesNothingOfItsPayer() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(0, parts);
        Cheats.Log[] memory logs = _does(_pay(order, parts));
        require(logs.length == 3 && token.balanceOf(everyone[TEA]) == 450, "paid");
        require(token.balanceOf(everyone[BUYER]) == 400, "the payer's");
        _came(checkout.orderId(order, parts), 0, 0, 0, 0, 0);
    }

    function test_ownMoneyOfOneFenIsTakenAndPaid() external {
        IMerchantCheckout.Part[] memory parts = _both();
        _does(_pay(_order(1, parts), parts));
        require(token.balanceOf(everyone[TEA]) == 451 && token.balanceOf(everyone[BUYER]) == 399, "paid");
    }

    // --- who pays ---

    function test_onlyItsPayerPaysAnOrderAndOnlyAsSigned() external {
        for (uint64 own = 0; own < 10; own += 5) {
            IMerchantCheckout.Part[] memory parts = _both();
            IMerchantCheckout.Order memory order = _order(own, parts);
            order.ref = bytes32(uint256(own));
            bytes memory reason = own == 0
                ? abi.encodeWithSelector(IMerchantCheckout.PayerSignatureInvalid.selector, everyone[BUYER])
                : abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);
            _mayNot(_paySigned(order, parts, _payment(KEYS + TEA, order, parts)), reason);
            bytes memory payment = _payment(KEYS + BUYER, order, parts);
            (parts[0], parts[1]) = (parts[1], parts[0]);
            _mayNot(_paySigned(order, parts, payment), reason);
            (parts[0], parts[1]) = (parts[1], parts[0]);
            order.till = "T02";
            _mayNot(_paySigned(order, parts, payment), reason);
            order.till = "T01";
            _does(_paySigned(order, parts, payment));
        }
    }

    function test_contractPaysByItsOwnSignatureOfAnyLength() external {
        for (uint256 i = 0; i < 6; ++i) {
            bytes memory signature = new bytes(64 + i / 2);
            IMerchantCheckout.Part[] memory parts = _both();
            IMerchantCheckout.Order memory order = _order(uint64(i % 2), parts);
            order.payer = _wallet(signature);
            bytes memory reason = i % 2 == 0
                ? abi.encodeWithSelector(IMerchantCheckout.PayerSignatureInvalid.selector, order.payer)
                : abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);
            _mayNot(_paySigned(order, parts, new bytes(70)), reason);
            _does(_paySigned(order, parts, signature));
            _came(checkout.orderId(order, parts), 0, 0, 0, 0, 0);
        }
    }

    function test_payerThatCouldNotPayIsHelpedNeither() external {
        IMerchantCheckout.Part[] memory parts = _both();
        bytes memory bare = _pay(_order(0, parts), parts);
        _freeze(BUYER);
        _mayNot(bare, abi.encodeWithSelector(IStablecoin.AccountIsFrozen.selector, everyone[BUYER]));
        _mayNot(
            _pay(_order(5, parts), parts), abi.encodeWithSelector(IStablecoin.AccountIsFrozen.selector, everyone[BUYER])
        );
        token.setTiers(_tiered(everyone[BUYER], 0));
        _mayNot(bare, abi.encodeWithSelector(IStablecoin.AccountNotRegistered.selector, everyone[BUYER]));
        token.setTiers(_tiered(everyone[BUYER], 1));
        _mayNot(bare, abi.encodeWithSelector(IStablecoin.AccountIsFrozen.selector, everyone[BUYER]));
        address[] memory list = new address[](1);
        list[0] = everyone[BUYER];
        token.unfreeze(list);
        _does(bare);
    }

    function test_limitsOfThePayerHold() external {
        IMerchantCheckout.Part[] memory parts = _both();
        bytes memory reason =
            abi.encodeWithSelector(IStablecoin.PaymentLimitExceeded.selector, everyone[BUYER], 141, 140);
        _mayNot(_pay(_order(141, parts), parts), reason);
        _does(_pay(_order(140, parts), parts));
    }

    function test_limitOfTheMerchantHolds() external {
        IMerchantCheckout.Part[] memory parts = _parts(_part(_opened(_budget(200)), 100, 0));
        IMerchantCheckout.Order memory order = _order(101, parts);
        order.merchant = everyone[BOOKS];
        bytes memory reason =
            abi.encodeWithSelector(IStablecoin.BalanceLimitExceeded.selector, everyone[BOOKS], 601, 600);
        _mayNot(_pay(order, parts), reason);
        (order.own, order.amount) = (100, 200);
        _does(_pay(order, parts));
        require(token.balanceOf(everyone[BOOKS]) == 600, "paid");
    }

    function test_nothingIsPaidInAPauseNorToWhoIsFrozenNorToAContractOfOurs() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(5, parts);
        order.merchant = address(voucher);
        _mayNot(_pay(order, parts), abi.encodeWithSelector(IStablecoin.SystemRecipient.selector, voucher));
        order = _order(5, parts);
        _freeze(TEA);
        _mayNot(_pay(order, parts), abi.encodeWithSelector(IStablecoin.RecipientIsFrozen.selector, everyone[TEA]));
        token.pause();
        bytes memory reason = abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours);
        _mayNot(_pay(order, parts), reason);
        _mayNot(_pay(_order(0, parts), parts), reason);
    }

    // --- when ---

    function test_orderIsPaidUntilTheLastSecondBeforeItsExpiry() external {
        IMerchantCheckout.Part[] memory parts = _both();
        for (uint64 own = 0; own < 10; own += 5) {
            IMerchantCheckout.Order memory order = _order(own, parts);
            bytes32 id = checkout.orderId(order, parts);
            VM.warp(EXPIRY);
            _mayNot(_pay(order, parts), abi.encodeWithSelector(IMerchantCheckout.OrderExpired.selector, id, EXPIRY));
            VM.warp(EXPIRY - 1);
            _does(_pay(order, parts));
        }
    }

    function test_orderIsPaidOnce() external {
        IMerchantCheckout.Part[] memory parts = _both();
        for (uint64 own = 0; own < 10; own += 5) {
            IMerchantCheckout.Order memory order = _order(own, parts);
            bytes32 id = _paid(order, parts);
            _mayNot(_pay(order, parts), abi.encodeWithSelector(IMerchantCheckout.OrderAlreadyPaid.selector, id));
        }
    }

    // --- what an order is ---

    function test_orderHasOneToThreeParts() external {
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](4);
        for (uint256 i = 0; i < 4; ++i) {
            IMerchantCheckout.Budget memory budget = _budget(30);
            budget.salt = bytes32(i);
            parts[i] = _part(_opened(budget), 3, 0);
        }
        _isNoOrder(_order(5, parts), parts);
        IMerchantCheckout.Part[] memory three = new IMerchantCheckout.Part[](3);
        (three[0], three[1], three[2]) = (parts[0], parts[1], parts[2]);
        _does(_pay(_order(5, three), three));
        IMerchantCheckout.Part[] memory none = new IMerchantCheckout.Part[](0);
        _isNoOrder(_order(5, none), none);
    }

    function test_partsAndOwnMoneyAreTheAmount() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        order.amount = 99;
        _isNoOrder(order, parts);
        order.amount = 101;
        _isNoOrder(order, parts);
        order.amount = 100;
        _does(_pay(order, parts));
    }

    function test_partIsOneFenToWhatItsFieldHolds() external {
        IMerchantCheckout.Budget memory budget = _opened(_budget(30));
        IMerchantCheckout.Part[] memory parts = _parts(_part(budget, 0, 0));
        _isNoOrder(_order(5, parts), parts);
        parts[0].value = 2 ** 48;
        _isNoOrder(_order(5, parts), parts);
        parts[0].value = 2 ** 48 - 1;
        bytes4 reason = IMerchantCheckout.BudgetExceeded.selector;
        _mayNot(
            _pay(_order(5, parts), parts), abi.encodeWithSelector(reason, checkout.budgetId(budget), 2 ** 48 - 1, 30)
        );
        parts[0].value = 1;
        _does(_pay(_order(5, parts), parts));
    }

    function test_sumDoesNotWrap() external {
        IMerchantCheckout.Part[] memory parts = _both();
        (parts[0].value, parts[1].value) = (2 ** 47, 2 ** 47);
        IMerchantCheckout.Order memory order = _order(0, parts);
        (order.own, order.amount) = (type(uint64).max - 2 ** 48 + 1, 0);
        _isNoOrder(order, parts);
    }

    function test_budgetStandsInOnePartAlone() external {
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](3);
        (parts[0], parts[1]) = (_part(_opened(_budget(30)), 3, 0), _part(_opened(_districts(30)), 3, 0));
        for (uint256 i = 0; i < 2; ++i) {
            parts[2] = parts[i];
            parts[2].value = 4;
            _isNoOrder(_order(5, parts), parts);
        }
        IMerchantCheckout.Part[] memory twice = _parts(parts[0], parts[0]);
        _isNoOrder(_order(5, twice), twice);
    }

    function test_payerMerchantAndFundersDifferAndTheCheckoutIsNone() external {
        IMerchantCheckout.Part[] memory parts = _both();
        for (uint64 own = 0; own < 10; own += 5) {
            IMerchantCheckout.Order memory order = _order(own, parts);
            order.merchant = everyone[BUYER];
            _isNoOrder(order, parts);
            order.merchant = address(checkout);
            _isNoOrder(order, parts);
            order.merchant = everyone[PLATFORM];
            _isNoOrder(order, parts);
            order.merchant = everyone[DISTRICT];
            _isNoOrder(order, parts);
            (order.payer, order.merchant) = (everyone[DISTRICT], everyone[TEA]);
            _isNoOrder(order, parts);
        }
    }

    // --- minimum spend ---

    function test_minimumIsMetAtItsValueAndMissedAFenBelow() external {
        IMerchantCheckout.Part[] memory parts = _parts(_part(_opened(_budget(200)), 30, 80));
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.MinimumSpendNotMet.selector, 79, 80);
        _mayNot(_pay(_order(49, parts), parts), reason);
        _does(_pay(_order(50, parts), parts));
    }

    function test_lastPartWasSubtractedFirst() external {
        IMerchantCheckout.Budget memory first = _opened(_budget(200));
        IMerchantCheckout.Budget memory last = _opened(_districts(200));
        IMerchantCheckout.Part[] memory parts = _parts(_part(first, 30, 80), _part(last, 20, 100));
        _does(_pay(_order(50, parts), parts));
        parts[0].minimumSpend = 81;
        bytes4 reason = ICityVoucher.MinimumSpendNotMet.selector;
        _mayNot(_pay(_order(50, parts), parts), abi.encodeWithSelector(reason, 80, 81));
        (parts[0].minimumSpend, parts[1].minimumSpend) = (80, 101);
        _mayNot(_pay(_order(50, parts), parts), abi.encodeWithSelector(reason, 100, 101));
    }

    // --- parts ---

    function _isNoOrder(IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts) private {
        _mayNot(_pay(order, parts), abi.encodeWithSelector(IMerchantCheckout.OrderInvalid.selector));
    }
}
