// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "./ICityVoucher.sol";

/// @title Orders that somebody helps to pay: a sponsor, the platform, a voucher; and their refunds
/// @notice Amounts are fen, times Unix seconds. An order's id is its EIP-712 hash with all parts. No owner, no upgrade.
interface IMerchantCheckout {
    /// @notice What the payer signs for. EIP-712 type, in this order, `parts` being keccak256 of four 32-byte words a part:
    /// FundedOrder(address payer,address merchant,bytes32 till,bytes32 reference,uint64 own,uint64 amount,uint64 expiry,bytes32 parts)
    /// @param till of the merchant; its own affair
    /// @param reference the merchant's number of the order
    /// @param own [fen] of the payer's own money; 0 if the parts pay all
    /// @param amount [fen] that the merchant gets: `own` and all parts
    /// @param expiry the first second at which it cannot be paid any more
    struct Order {
        address payer;
        address merchant;
        bytes32 till;
        bytes32 ref;
        uint64 own;
        uint64 amount;
        uint64 expiry;
    }

    /// @notice What somebody else pays. One to three an order, in the order in which a refund gives them back (restricted red packet, points, voucher): the last was subtracted from the price first.
    /// @param funder whose money it is: an account that opened a budget, or the voucher contract
    /// @param budget its id, or the campaign's
    /// @param value [fen]
    /// @param minimumSpend [fen] of the order before this part, checked again on what is kept; a campaign's own
    struct Part {
        address funder;
        bytes32 budget;
        uint64 value;
        uint64 minimumSpend;
    }

    /// @notice What a funder signs for: a counted allowance; its money stays with it until a payment (it lets the token move it: approve or permit to the checkout).
    /// EIP-712 type: Budget(address funder,address signer,uint64 total,uint32 end,bytes32 salt)
    /// @param signer signs each order that the budget pays a part of
    /// @param total [fen] that may be out at a time: what a refund brings back counts again
    /// @param end the first second at which it pays no more
    struct Budget {
        address funder;
        address signer;
        uint64 total;
        uint32 end;
        bytes32 salt;
    }

    /// @notice A voucher as a part: the campaign whose id is the part's budget, and the merchant's place in its list.
    struct Voucher {
        ICityVoucher.Campaign campaign;
        ICityVoucher.Shop shop;
    }

    /// @notice What of an order came back [fen], and whether it is paid at all.
    /// @param number of its refunds so far
    struct OrderState {
        uint64 ownReturned;
        uint48[3] returned;
        uint32 number;
        bool paid;
    }

    /// @notice A cashier of a merchant: refunds at most `cap` fen a day (Asia/Shanghai).
    struct Cashier {
        uint64 cap;
        uint64 refundedToday;
        uint24 day;
        uint32 number;
    }

    /// @notice A budget is open.
    event BudgetOpened(bytes32 indexed budget, address indexed funder, Budget terms);
    /// @notice `order` is paid: exactly `terms.amount` fen from its funders to its merchant.
    event OrderPaid(bytes32 indexed order, address indexed payer, address indexed merchant, Order terms, Part[] parts);
    /// @notice `value` fen of `order` came back: to the payer `own`, to each part's funder `parts`; signed for by `signer`.
    event OrderRefunded(
        bytes32 indexed order,
        address indexed payer,
        address indexed merchant,
        uint32 number,
        address signer,
        uint64 value,
        uint64 own,
        uint64[] parts
    );
    /// @notice `cashier` of `merchant` may refund at most `cap` fen a day; 0 dismisses.
    event CashierSet(address indexed merchant, address indexed cashier, uint64 cap, uint32 number);

