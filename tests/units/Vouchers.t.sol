// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {ShopSpec} from "./ShopSpec.sol";

/// @title Vouchers: money in the shops of a list, within dates, minimum and face; refunded they are their holder's again
contract VouchersSpec is ShopSpec {
    function test_voucherPaysTheMerchantAndItIsSaid() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 2);
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 15));
        Cheats.Log[] memory logs = _does(_pay(_order(0, parts), parts));
        require(logs.length == 3, "three events");
        bytes32 id = voucher.campaignId(campaign);
        bytes memory topics = abi.encode(ICityVoucher.VoucherSpent.selector, id, everyone[BUYER], everyone[TEA]);
        _said(logs[0], address(voucher), topics, abi.encode(15));
        _saidTransfer(logs[1], address(token), address(voucher), everyone[TEA], 15);
        _holds(campaign, 25, 2);
        _stands(campaign, 160, 25);
    }

    function test_voucherIsSpentToItsLastFenAndNoFurther() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 1);
        bytes4 reason = ICityVoucher.VoucherBalanceTooLow.selector;
        _mayNot(_of(campaign, 21, "a"), abi.encodeWithSelector(reason, everyone[BUYER], 21, 20));
        _does(_of(campaign, 19, "a"));
        _does(_of(campaign, 1, "b"));
        _mayNot(_of(campaign, 1, "c"), abi.encodeWithSelector(reason, everyone[BUYER], 1, 0));
        _stands(campaign, 180, 0);
    }

    function test_indivisibleVoucherIsSpentWhole() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.divisible = false;
        _given(campaign, 2);
        bytes4 reason = ICityVoucher.VoucherNotDivisible.selector;
        _mayNot(_of(campaign, 19, "a"), abi.encodeWithSelector(reason, 19, 20));
        _mayNot(_of(campaign, 21, "a"), abi.encodeWithSelector(reason, 21, 20));
        _does(_of(campaign, 20, "a"));
        _does(_of(campaign, 20, "b"));
    }

    // --- when, where, from what price on ---

    function test_voucherIsSpentFromTheStartToTheLastSecondBeforeTheEnd() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        (campaign.start, campaign.end) = (EXPIRY - 10, EXPIRY - 5);
        _given(campaign, 1);
        bytes32 id = voucher.campaignId(campaign);
        VM.warp(EXPIRY - 11);
        _mayNot(
            _of(campaign, 5, "a"), abi.encodeWithSelector(ICityVoucher.CampaignNotStarted.selector, id, EXPIRY - 10)
        );
        VM.warp(EXPIRY - 10);
        _does(_of(campaign, 5, "a"));
        VM.warp(EXPIRY - 6);
        _does(_of(campaign, 5, "b"));
        VM.warp(EXPIRY - 5);
        _mayNot(_of(campaign, 5, "c"), abi.encodeWithSelector(ICityVoucher.CampaignEnded.selector, id, EXPIRY - 5));
    }

    function test_voucherIsSpentFromItsMinimumOnAndNotAFenBelow() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.minimumSpend = 108;
        _given(campaign, 1);
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 20));
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.MinimumSpendNotMet.selector, 107, 108);
        _mayNot(_pay(_order(87, parts), parts), reason);
        _does(_pay(_order(88, parts), parts));
    }

    function test_voucherIsSpentInTheShopsOfItsListAlone() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 1);
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 5));
        IMerchantCheckout.Order memory order = _order(5, parts);
        IMerchantCheckout.Voucher[] memory vouchers = _vouchers(order, parts);
        vouchers[0].shop.category = BOOKS;
        bytes4 reason = ICityVoucher.MerchantNotAllowed.selector;
        bytes[] memory none = new bytes[](1);
        _mayNot(_payWith(order, parts, none, vouchers), abi.encodeWithSelector(reason, everyone[TEA]));
        order.merchant = everyone[0];
        _mayNot(_pay(order, parts), abi.encodeWithSelector(reason, everyone[0]));
        order.merchant = everyone[BOOKS];
        _does(_pay(order, parts));
    }

    function test_voucherMeetsTheMerchantsFreezeAndLimit() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 1);
        token.setTiers(_tiered(everyone[TEA], 1));
        VM.prank(everyone[0]);
        token.transfer(everyone[TEA], 96);
        bytes4 reason = IStablecoin.BalanceLimitExceeded.selector;
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 5));
        bytes memory act = _pay(_order(0, parts), parts);
        _mayNot(act, abi.encodeWithSelector(reason, everyone[TEA], 501, 500));
        _freeze(TEA);
        _mayNot(act, abi.encodeWithSelector(IStablecoin.RecipientIsFrozen.selector, everyone[TEA]));
        parts[0].value = 4;
        _mayNot(
            _pay(_order(0, parts), parts), abi.encodeWithSelector(IStablecoin.RecipientIsFrozen.selector, everyone[TEA])
        );
    }

    function test_onlyTheCheckoutSpendsAndRestores() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 1);
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.NotTheCheckout.selector, everyone[BUYER]);
        bytes memory act =
            abi.encodeCall(ICityVoucher.spend, (campaign, everyone[BUYER], everyone[TEA], 5, 5, _shop(TEA)));
        _refused(everyone[BUYER], address(voucher), act, reason);
        act = abi.encodeCall(ICityVoucher.restore, (campaign, everyone[BUYER], 5));
        _refused(everyone[BUYER], address(voucher), act, reason);
    }

    // --- what comes with an order ---

    function test_eachVoucherNeedsItsPartAndEachPartItsVoucher() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 2);
        IMerchantCheckout.Part[] memory parts = _parts(_both()[0], _partOf(campaign, 5));
        IMerchantCheckout.Order memory order = _order(5, parts);
        bytes[] memory signed = _sponsorships(OFFERS, order, parts);
        IMerchantCheckout.Voucher[] memory vouchers = _vouchers(order, parts);
        _doNotMatch(_payWith(order, parts, new bytes[](1), vouchers));
        _doNotMatch(_payWith(order, parts, new bytes[](3), vouchers));
        _doNotMatch(_payWith(order, parts, signed, new IMerchantCheckout.Voucher[](0)));
        IMerchantCheckout.Voucher[] memory two = new IMerchantCheckout.Voucher[](2);
        (two[0], two[1]) = (vouchers[0], vouchers[0]);
        _doNotMatch(_payWith(order, parts, signed, two));
        signed[1] = hex"00";
        _doNotMatch(_payWith(order, parts, signed, vouchers));
        signed[1] = "";
        _does(_payWith(order, parts, signed, vouchers));
    }

    function test_campaignThatIsShownIsThePartsAndSoIsItsMinimum() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.budget = 40;
        _given(campaign, 1);
        campaign.salt = "another";
        _given(campaign, 1);
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 5));
        bytes[] memory none = new bytes[](1);
        IMerchantCheckout.Order memory order = _order(5, parts);
        IMerchantCheckout.Voucher[] memory vouchers = _vouchers(order, parts);
        vouchers[0].campaign.salt = 0;
        _doNotMatch(_payWith(order, parts, none, vouchers));
        parts[0].minimumSpend = 1;
        _doNotMatch(_pay(order, parts));
        parts[0].minimumSpend = 0;
        _does(_pay(order, parts));
    }

    function test_twoVouchersAndABudgetPayTogether() external {
        (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts) = _three();
        bytes32 id = _paid(order, parts);
        _does(_giveBack(order, parts, 0, 46));
        _came(id, 5, 30, 11, 0, 1);
        _does(_giveBack(order, parts, 1, 1));
        _came(id, 5, 30, 12, 0, 2);
        _does(_giveBack(order, parts, 2, 11));
        _came(id, 5, 30, 20, 3, 3);
        (uint64 left,,) = checkout.budgetOf(address(voucher), parts[1].budget);
        require(left == 0, "vouchers are no budget");
    }

    // --- refunds ---

    function test_refundedVoucherIsItsHoldersAgainUntilTheEnd() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.end = EXPIRY;
        _given(campaign, 2);
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 30));
        IMerchantCheckout.Order memory order = _order(0, parts);
        bytes32 id = _paid(order, parts);
        VM.warp(EXPIRY - 1);
        Cheats.Log[] memory logs = _does(_giveBack(order, parts, 0, 20));
        bytes memory topics =
            abi.encode(ICityVoucher.VoucherRestored.selector, voucher.campaignId(campaign), everyone[BUYER]);
        _said(logs[2], address(voucher), topics, abi.encode(20));
        _saidTransfer(logs[logs.length - 1], address(token), address(checkout), address(voucher), 20);
        _holds(campaign, 30, 2);
        _stands(campaign, 160, 30);
        _came(id, 0, 20, 0, 0, 1);
    }

    function test_voucherRefundedFromTheEndOnIsTheSponsors() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.end = EXPIRY;
        _given(campaign, 2);
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, 30));
        IMerchantCheckout.Order memory order = _order(0, parts);
        _paid(order, parts);
        VM.warp(EXPIRY);
        Cheats.Log[] memory logs = _does(_giveBack(order, parts, 0, 20));
        bytes memory topics =
            abi.encode(ICityVoucher.VoucherReturned.selector, voucher.campaignId(campaign), everyone[BUYER]);
        _said(logs[2], address(voucher), topics, abi.encode(20));
        _saidTransfer(logs[logs.length - 1], address(token), address(voucher), everyone[DISTRICT], 20);
        _holds(campaign, 10, 2);
        _stands(campaign, 160, 10);
        _accepted(CARRIER, address(voucher), abi.encodeCall(ICityVoucher.close, (campaign)));
        _does(_giveBack(order, parts, 1, 10));
        _stands(campaign, 0, 0);
        require(token.balanceOf(everyone[DISTRICT]) == 400, "the sponsor's");
    }

    function test_refundShowsEachVouchersCampaignAndNoOther() external {
        (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts) = _three();
        _paid(order, parts);
        ICityVoucher.Campaign[] memory shown = _campaigns(parts);
        _doNotMatch(_showing(order, parts, new ICityVoucher.Campaign[](0)));
        ICityVoucher.Campaign[] memory other = new ICityVoucher.Campaign[](1);
        other[0] = shown[0];
        _doNotMatch(_showing(order, parts, other));
        other = new ICityVoucher.Campaign[](3);
        (other[0], other[1], other[2]) = (shown[0], shown[1], shown[1]);
        _doNotMatch(_showing(order, parts, other));
        (shown[0], shown[1]) = (shown[1], shown[0]);
        _doNotMatch(_showing(order, parts, shown));
        _does(_showing(order, parts, _campaigns(parts)));
    }

    // --- parts ---

    function _doNotMatch(bytes memory act) private {
        _mayNot(act, abi.encodeWithSelector(IMerchantCheckout.EvidenceMismatch.selector));
    }

    /// @dev An order to which the voucher pays `value` fen, and the buyer 5.
    function _of(ICityVoucher.Campaign memory campaign, uint64 value, bytes32 ref) private returns (bytes memory) {
        IMerchantCheckout.Part[] memory parts = _parts(_partOf(campaign, value));
        IMerchantCheckout.Order memory order = _order(5, parts);
        order.ref = ref;
        return _pay(order, parts);
    }

    /// @dev An order of 5 own fen, 30 of the platform's, and 20 and 3 of two campaigns.
    function _three() private returns (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts) {
        ICityVoucher.Campaign memory first = _campaign();
        (first.budget, first.salt) = (40, "first");
        ICityVoucher.Campaign memory second = _campaign();
        (second.budget, second.salt) = (40, "second");
        parts = new IMerchantCheckout.Part[](3);
        (parts[0], parts[1], parts[2]) = (_both()[0], _partOf(_given(first, 1), 20), _partOf(_given(second, 1), 3));
        order = _order(5, parts);
    }

    /// @dev A refund of 36 fen: 5 own, 30 of the budget, 1 of the first campaign.
    function _showing(
        IMerchantCheckout.Order memory order,
        IMerchantCheckout.Part[] memory parts,
        ICityVoucher.Campaign[] memory shown
    ) private view returns (bytes memory) {
        bytes memory signature = _refund(KEYS + TEA, checkout.orderId(order, parts), 0, 36);
        return abi.encodeCall(IMerchantCheckout.refund, (order, parts, 0, 36, everyone[TEA], signature, shown));
    }
}
