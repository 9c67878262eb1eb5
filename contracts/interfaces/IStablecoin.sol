// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A yuan stablecoin whose limits, freeze and second factor ride along in the payer's own storage slot
/// @notice Amounts are fen (2 decimals, nothing rounds); times are Unix seconds; days and years are of Asia/Shanghai.
/// @dev ERC-20, ERC-2612, ERC-3009 and ERC-5267 come from OpenZeppelin; this interface holds what is ours.
interface IStablecoin {
    /// @notice What an account of a tier may hold and spend. Every amount is [fen].
    /// @param maxBalance the most it may hold
    /// @param perPayment the most one payment may be
    /// @param perDay the most it may send in a calendar day
    /// @param perYear the most it may send in a calendar year, or in its life when `lifetime`
    /// @param oneFactorPerDay what one factor alone may send in a calendar day, at most 2^24 - 1, or at least `perDay` (then it adds nothing)
    /// @param lifetime the year counter never resets
    struct TierLimits {
        uint48 maxBalance;
        uint48 perPayment;
        uint48 perDay;
        uint48 perYear;
        uint48 oneFactorPerDay;
        bool lifetime;
    }

    /// @notice One account's tier, to be set.
    struct TierAssignment {
        address account;
        uint8 tier;
    }

    /// @notice Money that arrived at the bank, to be issued once.
    /// @param entry the bank entry's id; the same entry mints once
    struct Mint {
        address to;
        uint64 value;
        bytes32 entry;
    }

    /// @notice An account's word, read out. Counters are as stored: of the day `day` and its year.
    /// @param day days since 1970-01-01 in Asia/Shanghai of the last debit
    struct AccountState {
        uint64 balance;
        uint64 spentToday;
        uint64 spentThisYear;
        uint24 day;
        uint24 oneFactorToday;
        uint8 tier;
        bool frozen;
    }

    /// @notice The limits of `tier` are now `limits`.
    event TierLimitsSet(uint8 indexed tier, TierLimits limits);
    /// @notice `account` is now of `tier`.
    event TierSet(address indexed account, uint8 tier);
    /// @notice `account` was replaced by `successor`, which carries its tier, freeze and counters. No money moved.
    event AccountReplaced(address indexed account, address indexed successor);
    /// @notice `account` may no longer send.
    event AccountFrozen(address indexed account);
    /// @notice `account` may send again.
    event AccountUnfrozen(address indexed account);
    /// @notice Every payment stops until `expiry` or an earlier `Unpaused`; returns do not.
    event Paused(uint64 expiry);
    /// @notice Payments go on.
    event Unpaused();
    /// @notice `value` fen were issued to `to` for the bank entry `entry`. Stands directly before its `Transfer`.
    event Minted(address indexed to, uint256 value, bytes32 indexed entry);
    /// @notice `value` fen of `from` were burnt against the bank payment `bankReference`. Stands directly before its `Transfer`.
    event Redeemed(address indexed from, uint256 value, bytes32 indexed bankReference);
    /// @notice The custodian holds `reserve` fen; mints may rely on it until `expiry`.
    event ReserveAttested(uint64 reserve, uint64 expiry);
    /// @notice `value` fen came back to `to` by a SYSTEM contract. Stands directly before its `Transfer`.
    event Returned(address indexed to, uint256 value);

