// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {ShopWorld} from "../invariants/ShopWorld.sol";
import {Spec} from "./Spec.sol";

/// @title Orders that `everyone[BUYER]` makes at the tea shop, who helps to pay them, and what all of them ask
/// @dev Everybody has 400 fen and lets the checkout move them.
abstract contract ShopSpec is ShopWorld, Spec {
    uint256 internal constant BUYER = 2;
    address internal constant CARRIER = address(0xCA881E8);
    uint64 internal constant EXPIRY = uint64(START + 1 hours);
    uint64 internal constant END = uint64(START + 24 hours);

    /// @dev What the campaigns are of which parts are made.
    mapping(bytes32 id => ICityVoucher.Campaign) private _terms;

    function setUp() external {
        _open();
    }

    // --- terms ---

    function _budget(uint64 total) internal view returns (IMerchantCheckout.Budget memory) {
        return IMerchantCheckout.Budget(everyone[PLATFORM], VM.addr(OFFERS), total, uint32(END), "budget");
    }

    function _districts(uint64 total) internal view returns (IMerchantCheckout.Budget memory) {
        return IMerchantCheckout.Budget(everyone[DISTRICT], VM.addr(OFFERS), total, uint32(END), "budget");
    }

    /// @dev Ten divisible vouchers of 20 fen, two a person.
    function _campaign() internal view returns (ICityVoucher.Campaign memory campaign) {
        campaign.sponsor = everyone[DISTRICT];
        (campaign.budget, campaign.face, campaign.perPerson) = (200, 20, 2);
        (campaign.start, campaign.end, campaign.divisible) = (uint64(START), END, true);
        (campaign.merchants, campaign.issuer) = (_merchants(), VM.addr(ISSUER));
    }

    function _part(IMerchantCheckout.Budget memory budget, uint64 value, uint64 minimum)
        internal
        view
        returns (IMerchantCheckout.Part memory)
    {
        return IMerchantCheckout.Part(budget.funder, checkout.budgetId(budget), value, minimum);
    }

    function _partOf(ICityVoucher.Campaign memory campaign, uint64 value)
        internal
        returns (IMerchantCheckout.Part memory)
    {
        bytes32 id = voucher.campaignId(campaign);
        _terms[id] = campaign;
        return IMerchantCheckout.Part(address(voucher), id, value, campaign.minimumSpend);
    }

    function _order(uint64 own, IMerchantCheckout.Part[] memory parts)
        internal
        view
        returns (IMerchantCheckout.Order memory order)
    {
        (order.payer, order.merchant, order.till, order.ref) = (everyone[BUYER], everyone[TEA], "T01", "R1");
        (order.own, order.amount, order.expiry) = (own, own, EXPIRY);
        for (uint256 i = 0; i < parts.length; ++i) {
            order.amount += parts[i].value;
        }
    }

    function _parts(IMerchantCheckout.Part memory first) internal pure returns (IMerchantCheckout.Part[] memory parts) {
        parts = new IMerchantCheckout.Part[](1);
        parts[0] = first;
    }

    function _parts(IMerchantCheckout.Part memory first, IMerchantCheckout.Part memory second)
        internal
        pure
        returns (IMerchantCheckout.Part[] memory parts)
    {
        parts = new IMerchantCheckout.Part[](2);
        (parts[0], parts[1]) = (first, second);
    }

    // --- what stands ---

    /// @dev Opens it, unless it is.
    function _opened(IMerchantCheckout.Budget memory budget) internal returns (IMerchantCheckout.Budget memory) {
        (, address signer,) = checkout.budgetOf(budget.funder, checkout.budgetId(budget));
        if (signer == address(0)) _does(_openBudget(budget));
        return budget;
    }

    /// @dev Parts of 30 fen of the platform's and 20 of the district's, of open budgets of 200.
    function _both() internal returns (IMerchantCheckout.Part[] memory) {
        return _parts(_part(_opened(_budget(200)), 30, 0), _part(_opened(_districts(200)), 20, 0));
    }

    /// @dev The campaign is open and the buyer has `count` of its vouchers.
    function _given(ICityVoucher.Campaign memory campaign, uint256 count)
        internal
        returns (ICityVoucher.Campaign memory)
    {
        _accepted(CARRIER, address(voucher), _openCampaign(campaign));
        _accepted(CARRIER, address(voucher), _issue(campaign, _listed(campaign, everyone[BUYER], count)));
        return campaign;
    }

    /// @dev A list of this one winner, signed by the issuer.
    function _listed(ICityVoucher.Campaign memory campaign, address account, uint256 count)
        internal
        returns (ICityVoucher.Winner memory)
    {
        bytes32 list = _leaf(account, count);
        bytes memory signature = _winners(ISSUER, voucher.campaignId(campaign), list);
        _accepted(CARRIER, address(voucher), abi.encodeCall(ICityVoucher.listWinners, (campaign, list, signature)));
        return ICityVoucher.Winner(list, account, count, "");
    }

    function _paid(IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts)
        internal
        returns (bytes32)
    {
        _does(_pay(order, parts));
        return checkout.orderId(order, parts);
    }

    // --- acts ---

    function _openBudget(IMerchantCheckout.Budget memory budget) internal view returns (bytes memory) {
        uint256 key = KEYS + (budget.funder == everyone[PLATFORM] ? PLATFORM : DISTRICT);
        return abi.encodeCall(IMerchantCheckout.openBudget, (budget, _sign(key, checkout.budgetId(budget))));
    }

    function _openCampaign(ICityVoucher.Campaign memory campaign) internal view returns (bytes memory) {
        bytes32 id = voucher.campaignId(campaign);
        bytes memory money = _money(KEYS + DISTRICT, address(voucher), campaign.budget, campaign.end, id);
        return abi.encodeCall(ICityVoucher.open, (campaign, money));
    }

    function _issue(ICityVoucher.Campaign memory campaign, ICityVoucher.Winner memory winner)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(ICityVoucher.issue, (campaign, winner));
    }

    function _pay(IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts)
        internal
        view
        returns (bytes memory)
    {
        return _payWith(order, parts, _sponsorships(OFFERS, order, parts), _vouchers(order, parts));
    }

    function _payWith(
        IMerchantCheckout.Order memory order,
        IMerchantCheckout.Part[] memory parts,
        bytes[] memory sponsorships,
        IMerchantCheckout.Voucher[] memory vouchers
    ) internal view returns (bytes memory) {
        bytes memory payment = _payment(KEYS + BUYER, order, parts);
        return abi.encodeCall(IMerchantCheckout.pay, (order, parts, payment, sponsorships, vouchers));
    }

    function _paySigned(
        IMerchantCheckout.Order memory order,
        IMerchantCheckout.Part[] memory parts,
        bytes memory payment
    ) internal view returns (bytes memory) {
        bytes[] memory sponsorships = _sponsorships(OFFERS, order, parts);
        return abi.encodeCall(IMerchantCheckout.pay, (order, parts, payment, sponsorships, _vouchers(order, parts)));
    }

    /// @dev Signed by the merchant.
    function _giveBack(
        IMerchantCheckout.Order memory order,
        IMerchantCheckout.Part[] memory parts,
        uint32 number,
        uint64 value
    ) internal view returns (bytes memory) {
        return _giveBackBy(KEYS + TEA, order, parts, number, value);
    }

    function _giveBackBy(
        uint256 key,
        IMerchantCheckout.Order memory order,
        IMerchantCheckout.Part[] memory parts,
        uint32 number,
        uint64 value
    ) internal view returns (bytes memory) {
        bytes memory signature = _refund(key, checkout.orderId(order, parts), number, value);
        ICityVoucher.Campaign[] memory campaigns = _campaigns(parts);
        return
            abi.encodeCall(IMerchantCheckout.refund, (order, parts, number, value, VM.addr(key), signature, campaigns));
    }

    function _does(bytes memory act) internal returns (Cheats.Log[] memory) {
        return _accepted(CARRIER, address(checkout), act);
    }

    function _mayNot(bytes memory act, bytes memory reason) internal {
        _refused(CARRIER, address(checkout), act, reason);
    }

    // --- what comes with an order ---

    /// @dev The payer's money, or of an order without own money its signature.
    function _payment(uint256 key, IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts)
        internal
        view
        returns (bytes memory)
    {
        bytes32 id = checkout.orderId(order, parts);
        return order.own == 0 ? _sign(key, id) : _money(key, address(checkout), order.own, order.expiry, id);
    }

    function _sponsorships(uint256 key, IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts)
        internal
        view
        returns (bytes[] memory signatures)
    {
        bytes32 id = checkout.orderId(order, parts);
        signatures = new bytes[](parts.length);
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i].funder != address(voucher)) signatures[i] = _sponsorship(key, id, parts[i].budget);
        }
    }

    function _vouchers(IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts)
        internal
        view
        returns (IMerchantCheckout.Voucher[] memory vouchers)
    {
        ICityVoucher.Campaign[] memory campaigns = _campaigns(parts);
        vouchers = new IMerchantCheckout.Voucher[](campaigns.length);
        for (uint256 i = 0; i < campaigns.length; ++i) {
            vouchers[i] =
                IMerchantCheckout.Voucher(campaigns[i], _shop(order.merchant == everyone[BOOKS] ? BOOKS : TEA));
        }
    }

    function _campaigns(IMerchantCheckout.Part[] memory parts)
        internal
        view
        returns (ICityVoucher.Campaign[] memory campaigns)
    {
        uint256 count = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i].funder == address(voucher)) ++count;
        }
        campaigns = new ICityVoucher.Campaign[](count);
        count = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i].funder == address(voucher)) campaigns[count++] = _terms[parts[i].budget];
        }
    }

    // --- what they keep ---

    function _has(IMerchantCheckout.Budget memory budget, uint64 left) internal view {
        (uint64 found,,) = checkout.budgetOf(budget.funder, checkout.budgetId(budget));
        require(found == left, "left of the budget");
    }

    function _holds(ICityVoucher.Campaign memory campaign, uint64 left, uint32 count) internal view {
        ICityVoucher.Holding memory holding = voucher.holdingOf(voucher.campaignId(campaign), everyone[BUYER]);
        require(holding.left == left && holding.count == count, "holding");
    }

    function _stands(ICityVoucher.Campaign memory campaign, uint64 unissued, uint64 open) internal view {
        ICityVoucher.CampaignState memory state = voucher.stateOf(voucher.campaignId(campaign));
        require(state.unissued == unissued && state.open == open, "campaign");
        require(token.balanceOf(address(voucher)) == uint256(unissued) + open, "the vouchers' money");
    }

    /// @dev What came back of a paid order: of the payer's own, and of each part.
    function _came(bytes32 id, uint64 own, uint48 first, uint48 second, uint48 third, uint32 number) internal view {
        IMerchantCheckout.OrderState memory expected =
            IMerchantCheckout.OrderState(own, [first, second, third], number, true);
        _same(abi.encode(checkout.stateOf(id)), abi.encode(expected));
        require(token.balanceOf(address(checkout)) == 0, "the checkout holds money");
    }

    // --- parts ---

    /// @dev A wallet that accepts `signature` for anything, with 30 fen that it lets the checkout move.
    function _wallet(bytes memory signature) internal returns (address wallet) {
        wallet = VM.deployCode(artifact("CarelessWallet"), abi.encode(signature));
        token.setTiers(_tiered(wallet, 6));
        VM.prank(everyone[DISTRICT]);
        token.transfer(wallet, 30);
        VM.prank(wallet);
        token.approve(address(checkout), type(uint256).max);
    }

    function _freeze(uint256 who) internal {
        address[] memory list = new address[](1);
        list[0] = everyone[who];
        token.freeze(list);
    }

    function _tiered(address account, uint8 tier) internal pure returns (IStablecoin.TierAssignment[] memory list) {
        list = new IStablecoin.TierAssignment[](1);
        list[0] = IStablecoin.TierAssignment(account, tier);
    }
}