    /// @notice A budget has a signer, money and an end to come.
    error BudgetInvalid();
    /// @notice The budget was opened before.
    error BudgetAlreadyOpen(bytes32 budget);
    /// @notice The budget is unknown here for that funder.
    error BudgetNotOpen(bytes32 budget);
    /// @notice The budget ended at `end`.
    error BudgetEnded(bytes32 budget, uint64 end);
    /// @notice The budget has `left` fen.
    error BudgetExceeded(bytes32 budget, uint256 attempted, uint256 left);
    /// @notice The funder did not sign this budget.
    error FunderSignatureInvalid(address funder);
    /// @notice The budget's signer did not sign this order.
    error SponsorshipInvalid(bytes32 budget);
    /// @notice An order has one to three parts of at least a fen (and below 2^48), which with the payer's own are its amount; no budget stands in two; payer, merchant and funders differ.
    error OrderInvalid();
    /// @notice The order expired at `expiry`.
    error OrderExpired(bytes32 order, uint64 expiry);
    /// @notice The order was paid before.
    error OrderAlreadyPaid(bytes32 order);
    /// @notice The order was not paid here.
    error OrderNotPaid(bytes32 order);
    /// @notice The payer did not sign this order.
    error PayerSignatureInvalid(address payer);
    /// @notice Parts and signatures, or parts of vouchers and vouchers, do not match.
    error EvidenceMismatch();
    /// @notice The order would have `attempted` fen refunded of `paid`.
    error RefundExceedsPaid(bytes32 order, uint256 attempted, uint256 paid);
    /// @notice The next refund has the number `expected`.
    error RefundNumberMismatch(uint256 attempted, uint256 expected);
    /// @notice `signer` did not sign, or is neither the merchant nor its cashier.
    error RefundSignatureInvalid(address signer);
    /// @notice `cashier` would refund `attempted` fen today.
    error CashierLimitExceeded(address cashier, uint256 attempted, uint256 limit);
    /// @notice The next act on this cashier has the number `expected`.
    error CashierNumberMismatch(uint256 attempted, uint256 expected);
    /// @notice The merchant did not sign.
    error MerchantSignatureInvalid(address merchant);

    /// @notice Open a budget by its funder's signature over its terms. Anyone may carry it. Returns the id.
    function openBudget(Budget calldata budget, bytes calldata signature) external returns (bytes32 id);
    /// @notice Pay an order: each part from its funder, the rest from the payer, all to the merchant, or nothing at all.
    /// @param payment the payer's ERC-3009 ReceiveWithAuthorization of `own` to the checkout, valid until the order's expiry, whose nonce is the order's id; if `own` is 0, its signature of the order itself
    /// @param sponsorships for each part the signature of its budget's signer over Sponsorship(bytes32 order,bytes32 budget); empty for a voucher
    /// @param vouchers one for each part of the voucher contract, in order
    function pay(
        Order calldata order,
        Part[] calldata parts,
        bytes calldata payment,
        bytes[] calldata sponsorships,
        Voucher[] calldata vouchers
    ) external returns (bytes32 id);
    /// @notice Refund `value` fen of what the merchant got: first parts whose minimum spend what is kept no longer reaches, then the payer's own, then the parts in order. The merchant lets the token move its money (approve or permit to the checkout).
    /// @param number 0 for an order's first refund, and so on
    /// @param signer the merchant, or one of its cashiers
    /// @param signature over Refund(bytes32 order,uint32 number,uint64 value)
    /// @param campaigns one for each part of the voucher contract, in order
    function refund(
        Order calldata order,
        Part[] calldata parts,
        uint32 number,
        uint64 value,
        address signer,
        bytes calldata signature,
        ICityVoucher.Campaign[] calldata campaigns
    ) external;
    /// @notice Let `cashier` refund at most `cap` fen a day, 0 to dismiss it, by the merchant's signature over Cashier(address merchant,address cashier,uint64 cap,uint32 number); `number` counts the acts on this cashier from 0.
    function setCashier(address merchant, address cashier, uint64 cap, uint32 number, bytes calldata signature) external;

    /// @notice The id of an order of these terms and parts here.
    function orderId(Order calldata order, Part[] calldata parts) external view returns (bytes32);
    /// @notice What became of an order.
    function stateOf(bytes32 order) external view returns (OrderState memory);
    /// @notice The id of a budget of these terms here.
    function budgetId(Budget calldata budget) external view returns (bytes32);
    /// @notice [fen] that the budget may still pay; its end.
    function budgetOf(address funder, bytes32 budget) external view returns (uint64 left, address signer, uint32 end);
    /// @notice What `cashier` may do for `merchant`.
    function cashierOf(address merchant, address cashier) external view returns (Cashier memory);
    /// @notice The token that everything is paid in.
    function token() external view returns (address);
    /// @notice The vouchers' contract.
    function voucher() external view returns (address);
}
