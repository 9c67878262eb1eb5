// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "./Cheats.sol";
import {ShopWorld} from "./ShopWorld.sol";
import {Tally} from "./Tally.sol";

/// @title Books of orders, budgets and campaigns, kept from the events alone, and what they must add up to
/// @dev `broken` names the first broken sentence: a revert would take the note back.
abstract contract ShopBooks is ShopWorld, Tally {
    struct SaleBook {
        bytes32 id;
        bytes words; // the order, its parts, and each part's campaign (its place + 1) or 0
        uint256 amount; // [fen]
        uint256 returned; // [fen]
        uint256 refunds;
    }

    struct BudgetBook {
        bytes32 id;
        address funder;
        uint256 total; // [fen]
        uint256 out; // [fen]
    }

    struct CampaignBook {
        bytes32 id;
        ICityVoucher.Campaign terms;
        uint256 issued; // [fen]
        uint256 spent; // [fen]
        uint256 refunded; // [fen] to the holder, or after the end to the sponsor
        uint256 returned; // [fen] of what was issued, to the sponsor
        uint256 unissued; // [fen] that went back at the end
    }

    string public broken;
    SaleBook[] internal sales;
    BudgetBook[] internal budgets;
    CampaignBook[] internal campaigns;
    mapping(bytes32 id => uint256) internal place; // + 1, of each of the three

    // --- what the invariants ask ---

    /// @notice Whether every order's refunds are what its state says, at most what was paid.
    function ordersAddUp() external view returns (bool) {
        for (uint256 i = 0; i < sales.length; ++i) {
            IMerchantCheckout.OrderState memory state = checkout.stateOf(sales[i].id);
            uint256 returned = uint256(state.ownReturned) + state.returned[0] + state.returned[1] + state.returned[2];
            if (!state.paid || returned != sales[i].returned || returned > sales[i].amount) return false;
            if (state.number != sales[i].refunds) return false;
        }
        return true;
    }

    /// @notice Whether every budget has what it did not pay, and nothing below zero.
    function budgetsAddUp() external view returns (bool) {
        for (uint256 i = 0; i < budgets.length; ++i) {
            (uint64 left,,) = checkout.budgetOf(budgets[i].funder, budgets[i].id);
            if (budgets[i].out > budgets[i].total || left != budgets[i].total - budgets[i].out) return false;
        }
        return true;
    }

    /// @notice Whether issued = spent - refunded + open + returned, and what was not issued is there or went back.
    function campaignsAddUp() external view returns (bool) {
        for (uint256 i = 0; i < campaigns.length; ++i) {
            CampaignBook storage book = campaigns[i];
            ICityVoucher.CampaignState memory state = voucher.stateOf(book.id);
            if (book.issued + book.refunded != book.spent + state.open + book.returned) return false;
            if (state.unissued + book.unissued + book.issued != book.terms.budget) return false;
            if (_held(book) != state.open && book.unissued + book.returned == 0) return false;
        }
        return true;
    }

    /// @notice [fen] that the checkout holds; that the voucher contract must hold; that it holds.
    function held() external view returns (uint256 here, uint256 due, uint256 balance) {
        for (uint256 i = 0; i < campaigns.length; ++i) {
            ICityVoucher.CampaignState memory state = voucher.stateOf(campaigns[i].id);
            due += uint256(state.unissued) + state.open;
        }
        return (token.balanceOf(address(checkout)), due, token.balanceOf(address(voucher)));
    }

    /// @dev What the people hold of a campaign [fen].
    function _held(CampaignBook storage book) private view returns (uint256 sum) {
        for (uint256 i = 0; i < everyone.length; ++i) {
            sum += voucher.holdingOf(book.id, everyone[i]).left;
        }
    }

    // --- the books ---

    /// @dev Foundry records the logs of reverted calls too: only after a success are they facts.
    function _read() internal {
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(token)) _noteMoney(logs, i);
            else if (logs[i].emitter == address(voucher)) _noteVoucher(logs[i]);
            else if (logs[i].topics[0] == IMerchantCheckout.OrderRefunded.selector) _noteRefund(logs[i]);
        }
    }

    /// @dev Voucher money goes to a merchant of the list, or back to a sponsor, and nowhere else.
    function _noteMoney(Cheats.Log[] memory logs, uint256 i) private {
        if (logs[i].topics[0] != IERC20.Transfer.selector || _topic(logs[i], 1) != address(voucher)) return;
        address to = _topic(logs[i], 2);
        bool back = i != 0 && logs[i - 1].topics[0] == IStablecoin.Returned.selector;
        if (back ? to != everyone[DISTRICT] && to != everyone[PLATFORM] : to != everyone[TEA] && to != everyone[BOOKS])
        {
            broken = "voucher money reached somebody else";
        }
    }

    function _noteVoucher(Cheats.Log memory log) private {
        CampaignBook storage book = campaigns[place[log.topics[1]] - 1];
        bytes32 event_ = log.topics[0];
        if (event_ == ICityVoucher.VoucherIssued.selector) {
            (, uint64 value) = abi.decode(log.data, (uint32, uint64));
            book.issued += value;
        } else if (event_ == ICityVoucher.VoucherSpent.selector) {
            book.spent += abi.decode(log.data, (uint64));
            if (block.timestamp < book.terms.start || block.timestamp >= book.terms.end) {
                broken = "a voucher was spent outside its window";
            }
        } else if (event_ == ICityVoucher.VoucherRestored.selector) {
            book.refunded += abi.decode(log.data, (uint64));
            if (block.timestamp >= book.terms.end) broken = "a voucher came back to its holder after the end";
        } else if (event_ == ICityVoucher.VoucherReturned.selector) {
            uint64 value = abi.decode(log.data, (uint64));
            book.refunded += value;
            book.returned += value;
        } else if (event_ == ICityVoucher.CampaignClosed.selector) {
            (uint64 unissued, uint64 open) = abi.decode(log.data, (uint64, uint64));
            book.unissued += unissued;
            book.returned += open;
            if (block.timestamp < book.terms.end) broken = "a campaign was closed early";
            if (_topic(log, 2) != book.terms.sponsor) broken = "the rest went elsewhere";
        }
    }

    function _noteRefund(Cheats.Log memory log) private {
        SaleBook storage book = sales[place[log.topics[1]] - 1];
        (uint32 number,, uint64 value, uint64 own, uint64[] memory shares) =
            abi.decode(log.data, (uint32, address, uint64, uint64, uint64[]));
        if (number != book.refunds++) broken = "a refund was skipped or replayed";
        book.returned += value;
        (, IMerchantCheckout.Part[] memory parts, uint256[] memory from) = _words(book);
        uint256 sum = own;
        for (uint256 i = 0; i < parts.length; ++i) {
            sum += shares[i];
            if (from[i] == 0) budgets[place[parts[i].budget] - 1].out -= shares[i];
        }
        if (sum != value) broken = "a refund's shares are not its value";
    }

    function _words(SaleBook storage book)
        internal
        view
        returns (IMerchantCheckout.Order memory, IMerchantCheckout.Part[] memory, uint256[] memory)
    {
        return abi.decode(book.words, (IMerchantCheckout.Order, IMerchantCheckout.Part[], uint256[]));
    }

    function _topic(Cheats.Log memory log, uint256 i) private pure returns (address) {
        return address(uint160(uint256(log.topics[i])));
    }
}
