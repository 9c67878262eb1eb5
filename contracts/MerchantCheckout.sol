// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CityVoucher} from "./CityVoucher.sol";
import {ICityVoucher} from "./interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "./interfaces/IMerchantCheckout.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {Apportioning} from "./libraries/Apportioning.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {OrderWord, OrderWords} from "./libraries/OrderWord.sol";
import {TokenCalls} from "./libraries/TokenCalls.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Funded orders: see {IMerchantCheckout}
/// @dev Invariants: it holds no token between two transactions; a paid order moved exactly its amount to its merchant;
/// what came back of an order is at most what was paid; a budget never goes below zero.
/// Reentrancy: only the immutable token and the voucher contract made here are called, and, by STATICCALL, ERC-1271
/// accounts. An order is marked before any money moves.
contract MerchantCheckout is IMerchantCheckout, EIP712 {
    using OrderTerms for Order;
    using TokenCalls for address;

    /// @dev left 64 | signer 160 | end 32: one slot.
    struct OpenBudget {
        uint64 left; // [fen]
        address signer;
        uint32 end;
    }

    bytes32 private constant BUDGET_TYPEHASH =
        keccak256("Budget(address funder,address signer,uint64 total,uint32 end,bytes32 salt)");
    bytes32 private constant SPONSORSHIP_TYPEHASH = keccak256("Sponsorship(bytes32 order,bytes32 budget)");
    bytes32 private constant REFUND_TYPEHASH = keccak256("Refund(bytes32 order,uint32 number,uint64 value)");
    bytes32 private constant CASHIER_TYPEHASH =
        keccak256("Cashier(address merchant,address cashier,uint64 cap,uint32 number)");

    /// @inheritdoc IMerchantCheckout
    address public immutable token;
    /// @inheritdoc IMerchantCheckout
    address public immutable voucher;

    mapping(bytes32 order => OrderWord) private _orders;
    mapping(address funder => mapping(bytes32 budget => OpenBudget)) private _budgets;
    mapping(address merchant => mapping(address cashier => Cashier)) private _cashiers;

    /// @dev The two contracts know each other for ever: the voucher contract is made here.
    // slither-disable-next-line missing-zero-check
    constructor(address token_) EIP712("MerchantCheckout", "1") {
        token = token_;
        voucher = address(new CityVoucher(token_));
        // What a refund brings back of a voucher is fetched from here in the same transaction. The token answers true.
        // slither-disable-next-line unused-return
        IERC20(token_).approve(voucher, type(uint256).max);
    }

    /// @inheritdoc IMerchantCheckout
    function openBudget(Budget calldata budget, bytes calldata signature) external returns (bytes32 id) {
        if (budget.signer == address(0) || budget.total == 0 || budget.end <= block.timestamp) revert BudgetInvalid();
        id = budgetId(budget);
        OpenBudget storage opened = _budgets[budget.funder][id];
        if (opened.signer != address(0)) revert BudgetAlreadyOpen(id);
        if (!_isSignedBy(budget.funder, id, signature)) {
            revert FunderSignatureInvalid(budget.funder);
        }
        (opened.left, opened.signer, opened.end) = (budget.total, budget.signer, budget.end);
        emit BudgetOpened(id, budget.funder, budget);
    }

    /// @inheritdoc IMerchantCheckout
    function pay(
        Order calldata order,
        Part[] calldata parts,
        bytes calldata payment,
        bytes[] calldata sponsorships,
        Voucher[] calldata vouchers
    ) external returns (bytes32 id) {
        order.check(parts);
        id = orderId(order, parts);
        if (block.timestamp >= order.expiry) revert OrderExpired(id, order.expiry);
        if (_orders[id].isPaid()) revert OrderAlreadyPaid(id);
        _orders[id] = OrderWords.PAID;
        _take(order, id, payment);
        _fund(order, parts, id, sponsorships, vouchers);
        if (order.own != 0 && !token.tryTransfer(order.merchant, order.own)) TokenCalls.raise();
        order.emitPaid(parts, id);
    }

    /// @inheritdoc IMerchantCheckout
    function refund(
        Order calldata order,
        Part[] calldata parts,
        uint32 number,
        uint64 value,
        address signer,
        bytes calldata signature,
        ICityVoucher.Campaign[] calldata campaigns
    ) external {
        bytes32 id = orderId(order, parts);
        OrderWord word = _orders[id];
        if (!word.isPaid()) revert OrderNotPaid(id);
        if (number != word.number()) revert RefundNumberMismatch(number, word.number());
        _authorize(order.merchant, id, number, value, signer, signature);

        uint256 before = word.ownReturned();
        for (uint256 i = 0; i < parts.length; ++i) {
            before += word.returned(i);
        }
        if (value == 0 || before + value > order.amount) revert RefundExceedsPaid(id, before + value, order.amount);
        (uint256 own, uint64[] memory shares) =
            Apportioning.cut(word, order.own, parts, order.amount - before - value, value);
        word = word.counted().withOwn(own);
        for (uint256 i = 0; i < parts.length; ++i) {
            word = word.withPart(i, shares[i]);
            if (shares[i] != 0 && parts[i].funder != voucher) {
                _budgets[parts[i].funder][parts[i].budget].left += shares[i];
            }
        }
        _orders[id] = word;
        emit OrderRefunded(id, order.payer, order.merchant, number, signer, value, uint64(own), shares);
        _giveBack(order, parts, value, own, shares, campaigns);
    }

    /// @inheritdoc IMerchantCheckout
    function setCashier(address merchant, address cashier, uint64 cap, uint32 number, bytes calldata signature)
        external
    {
        Cashier storage one = _cashiers[merchant][cashier];
        if (number != one.number) revert CashierNumberMismatch(number, one.number);
        bytes32 hash = _hashTypedDataV4(keccak256(abi.encode(CASHIER_TYPEHASH, merchant, cashier, cap, number)));
        if (!_isSignedBy(merchant, hash, signature)) {
            revert MerchantSignatureInvalid(merchant);
        }
        (one.cap, one.number) = (cap, number + 1);
        emit CashierSet(merchant, cashier, cap, number);
    }

    /// @inheritdoc IMerchantCheckout
    function stateOf(bytes32 order) external view returns (OrderState memory) {
        OrderWord word = _orders[order];
        return OrderState({
            ownReturned: uint64(word.ownReturned()),
            returned: [uint48(word.returned(0)), uint48(word.returned(1)), uint48(word.returned(2))],
            number: uint32(word.number()),
            paid: word.isPaid()
        });
    }

    /// @inheritdoc IMerchantCheckout
    function budgetOf(address funder, bytes32 budget) external view returns (uint64 left, address signer, uint32 end) {
        OpenBudget storage opened = _budgets[funder][budget];
        return (opened.left, opened.signer, opened.end);
    }

    /// @inheritdoc IMerchantCheckout
    function cashierOf(address merchant, address cashier) external view returns (Cashier memory) {
        return _cashiers[merchant][cashier];
    }

    /// @inheritdoc IMerchantCheckout
    function budgetId(Budget calldata budget) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(BUDGET_TYPEHASH, budget.funder, budget.signer, budget.total, budget.end, budget.salt))
        );
    }

    /// @inheritdoc IMerchantCheckout
    function orderId(Order calldata order, Part[] calldata parts) public view returns (bytes32) {
        return _hashTypedDataV4(order.structHash(parts));
    }

    /// @dev The payer's own money comes here. A payer that adds none signs the order, and must be one that could pay.
    function _take(Order calldata order, bytes32 id, bytes calldata payment) private {
        address payer = order.payer;
        if (order.own != 0) {
            token.receiveFrom(payer, order.own, 0, order.expiry, id, payment);
            return;
        }
        IStablecoin.AccountState memory state = IStablecoin(token).accountOf(payer);
        if (state.tier == 0) revert IStablecoin.AccountNotRegistered(payer);
        if (state.frozen) revert IStablecoin.AccountIsFrozen(payer);
        if (!_isSignedBy(payer, id, payment)) revert PayerSignatureInvalid(payer);
    }

    /// @dev Each part goes from its funder to the merchant. The last part was subtracted from the price first.
    /// Each is settled before its money moves, and neither the token nor the voucher contract calls back.
    // slither-disable-next-line reentrancy-no-eth
    function _fund(
        Order calldata order,
        Part[] calldata parts,
        bytes32 id,
        bytes[] calldata sponsorships,
        Voucher[] calldata vouchers
    ) private {
        if (sponsorships.length != parts.length) revert EvidenceMismatch();
        uint256 price = order.own;
        uint256 used = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            Part calldata part = parts[i];
            price += part.value; // as it was before this part
            if (part.funder == voucher) {
                if (used == vouchers.length || sponsorships[i].length != 0) revert EvidenceMismatch();
                _spendVoucher(order, part, uint64(price), vouchers[used++]);
            } else {
                if (price < part.minimumSpend) {
                    revert ICityVoucher.MinimumSpendNotMet(price, part.minimumSpend);
                }
                _spendBudget(order.merchant, part, id, sponsorships[i]);
            }
        }
        if (used != vouchers.length) revert EvidenceMismatch();
    }

    /// @dev The id comes back from the campaign that was presented: other terms have another.
    function _spendVoucher(Order calldata order, Part calldata part, uint64 price, Voucher calldata one) private {
        // There are three parts at most.
        // slither-disable-next-line calls-loop
        bytes32 campaign =
            ICityVoucher(voucher).spend(one.campaign, order.payer, order.merchant, price, part.value, one.shop);
        if (campaign != part.budget || one.campaign.minimumSpend != part.minimumSpend) revert EvidenceMismatch();
    }

    function _spendBudget(address merchant, Part calldata part, bytes32 id, bytes calldata sponsorship) private {
        OpenBudget storage budget = _budgets[part.funder][part.budget];
        (uint64 left, address signer, uint32 end) = (budget.left, budget.signer, budget.end);
        if (signer == address(0)) revert BudgetNotOpen(part.budget);
        if (block.timestamp >= end) revert BudgetEnded(part.budget, end);
        if (part.value > left) revert BudgetExceeded(part.budget, part.value, left);
        bytes32 hash = _hashTypedDataV4(keccak256(abi.encode(SPONSORSHIP_TYPEHASH, id, part.budget)));
        if (!_isSignedBy(signer, hash, sponsorship)) revert SponsorshipInvalid(part.budget);
        unchecked {
            budget.left = left - part.value;
        }
        token.move(part.funder, merchant, part.value);
    }

    /// @dev The merchant's own signature, or that of a cashier within its cap of today.
    function _authorize(
        address merchant,
        bytes32 id,
        uint32 number,
        uint64 value,
        address signer,
        bytes calldata signature
    ) private {
        bytes32 hash = _hashTypedDataV4(keccak256(abi.encode(REFUND_TYPEHASH, id, number, value)));
        if (signer != merchant) _countRefund(merchant, signer, value);
        if (!_isSignedBy(signer, hash, signature)) {
            revert RefundSignatureInvalid(signer);
        }
    }

    function _countRefund(address merchant, address cashier, uint64 value) private {
        Cashier memory one = _cashiers[merchant][cashier];
        if (one.cap == 0) revert RefundSignatureInvalid(cashier);
        uint24 today = uint24(Calendar.dayOf(block.timestamp));
        if (one.day != today) (one.refundedToday, one.day) = (0, today);
        uint256 ofToday = uint256(one.refundedToday) + value;
        if (ofToday > one.cap) revert CashierLimitExceeded(cashier, ofToday, one.cap);
        one.refundedToday = uint64(ofToday);
        _cashiers[merchant][cashier] = one;
    }

    /// @dev The merchant's money comes here and leaves at once, past caps and freezes: a return can never stick.
    function _giveBack(
        Order calldata order,
        Part[] calldata parts,
        uint256 value,
        uint256 own,
        uint64[] memory shares,
        ICityVoucher.Campaign[] calldata campaigns
    ) private {
        token.move(order.merchant, address(this), value);
        if (own != 0) IStablecoin(token).returnTo(order.payer, own);
        uint256 used = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            Part calldata part = parts[i];
            if (part.funder == voucher) {
                if (used == campaigns.length) revert EvidenceMismatch();
                _restoreVoucher(order.payer, part.budget, shares[i], campaigns[used++]);
            } else if (shares[i] != 0) {
                // There are three parts at most.
                // slither-disable-next-line calls-loop
                IStablecoin(token).returnTo(part.funder, shares[i]);
            }
        }
        if (used != campaigns.length) revert EvidenceMismatch();
    }

    /// @dev The voucher contract takes the money from here.
    function _restoreVoucher(address payer, bytes32 budget, uint64 value, ICityVoucher.Campaign calldata campaign)
        private
    {
        // There are three parts at most.
        // slither-disable-next-line calls-loop
        if (value != 0 && ICityVoucher(voucher).restore(campaign, payer, value) != budget) revert EvidenceMismatch();
    }

    /// @dev A contract's ERC-1271 signature may have 65 bytes too: it is tried second, so that a person's costs no look at
    /// the account's code.
    function _isSignedBy(address signer, bytes32 hash, bytes calldata signature) private view returns (bool) {
        // Which error it was does not matter here.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(hash, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, hash, signature);
    }
}
