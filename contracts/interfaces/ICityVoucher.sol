// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Campaign money (消费券): money in the shops of a list and nowhere else; the rest goes back to the sponsor
/// @notice Amounts are fen, times Unix seconds. A campaign's id is the EIP-712 hash of its terms. No owner, no upgrade.
interface ICityVoucher {
    /// @notice What the sponsor signs for. EIP-712 type, in this order:
    /// Campaign(address sponsor,uint64 budget,uint64 face,uint32 perPerson,uint64 start,uint64 end,uint64 minimumSpend,bool divisible,bytes32 merchants,address issuer,bytes32 lottery,bytes32 salt)
    /// @param budget [fen] a multiple of the face
    /// @param face [fen] of one voucher
    /// @param perPerson the most vouchers that one account may ever be given
    /// @param start the first second at which vouchers are spent
    /// @param end the first second at which nothing is given or spent any more and the rest goes back
    /// @param minimumSpend [fen] of an order before this voucher; 0 for none
    /// @param divisible a voucher may be spent in pieces; else one whole voucher an order
    /// @param merchants Merkle root over (address merchant, uint256 category), leaves hashed twice as OpenZeppelin's standard tree
    /// @param issuer signs the lists of who is given vouchers
    /// @param lottery how the lists come about (EIP-712 hash of Lottery, see docs); 0 when nothing is drawn
    struct Campaign {
        address sponsor;
        uint64 budget;
        uint64 face;
        uint32 perPerson;
        uint64 start;
        uint64 end;
        uint64 minimumSpend;
        bool divisible;
        bytes32 merchants;
        address issuer;
        bytes32 lottery;
        bytes32 salt;
    }

    /// @notice One account's place on a list.
    /// @param list Merkle root over (address account, uint256 count), signed by the issuer
    /// @param count how many vouchers the account may have had in all; what it had before is not given again
    /// @param proof 32 bytes a node
    struct Winner {
        bytes32 list;
        address account;
        uint256 count;
        bytes proof;
    }

    /// @notice Where a voucher is spent.
    /// @param category of the merchant (ISO 18245), as the campaign's list has it
    /// @param proof of (merchant, category) in the campaign's list, 32 bytes a node
    struct Shop {
        uint256 category;
        bytes proof;
    }

    /// @notice A campaign's money here [fen]. Both are 0 when it is unknown or closed.
    struct CampaignState {
        uint64 unissued;
        uint64 open;
    }

    /// @notice What an account has of a campaign.
    /// @param left [fen] to spend
    /// @param count vouchers given so far
    struct Holding {
        uint64 left;
        uint32 count;
    }

    /// @notice A campaign is open and its whole budget is here.
    event CampaignOpened(bytes32 indexed campaign, address indexed sponsor, Campaign terms);
    /// @notice The issuer listed who is given vouchers.
    event WinnersListed(bytes32 indexed campaign, bytes32 indexed list);
    /// @notice `value` fen of vouchers are now `account`'s.
    event VoucherIssued(bytes32 indexed campaign, address indexed account, uint32 count, uint64 value);
    /// @notice A winner could not be given a voucher; `reason` is the selector of the error.
    event WinnerSkipped(bytes32 indexed campaign, address indexed account, bytes4 reason);
    /// @notice `value` fen of `account`'s vouchers went to `merchant` in an order.
    event VoucherSpent(bytes32 indexed campaign, address indexed account, address indexed merchant, uint64 value);
    /// @notice `value` fen came back from a refund and are `account`'s to spend again.
    event VoucherRestored(bytes32 indexed campaign, address indexed account, uint64 value);
    /// @notice `value` fen came back from a refund after the end and went to the sponsor.
    event VoucherReturned(bytes32 indexed campaign, address indexed account, uint64 value);
    /// @notice What was left went back to the sponsor.
    event CampaignClosed(bytes32 indexed campaign, address indexed sponsor, uint64 unissued, uint64 open);