    /// @notice `account` has tier 0: it neither sends nor receives.
    error AccountNotRegistered(address account);
    /// @notice `account` is frozen and cannot send.
    error AccountIsFrozen(address account);
    /// @notice `account` is frozen and receives only returns.
    error RecipientIsFrozen(address account);
    /// @notice Payments are paused until `expiry` at the latest.
    error PaymentsPaused(uint64 expiry);
    /// @notice A payment of nothing.
    error ZeroAmount();
    /// @notice `account` would spend `attempted` fen in one payment.
    error PaymentLimitExceeded(address account, uint256 attempted, uint256 limit);
    /// @notice `account` would spend `attempted` fen today.
    error DailyLimitExceeded(address account, uint256 attempted, uint256 limit);
    /// @notice `account` would spend `attempted` fen this year (or in its life).
    error YearlyLimitExceeded(address account, uint256 attempted, uint256 limit);
    /// @notice `account` would spend `attempted` fen today with one factor alone.
    error StepUpRequired(address account, uint256 attempted, uint256 limit);
    /// @notice `account` would hold `attempted` fen.
    error BalanceLimitExceeded(address account, uint256 attempted, uint256 limit);
    /// @notice The bank entry `entry` has been minted before.
    error EntryAlreadyMinted(bytes32 entry);
    /// @notice Issuing would lift the supply to `supply` fen above the attested `reserve`.
    error ReserveExceeded(uint256 supply, uint256 reserve);
    /// @notice The last reserve attestation ended at `expiry`.
    error ReserveAttestationExpired(uint64 expiry);
    /// @notice `tier` is not one that this role may set, or it has no limits.
    error TierNotAssignable(uint8 tier);
    /// @notice `account` is a SYSTEM contract: it cannot be frozen, re-tiered or redeemed from.
    error SystemAccount(address account);
    /// @notice Only a SYSTEM contract may do this, and `account` is none.
    error NotSystemAccount(address account);
    /// @notice A SYSTEM account must be a contract.
    error AccountHasNoCode(address account);
    /// @notice `account` is a SYSTEM contract: it takes money only through itself.
    error SystemRecipient(address account);
    /// @notice The successor has a tier, money or a freeze of its own already.
    error SuccessorInUse(address successor);
    /// @notice `value` does not fit the field that must hold it.
    error ValueTooLarge(uint256 value);

    /// @notice Set, once, the AccessManager and the limits of the tiers 1, 2, … in order; at most 6, SYSTEM (7) has none.
    function initialize(address initialAuthority, TierLimits[] calldata limits) external;

    // --- roles (OpenZeppelin AccessManager; see contracts/Roles.sol for the table) ---

    /// @notice Set the limits of a tier. ADMIN.
    function setTierLimits(uint8 tier, TierLimits calldata limits) external;
    /// @notice Give accounts their tiers (1 to 6; 0 takes the registration back). COMPLIANCE.
    function setTiers(TierAssignment[] calldata assignments) external;
    /// @notice Let `successor` take the place of `account`: tier, freeze and counters; the money does not move, and `account` falls to tier 0. COMPLIANCE.
    function replaceAccount(address account, address successor) external;
    /// @notice List a contract as SYSTEM: no limits, never frozen. ADMIN.
    function setSystem(address account) external;
    /// @notice Stop accounts from sending. COMPLIANCE.
    function freeze(address[] calldata accounts) external;
    /// @notice Let accounts send again. COMPLIANCE.
    function unfreeze(address[] calldata accounts) external;
    /// @notice Stop every payment for at most 72 hours. PAUSER.
    function pause() external;
    /// @notice Lift a pause early. UNPAUSER.
    function unpause() external;
    /// @notice State the reserve; mints may rely on it for 25 hours. RESERVE.
    function attestReserve(uint64 attested) external;
    /// @notice Issue money for bank entries, each once, within a fresh attestation. MINTER.
    function mintMany(Mint[] calldata mints) external;

    // --- money ---

    /// @notice Burn `value` of `from` by its signature over Redeem(from,value,bankReference,validAfter,validBefore); the nonce is `bankReference`.
    function redeem(
        address from,
        uint256 value,
        bytes32 bankReference,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external;
    /// @notice Give money back past the recipient's cap, freeze, tier and the pause. SYSTEM contracts only.
    function returnTo(address to, uint256 value) external;

    // --- reading ---

    /// @notice The whole word of `account`.
    function accountOf(address account) external view returns (AccountState memory);
    /// @notice Whether `account` may not send.
    function isFrozen(address account) external view returns (bool);
    /// @notice The limits of `tier`.
    function tierLimits(uint8 tier) external view returns (TierLimits memory);
    /// @notice Whether the bank entry has been minted.
    function isMinted(bytes32 entry) external view returns (bool);
    /// @notice The attested reserve [fen] and when the attestation ends.
    function reserve() external view returns (uint64 value, uint64 expiry);
    /// @notice When the pause ends; 0 when nothing is paused.
    function pausedUntil() external view returns (uint64);
}
