// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {VM, bound} from "./Cheats.sol";
import {ShopBooks} from "./ShopBooks.sol";

/// @title Does what buyers, merchants, cashiers, funders, officers, strangers and time can do, mostly right
contract ShopHandler is ShopBooks {
    struct Draft {
        IMerchantCheckout.Order order;
        IMerchantCheckout.Part[] parts;
        uint256[] from;
        bytes[] sponsorships;
        IMerchantCheckout.Voucher[] vouchers;
    }

    constructor() {
        _open();
    }

    // --- who helps to pay ---

    function openBudget(uint256 who, uint256 total, uint256 life, uint256 spoil) external {
        uint256 funder = who % 2 == 0 ? PLATFORM : DISTRICT;
        IMerchantCheckout.Budget memory terms = IMerchantCheckout.Budget({
            funder: everyone[funder],
            signer: VM.addr(OFFERS),
            total: uint64(bound(total, 1, 100)),
            end: uint32(block.timestamp + bound(life, 1 hours, 48 hours)),
            salt: bytes32(budgets.length)
        });
        bytes32 id = checkout.budgetId(terms);
        uint256 key = spoil % 8 == 7 ? KEYS : KEYS + funder;
        try checkout.openBudget(terms, _sign(key, id)) {
            _accept("openBudget");
            if (key == KEYS) broken = "a stranger opened a budget";
            budgets.push(BudgetBook(id, terms.funder, terms.total, 0));
            place[id] = budgets.length;
        } catch {}
    }

    function openCampaign(uint256 who, uint256 face, uint256 count, uint256 least, uint256 life, uint256 kind)
        external
    {
        uint256 sponsor = who % 2 == 0 ? PLATFORM : DISTRICT;
        CampaignBook memory book;
        book.terms.sponsor = everyone[sponsor];
        book.terms.face = uint64(bound(face, 1, 20));
        book.terms.budget = uint64(book.terms.face * bound(count, 1, 6));
        book.terms.perPerson = uint32(1 + kind % 3);
        book.terms.start = uint64(block.timestamp + kind % 2 * 1 hours);
        book.terms.end = uint64(block.timestamp + bound(life, 2 hours, 72 hours));
        book.terms.minimumSpend = uint64(kind % 4 == 0 ? 0 : bound(least, 1, 40));
        book.terms.divisible = kind % 5 != 0;
        book.terms.merchants = _merchants();
        book.terms.issuer = VM.addr(ISSUER);
        book.terms.salt = bytes32(campaigns.length);
        book.id = voucher.campaignId(book.terms);
        bytes memory money = _money(KEYS + sponsor, address(voucher), book.terms.budget, book.terms.end, book.id);
        campaigns.push(book);
        place[book.id] = campaigns.length;
        VM.recordLogs();
        try voucher.open(book.terms, money) {
            _accept("openCampaign");
            try voucher.open(book.terms, money) {
                broken = "a campaign was opened twice";
            } catch {}
        } catch {
            delete place[book.id];
            campaigns.pop();
        }
    }

    function issue(uint256 which, uint256 who, uint256 count, uint256 spoil) external {
        if (campaigns.length == 0) return;
        CampaignBook storage book = campaigns[_recent(campaigns.length, which) - 1];
        address account = everyone[who % 8 == 7 ? who % (2 * PEOPLE) : _buyer(who)];
        ICityVoucher.Winner memory winner;
        (winner.account, winner.count) = (account, 1 + count % 3);
        winner.list = _leaf(account, winner.count);
        bytes memory signed = _winners(spoil % 8 == 7 ? OFFERS : ISSUER, book.id, winner.list);
        bool listed = voucher.isListed(book.id, winner.list);
        try voucher.listWinners(book.terms, winner.list, signed) {
            if (spoil % 8 == 7) broken = "somebody else listed winners";
        } catch {}
        if (spoil % 8 == 6) (winner.count, listed) = (winner.count + 1, false);
        uint256 had = voucher.holdingOf(book.id, account).count;
        VM.recordLogs();
        try voucher.issue(book.terms, winner) {
            _accept("issue");
            _read();
            if (spoil % 8 == 6 || (spoil % 8 == 7 && !listed)) broken = "vouchers went to who won none";
            if (winner.count <= had || winner.count > book.terms.perPerson) broken = "vouchers above the limit";
        } catch {}
    }

    function close(uint256 which) external {
        if (campaigns.length == 0) return;
        VM.recordLogs();
        try voucher.close(campaigns[which % campaigns.length].terms) {
            _accept("close");
            _read();
        } catch {}
    }

    // --- orders ---

    function pay(uint256 who, uint256 where, uint256 own, uint256 what, uint256 spoil) external {
        uint256 buyer = spoil % 16 == 4 ? who % PEOPLE : _buyer(who);
        uint256 seller = where % 4 == 3 ? _buyer(who / 2) : where % 4 == 0 ? BOOKS : TEA;
        Draft memory draft = _draft(buyer, seller, own % 3 == 0 ? 0 : bound(own, 1, 40), what);
        if (draft.parts.length == 0) return;
        bytes32 id = checkout.orderId(draft.order, draft.parts);
        for (uint256 i = 0; i < draft.parts.length; ++i) {
            uint256 key = spoil % 16 == 1 ? KEYS : OFFERS;
            if (draft.from[i] == 0) draft.sponsorships[i] = _sponsorship(key, id, draft.parts[i].budget);
        }
        uint256 payer = KEYS + (spoil % 16 == 2 ? buyer + 1 : buyer);
        bytes memory money = draft.order.own == 0
            ? _sign(payer, id)
            : _money(payer, address(checkout), draft.order.own, draft.order.expiry, id);
        if (spoil % 16 == 3) ++draft.order.amount;
        uint256 before = token.balanceOf(draft.order.merchant);
        uint256 purse = token.balanceOf(draft.order.payer);
        VM.recordLogs();
        try checkout.pay(draft.order, draft.parts, money, draft.sponsorships, draft.vouchers) {
            _accept("pay");
            if (draft.vouchers.length != 0) _accept("payWithVoucher");
            if (spoil % 16 == 2 || spoil % 16 == 3) broken = "an order was paid without its payer's signature";
            if (token.balanceOf(draft.order.merchant) != before + draft.order.amount) broken = "not the amount";
            if (token.balanceOf(draft.order.payer) != purse - draft.order.own) broken = "not the payer's own";
            _keep(draft, id);
            _read();
        } catch {}
        try checkout.pay(draft.order, draft.parts, money, draft.sponsorships, draft.vouchers) {
            if (place[id] != 0) broken = "an order was paid twice";
        } catch {}
    }

    function refund(uint256 which, uint256 value, uint256 who, uint256 spoil) external {
        if (sales.length == 0) return;
        SaleBook storage book = sales[which % sales.length];
        (IMerchantCheckout.Order memory order, IMerchantCheckout.Part[] memory parts, uint256[] memory from) =
            _words(book);
        uint64 amount = uint64(bound(value, spoil % 16 == 4 ? 0 : 1, book.amount - book.returned + 1));
        uint256 number = book.refunds;
        if (spoil % 16 == 5) number = number == 0 ? 1 : number - 1;
        uint256 signer = KEYS + (spoil % 4 == 3 ? PEOPLE + who % 3 : _of(order.merchant));
        bytes memory signed = _refund(spoil % 16 == 6 ? KEYS + 9 : signer, book.id, number, amount);
        ICityVoucher.Campaign[] memory shown = _campaigns(from, spoil % 16 == 8);
        IMerchantCheckout.Cashier memory before = checkout.cashierOf(order.merchant, VM.addr(signer));
        VM.recordLogs();
        try checkout.refund(order, parts, uint32(number), amount, VM.addr(signer), signed, shown) {
            _accept("refund");
            if (VM.addr(signer) != order.merchant) {
                _accept("refundByCashier");
                if (amount > before.cap) broken = "a cashier refunded above its cap";
            }
            if (spoil % 16 == 6 && signer != KEYS + 9) broken = "a refund without its signature";
            _read();
        } catch {}
    }

    function setCashier(uint256 which, uint256 who, uint256 cap, uint256 spoil) external {
        (uint256 merchant, address cashier) = (which % 2 == 0 ? TEA : BOOKS, everyone[PEOPLE + who % 3]);
        uint32 number = checkout.cashierOf(everyone[merchant], cashier).number;
        uint64 most = uint64(cap % 50);
        uint256 key = KEYS + (spoil % 8 == 7 ? merchant + 1 : merchant);
        bytes memory signed = _cashier(key, everyone[merchant], cashier, most, number);
        try checkout.setCashier(everyone[merchant], cashier, most, number, signed) {
            _accept("setCashier");
            if (spoil % 8 == 7) broken = "somebody else set a cashier";
        } catch {}
    }

    // --- what else happens ---

    function transfer(uint256 payer, uint256 payee, uint256 value) external {
        VM.prank(everyone[payer % PEOPLE]);
        try token.transfer(everyone[payee % PEOPLE], bound(value, 1, 150)) {
            _accept("transfer");
        } catch {}
    }

    /// @dev Nobody leaves money where it would belong to nobody.
    function strand(uint256 payer, uint256 where) external {
        address to = where % 2 == 0 ? address(checkout) : address(voucher);
        VM.prank(where % 4 < 2 ? everyone[payer % PEOPLE] : address(till));
        try token.transfer(to, 1) {
            broken = "money was left in a contract of ours";
        } catch {}
    }

    function freeze(uint256 who) external {
        address[] memory list = new address[](1);
        list[0] = everyone[who % PEOPLE];
        if ((who >> 8) % 8 == 0) token.freeze(list);
        else token.unfreeze(list);
    }

    function pause(uint256 dice) external {
        if (dice % 64 == 0) token.pause();
        else token.unpause();
    }

    function setTier(uint256 who, uint256 tier) external {
        IStablecoin.TierAssignment[] memory list = new IStablecoin.TierAssignment[](1);
        list[0] = IStablecoin.TierAssignment(
            everyone[who % PEOPLE], uint8(tier % 32 == 0 ? tier / 32 % 7 : 1 + who % PEOPLE)
        );
        token.setTiers(list);
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + bound(time, 1, 4 hours));
    }

    // --- parts ---

    /// @dev An order of up to a voucher and two budgets.
    function _draft(uint256 payer, uint256 merchant, uint256 own, uint256 what)
        private
        view
        returns (Draft memory draft)
    {
        uint256 count = 0;
        uint256[3] memory pick; // a place + 1 among campaigns, budgets, budgets
        if (what % 2 == 0) pick[0] = _campaignOf(everyone[payer], what >> 8);
        if (what % 3 != 0) pick[1] = _recent(budgets.length, what >> 16);
        if (what % 5 == 0) pick[2] = _recent(budgets.length, what >> 24);
        for (uint256 i = 0; i < 3; ++i) {
            if (pick[i] != 0) ++count;
        }
        draft.order = IMerchantCheckout.Order({
            payer: everyone[payer],
            merchant: everyone[merchant],
            till: "T01",
            ref: bytes32(sales.length),
            own: uint64(own),
            amount: uint64(own),
            expiry: uint64(block.timestamp + 1 hours)
        });
        draft.parts = new IMerchantCheckout.Part[](count);
        draft.from = new uint256[](count);
        draft.sponsorships = new bytes[](count);
        draft.vouchers = new IMerchantCheckout.Voucher[](pick[0] == 0 ? 0 : 1);
        count = 0;
        for (uint256 i = 0; i < 3; ++i) {
            if (pick[i] != 0) _add(draft, count++, i == 0, pick[i] - 1, what >> (32 + 8 * i), merchant);
        }
    }

    function _add(Draft memory draft, uint256 seat, bool isVoucher, uint256 which, uint256 value, uint256 merchant)
        private
        view
    {
        IMerchantCheckout.Part memory part = draft.parts[seat];
        if (isVoucher) {
            CampaignBook storage book = campaigns[which];
            draft.from[seat] = which + 1;
            part.funder = address(voucher);
            part.budget = book.id;
            part.value = book.terms.divisible ? 1 + uint64(value) % (book.terms.face + 1) : book.terms.face;
            part.minimumSpend = book.terms.minimumSpend;
            draft.vouchers[0] = IMerchantCheckout.Voucher(book.terms, _shop(merchant));
        } else {
            part.funder = budgets[which].funder;
            part.budget = budgets[which].id;
            part.value = 1 + uint64(value) % 30;
            part.minimumSpend = uint64(value) % 6 == 0 ? uint64(value) % 40 : 0;
        }
        draft.order.amount += part.value;
    }

    function _keep(Draft memory draft, bytes32 id) private {
        sales.push(SaleBook(id, abi.encode(draft.order, draft.parts, draft.from), draft.order.amount, 0, 0));
        place[id] = sales.length;
        for (uint256 i = 0; i < draft.parts.length; ++i) {
            if (draft.from[i] == 0) budgets[place[draft.parts[i].budget] - 1].out += draft.parts[i].value;
        }
    }

    function _campaigns(uint256[] memory from, bool spoilt)
        private
        view
        returns (ICityVoucher.Campaign[] memory shown)
    {
        uint256 count = 0;
        for (uint256 i = 0; i < from.length; ++i) {
            if (from[i] != 0) ++count;
        }
        shown = new ICityVoucher.Campaign[](count);
        count = 0;
        for (uint256 i = 0; i < from.length; ++i) {
            if (from[i] != 0) shown[count++] = campaigns[spoilt ? from[i] % campaigns.length : from[i] - 1].terms;
        }
    }

    /// @dev The last ones are the likeliest to be open; 0 when there is none.
    function _recent(uint256 count, uint256 dice) private pure returns (uint256) {
        return count == 0 ? 0 : count - dice % (count < 3 ? count : 3);
    }

    /// @dev A campaign of which `account` has something, or any; 0 when there is none.
    function _campaignOf(address account, uint256 dice) private view returns (uint256) {
        for (uint256 i = campaigns.length; i > 0; --i) {
            CampaignBook storage book = campaigns[i - 1];
            if (voucher.holdingOf(book.id, account).left != 0 && block.timestamp < book.terms.end) return i;
        }
        return _recent(campaigns.length, dice);
    }

    /// @dev Two who neither sell nor help to pay.
    function _buyer(uint256 who) private pure returns (uint256) {
        return who % 2 * 2;
    }

    function _of(address account) private view returns (uint256 i) {
        while (everyone[i] != account) ++i;
    }
}
