// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {AccountWord} from "./libraries/AccountWord.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {TierWord, TierWords} from "./libraries/TierWord.sol";

/// @title The ledger under the stablecoin: words, limits and the one way in which money moves
/// @dev Errors and their meaning stand in {IStablecoin}. Nothing here asks for a signature or a role.
abstract contract Ledger is IStablecoin, ERC20Permit, ERC20TransferAuthorization {
    /// @dev A struct of one word, so that a debit finds the slot once for its read and its write.
    struct Account {
        AccountWord word;
    }

    struct Tier {
        TierWord word;
    }

    /// @custom:storage-location erc7201:pswallet.storage.Stablecoin
    struct StablecoinStorage {
        mapping(address account => Account) accounts;
        Tier[256] tiers;
        // Bit `nonce & 0xff` of the word `nonce >> 8`: a client that counts up stays in one slot for 256 payments.
        mapping(address authorizer => mapping(uint256 word => uint256 bits)) usedNonces;
        mapping(bytes32 entry => bool) mintedEntries;
        uint64 supply; // [fen]
        uint64 reserve; // [fen]
        uint64 reserveExpiry;
        uint64 pausedUntil;
    }

    // keccak256(abi.encode(uint256(keccak256("pswallet.storage.Stablecoin")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE = 0x34d3b3a399d3a73e4e9b3f7f9c98c4dcfecb7960fdb14717dc57cf35333a2900;

    string private constant NAME = "Sandbox Yuan Voucher";
    string private constant SYMBOL = "sCNY";

    /// @dev Name and symbol are code, not storage: nothing to initialize behind a proxy.
    constructor() ERC20("", "") ERC20Permit(NAME) {}

    /// @inheritdoc IStablecoin
    function returnTo(address to, uint256 value) external {
        if (!_isSystem(msg.sender)) revert NotSystemAccount(msg.sender);
        if (to == address(0)) revert ERC20InvalidReceiver(address(0));
        if (value == 0) revert ZeroAmount();
        AccountWord own = _account(msg.sender).word;
        if (value > own.balance()) revert ERC20InsufficientBalance(msg.sender, own.balance(), value);
        _account(msg.sender).word = own.debited(value);
        _account(to).word = _account(to).word.credited(value);
        emit Returned(to, value);
        emit Transfer(msg.sender, to, value);
    }

    function name() public pure override returns (string memory) {
        return NAME;
    }

    function symbol() public pure override returns (string memory) {
        return SYMBOL;
    }

    function decimals() public pure override returns (uint8) {
        return 2;
    }

    /// @notice The permit's next nonce.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @notice The first unused nonce of an ERC-3009 client that counts up from `key << 64`.
    function nonces(address owner, uint192 key) public view override(NoncesKeyed) returns (uint256 nonce) {
        nonce = uint256(key) << 64;
        while (authorizationState(owner, bytes32(nonce))) ++nonce;
    }

    /// @notice Whether `authorizer` has used or cancelled `nonce`; any 32 bytes are one, in any order.
    function authorizationState(address authorizer, bytes32 nonce) public view override returns (bool) {
        return _storage().usedNonces[authorizer][uint256(nonce) >> 8] & (1 << (uint256(nonce) & 0xff)) != 0;
    }

    function totalSupply() public view override returns (uint256) {
        return _storage().supply;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return _account(account).word.balance();
    }

    /// @dev A bit for each nonce in place of OpenZeppelin's counters: escrows need a hash as nonce.
    function _consumeNonce(address authorizer, bytes32 nonce) internal override {
        mapping(uint256 word => uint256 bits) storage used = _storage().usedNonces[authorizer];
        uint256 word = uint256(nonce) >> 8;
        uint256 bits = used[word];
        uint256 bit = 1 << (uint256(nonce) & 0xff);
        if (bits & bit != 0) revert ERC3009UsedAuthorization(authorizer, nonce);
        used[word] = bits | bit;
    }

    /// @dev Two bases have one; nothing of ours calls it: only the permit's counter is left of these.
    // slither-disable-next-line dead-code
    function _useCheckedNonce(address owner, uint256 nonce) internal override(Nonces, NoncesKeyed) {
        super._useCheckedNonce(owner, nonce);
    }

    /// @dev Every payment: limits and states are checked as the words are written, then the event.
    /// `from` zero is a mint, `to` zero a redemption; ERC20 sends neither here otherwise.
    function _update(address from, address to, uint256 value) internal override {
        if (value == 0) revert ZeroAmount();
        uint256 payerTier = TierWords.NONE;
        TierWord payerLimits = TierWord.wrap(0);
        if (from == address(0)) _issue(value);
        else (payerTier, payerLimits) = _debit(from, value, to != address(0));
        if (to == address(0)) _storage().supply -= uint64(value);
        else _credit(to, value, payerTier, payerLimits);
        emit Transfer(from, to, value);
    }

    /// @dev Lifts the supply within the attested reserve. Frozen money counts: it was issued.
    function _issue(uint256 value) internal {
        StablecoinStorage storage $ = _storage();
        uint256 issued = $.supply + value;
        if (block.timestamp >= $.reserveExpiry) revert ReserveAttestationExpired($.reserveExpiry);
        if (issued > $.reserve) revert ReserveExceeded(issued, $.reserve);
        $.supply = uint64(issued);
    }

    /// @dev Takes `value` from `from`, counted against its tier; a redemption is not `yearly`.
    function _debit(address from, uint256 value, bool yearly) internal returns (uint256 tier, TierWord limits) {
        Account storage account = _account(from);
        AccountWord word = account.word;
        tier = word.tier();
        if (tier != TierWords.SYSTEM) {
            if (tier == TierWords.NONE) revert AccountNotRegistered(from);
            if (word.frozen()) revert AccountIsFrozen(from);
            limits = _open(tier);
            word = _count(from, word, limits, value, yearly);
        }
        if (value > word.balance()) revert ERC20InsufficientBalance(from, word.balance(), value);
        account.word = word.debited(value);
    }

    /// @dev Counts a debit against every limit of its tier.
    function _count(address from, AccountWord word, TierWord limits, uint256 value, bool yearly)
        internal
        view
        returns (AccountWord)
    {
        uint256 today = Calendar.dayOf(block.timestamp);
        if (word.day() != today) word = word.turnedTo(today, limits.lifetime());
        if (value > limits.perPayment()) revert PaymentLimitExceeded(from, value, limits.perPayment());
        unchecked {
            // `value` is below 2^48 from here on, the counters are below 2^64: no sum overflows.
            uint256 ofToday = word.spentToday() + value;
            if (ofToday > limits.perDay()) revert DailyLimitExceeded(from, ofToday, limits.perDay());
            uint256 ofThisYear = word.spentThisYear() + value;
            if (yearly && ofThisYear > limits.perYear()) {
                revert YearlyLimitExceeded(from, ofThisYear, limits.perYear());
            }
            uint256 byOneFactor = word.oneFactorToday() + value;
            if (byOneFactor > limits.oneFactorPerDay()) {
                revert StepUpRequired(from, byOneFactor, limits.oneFactorPerDay());
            }
            word = word.withOneFactorToday(byOneFactor);
            return yearly ? word.countedTodayAndThisYear(value) : word.countedToday(value);
        }
    }

    /// @dev Gives `value` to `to`, within its tier's cap. Read after the debit: a payment to oneself adds nothing.
    /// Payer and recipient are mostly of one tier, whose word is not read twice.
    function _credit(address to, uint256 value, uint256 payerTier, TierWord payerLimits) internal {
        Account storage account = _account(to);
        AccountWord word = account.word;
        uint256 tier = word.tier();
        if (tier == TierWords.SYSTEM) {
            // Money sent there past the contract's own functions would belong to nobody, whoever sent it: a share of a
            // packet or a paid order too.
            if (msg.sender != to) revert SystemRecipient(to);
            // No person's tier word carried the pause here.
            if (payerTier == TierWords.SYSTEM) _open(TierWords.SYSTEM);
        } else {
            if (tier == TierWords.NONE) revert AccountNotRegistered(to);
            if (word.frozen()) revert RecipientIsFrozen(to);
            uint256 limit = (tier == payerTier ? payerLimits : _open(tier)).maxBalance();
            unchecked {
                // Both are at most the supply.
                if (word.balance() + value > limit) revert BalanceLimitExceeded(to, word.balance() + value, limit);
            }
        }
        account.word = word.credited(value);
    }

    /// @dev The word of `tier`, unless payments are paused. Only a paused word costs a second read.
    function _open(uint256 tier) internal view returns (TierWord limits) {
        limits = _tier(tier).word;
        if (limits.paused()) {
            uint64 expiry = _storage().pausedUntil;
            if (block.timestamp < expiry) revert PaymentsPaused(expiry);
        }
    }

    function _isSystem(address account) internal view returns (bool) {
        return _account(account).word.tier() == TierWords.SYSTEM;
    }

    function _account(address account) internal view returns (Account storage) {
        return _storage().accounts[account];
    }

    /// @dev `tier` has 8 bits wherever it comes from, so no bound needs a check.
    function _tier(uint256 tier) internal view returns (Tier storage found) {
        Tier[256] storage tiers = _storage().tiers;
        assembly ("memory-safe") {
            found.slot := add(tiers.slot, tier)
        }
    }

    function _storage() internal pure returns (StablecoinStorage storage $) {
        assembly ("memory-safe") {
            $.slot := STORAGE
        }
    }
}
