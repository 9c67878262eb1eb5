// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {ShopSpec} from "./ShopSpec.sol";

/// @title A refund: at most what was paid, each to whom it is due, signed by the merchant and carried by anybody
contract OrderRefundsSpec is ShopSpec {
    function test_wholeOrderGoesBackAndSaysToWhom() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes32 id = _paid(order, parts);
        Cheats.Log[] memory logs = _does(_giveBack(order, parts, 0, 100));
        require(logs.length == 8, "eight events");
        bytes memory topics = abi.encode(IMerchantCheckout.OrderRefunded.selector, id, everyone[BUYER], everyone[TEA]);
        _said(logs[0], address(checkout), topics, abi.encode(0, everyone[TEA], 100, 50, _shares(30, 20)));
        _saidTransfer(logs[1], address(token), everyone[TEA], address(checkout), 100);
        _saidReturn(logs, 2, BUYER, 50);
        _saidReturn(logs, 4, PLATFORM, 30);
        _saidReturn(logs, 6, DISTRICT, 20);
        _came(id, 50, 30, 20, 0, 1);
        _has(_budget(200), 200);
        _has(_districts(200), 200);
    }

    function test_ownMoneyGoesBackFirstThenThePartsInOrder() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes32 id = _paid(order, parts);
        _does(_giveBack(order, parts, 0, 1));
        _came(id, 1, 0, 0, 0, 1);
        _does(_giveBack(order, parts, 1, 50));
        _came(id, 50, 1, 0, 0, 2);
        _has(_budget(200), 171);
        _does(_giveBack(order, parts, 2, 30));
        _came(id, 50, 30, 1, 0, 3);
        _has(_districts(200), 181);
        _does(_giveBack(order, parts, 3, 19));
        _came(id, 50, 30, 20, 0, 4);
    }

    function test_threePartsGoBackEachToItsFunder() external {
        IMerchantCheckout.Budget memory third = _budget(10);
        IMerchantCheckout.Part[] memory parts = new IMerchantCheckout.Part[](3);
        (parts[0], parts[1], parts[2]) = (_both()[0], _both()[1], _part(_opened(third), 7, 0));
        IMerchantCheckout.Order memory order = _order(0, parts);
        bytes32 id = _paid(order, parts);
        _does(_giveBack(order, parts, 0, 54));
        _came(id, 0, 30, 20, 4, 1);
        _has(third, 7);
        _does(_giveBack(order, parts, 1, 3));
        _came(id, 0, 30, 20, 7, 2);
        require(token.balanceOf(everyone[PLATFORM]) == 400 && token.balanceOf(everyone[DISTRICT]) == 400, "back");
    }

    // --- how much, in which order ---

    function test_refundsComeToTheOrderAndNoFenMore() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes32 id = _paid(order, parts);
        bytes4 reason = IMerchantCheckout.RefundExceedsPaid.selector;
        _mayNot(_giveBack(order, parts, 0, 0), abi.encodeWithSelector(reason, id, 0, 100));
        _mayNot(_giveBack(order, parts, 0, 101), abi.encodeWithSelector(reason, id, 101, 100));
        _does(_giveBack(order, parts, 0, 90));
        _mayNot(_giveBack(order, parts, 1, 11), abi.encodeWithSelector(reason, id, 101, 100));
        _does(_giveBack(order, parts, 1, 10));
        _mayNot(_giveBack(order, parts, 2, 1), abi.encodeWithSelector(reason, id, 101, 100));
    }

    function test_refundsComeInTheOrderOfTheirNumbersEachOnce() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        _paid(order, parts);
        bytes4 reason = IMerchantCheckout.RefundNumberMismatch.selector;
        _mayNot(_giveBack(order, parts, 1, 5), abi.encodeWithSelector(reason, 1, 0));
        bytes memory first = _giveBack(order, parts, 0, 5);
        _does(first);
        _mayNot(first, abi.encodeWithSelector(reason, 0, 1));
        _mayNot(_giveBack(order, parts, 2, 5), abi.encodeWithSelector(reason, 2, 1));
        _does(_giveBack(order, parts, 1, 5));
    }

    function test_orderThatWasNotPaidIsNotGivenBack() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes4 reason = IMerchantCheckout.OrderNotPaid.selector;
        _mayNot(_giveBack(order, parts, 0, 5), abi.encodeWithSelector(reason, checkout.orderId(order, parts)));
        _paid(order, parts);
        (parts[0].funder, parts[1].funder) = (parts[1].funder, parts[0].funder);
        _mayNot(_giveBack(order, parts, 0, 5), abi.encodeWithSelector(reason, checkout.orderId(order, parts)));
    }

    function test_onlyTheMerchantsSignatureGivesBack() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes32 id = _paid(order, parts);
        bytes4 reason = IMerchantCheckout.RefundSignatureInvalid.selector;
        _mayNot(_giveBackBy(KEYS + BUYER, order, parts, 0, 5), abi.encodeWithSelector(reason, everyone[BUYER]));
        ICityVoucher.Campaign[] memory none = new ICityVoucher.Campaign[](0);
        bytes memory forged = _refund(KEYS + BUYER, id, 0, 5);
        bytes memory act = abi.encodeCall(IMerchantCheckout.refund, (order, parts, 0, 5, everyone[TEA], forged, none));
        _mayNot(act, abi.encodeWithSelector(reason, everyone[TEA]));
        bytes memory ofMore = _refund(KEYS + TEA, id, 0, 6);
        act = abi.encodeCall(IMerchantCheckout.refund, (order, parts, 0, 5, everyone[TEA], ofMore, none));
        _mayNot(act, abi.encodeWithSelector(reason, everyone[TEA]));
    }

    // --- what is kept meets the minimum, or the part goes back first ---

    function test_partIsKeptWhileItsMinimumIsMetAndGoesBackAFenBelow() external {
        IMerchantCheckout.Part[] memory parts = _parts(_part(_opened(_budget(200)), 30, 60));
        IMerchantCheckout.Order memory order = _order(70, parts);
        bytes32 id = _paid(order, parts);
        _does(_giveBack(order, parts, 0, 40));
        _came(id, 40, 0, 0, 0, 1);
        _does(_giveBack(order, parts, 1, 1));
        _came(id, 40, 1, 0, 0, 2);
        _does(_giveBack(order, parts, 2, 31));
        _came(id, 42, 30, 0, 0, 3);
    }

    function test_lastPartIsLookedAtFirst() external {
        IMerchantCheckout.Budget memory first = _opened(_budget(200));
        IMerchantCheckout.Budget memory last = _opened(_districts(200));
        // 100 fen with 40 own: without the last part 70, without both 40.
        IMerchantCheckout.Part[] memory parts = _parts(_part(first, 30, 65), _part(last, 30, 80));
        IMerchantCheckout.Order memory order = _order(40, parts);
        bytes32 id = _paid(order, parts);
        _does(_giveBack(order, parts, 0, 5)); // 95 are enough for the last; 65 before it for the first
        _came(id, 5, 0, 0, 0, 1);
        _does(_giveBack(order, parts, 1, 1)); // 94 are; 64 are not
        _came(id, 5, 1, 0, 0, 2);
        _does(_giveBack(order, parts, 2, 20)); // 74 are not for the last; for the first they are then
        _came(id, 5, 1, 20, 0, 3);
        _does(_giveBack(order, parts, 3, 10)); // 64 for neither: ten of the last, and no more than is asked for
        _came(id, 5, 1, 30, 0, 4);
        _does(_giveBack(order, parts, 4, 30)); // 34 for neither
        _came(id, 6, 30, 30, 0, 5);
    }

    // --- a return never sticks; a refund is the merchant's money ---

    function test_refundPassesTheirFreezesCapsAndTiers() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        bytes32 id = _paid(order, parts);
        _freeze(BUYER);
        _freeze(PLATFORM);
        token.setTiers(_tiered(everyone[DISTRICT], 0));
        _does(_giveBack(order, parts, 0, 100));
        _came(id, 50, 30, 20, 0, 1);
    }

    function test_refundMeetsTheMerchantsFreezePauseBalanceAndAllowance() external {
        IMerchantCheckout.Part[] memory parts = _both();
        IMerchantCheckout.Order memory order = _order(50, parts);
        _paid(order, parts);
        bytes memory act = _giveBack(order, parts, 0, 5);
        VM.prank(everyone[TEA]);
        token.approve(address(checkout), 4);
        _mayNot(act, abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", checkout, 4, 5));
        VM.prank(everyone[TEA]);
        token.approve(address(checkout), 5);
        token.pause();
        _mayNot(act, abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours));
        token.unpause();
        _freeze(TEA);
        _mayNot(act, abi.encodeWithSelector(IStablecoin.AccountIsFrozen.selector, everyone[TEA]));
    }

    // --- parts ---

    function _saidReturn(Cheats.Log[] memory logs, uint256 place, uint256 who, uint256 value) private view {
        _said(logs[place], address(token), abi.encode(IStablecoin.Returned.selector, everyone[who]), abi.encode(value));
        _saidTransfer(logs[place + 1], address(token), address(checkout), everyone[who], value);
    }

    function _shares(uint64 first, uint64 second) private pure returns (uint64[] memory shares) {
        shares = new uint64[](2);
        (shares[0], shares[1]) = (first, second);
    }
}