    /// @notice The budget is no multiple of the face, or one of them, or the number a person, is zero.
    error BudgetNotDivisible(uint256 budget, uint256 face);
    /// @notice The end is past, or not after the start, or more than 400 days away.
    error CampaignDatesInvalid(uint64 start, uint64 end);
    /// @notice The campaign has no issuer, or no list of merchants.
    error CampaignIncomplete();
    /// @notice The campaign is unknown here, or has been closed.
    error CampaignNotOpen(bytes32 campaign);
    /// @notice The campaign's vouchers are spent from `start` on.
    error CampaignNotStarted(bytes32 campaign, uint64 start);
    /// @notice The campaign ended at `end`.
    error CampaignEnded(bytes32 campaign, uint64 end);
    /// @notice The campaign can be closed from `end` on.
    error CampaignNotEnded(bytes32 campaign, uint64 end);
    /// @notice The issuer did not sign this list.
    error IssuerSignatureInvalid(bytes32 campaign);
    /// @notice `account` is not on a list of this campaign with that count.
    error NotAWinner(address account);
    /// @notice `account` has had its vouchers.
    error VouchersAlreadyIssued(address account);
    /// @notice `account` would have `attempted` vouchers of at most `limit`.
    error VoucherLimitExceeded(address account, uint256 attempted, uint256 limit);
    /// @notice The campaign has `left` fen that are not issued.
    error CampaignExhausted(bytes32 campaign, uint256 left);
    /// @notice `account` has `left` fen of vouchers.
    error VoucherBalanceTooLow(address account, uint256 attempted, uint256 left);
    /// @notice A voucher of this campaign is spent whole.
    error VoucherNotDivisible(uint256 value, uint256 face);
    /// @notice `merchant` is not on the campaign's list with that category.
    error MerchantNotAllowed(address merchant);
    /// @notice The order's price before this part is `price` fen, below the part's minimum.
    error MinimumSpendNotMet(uint256 price, uint256 minimum);
    /// @notice Only the checkout may do this.
    error NotTheCheckout(address caller);

    /// @notice Open a campaign with the sponsor's money: its ERC-3009 ReceiveWithAuthorization to this contract whose nonce is the campaign's id, valid until `end`. Anyone may carry it. Returns the id.
    function open(Campaign calldata campaign, bytes calldata signature) external returns (bytes32 id);
    /// @notice List winners: the issuer's signature r, s, v over Winners(bytes32 campaign,bytes32 list).
    function listWinners(Campaign calldata campaign, bytes32 list, bytes calldata signature) external;
    /// @notice Give one winner its vouchers; reverts with the reason if it cannot be.
    function issue(Campaign calldata campaign, Winner calldata winner) external;
    /// @notice Give winners their vouchers; one that cannot be given is skipped with an event.
    function issueMany(Campaign calldata campaign, Winner[] calldata winners) external;
    /// @notice Pay `value` fen of `account`'s vouchers to `merchant`; `price` is the order's before this voucher [fen]. Returns the campaign's id. Checkout only.
    function spend(
        Campaign calldata campaign,
        address account,
        address merchant,
        uint64 price,
        uint64 value,
        Shop calldata shop
    ) external returns (bytes32 id);
    /// @notice Take `value` fen back from the checkout: for the account, or after the end for the sponsor. Returns the campaign's id. Checkout only.
    function restore(Campaign calldata campaign, address account, uint64 value) external returns (bytes32 id);
    /// @notice Give what is left back to the sponsor, by anyone, from the end on.
    function close(Campaign calldata campaign) external;

    /// @notice The id of a campaign of these terms here.
    function campaignId(Campaign calldata campaign) external view returns (bytes32);
    /// @notice The campaign's money.
    function stateOf(bytes32 campaign) external view returns (CampaignState memory);
    /// @notice What `account` has of the campaign.
    function holdingOf(bytes32 campaign, address account) external view returns (Holding memory);
    /// @notice Whether the issuer signed `list`.
    function isListed(bytes32 campaign, bytes32 list) external view returns (bool);
    /// @notice The token that the vouchers are of.
    function token() external view returns (address);
    /// @notice The only contract that spends vouchers.
    function checkout() external view returns (address);
}
