// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP7702Utils} from "@openzeppelin/contracts/account/utils/EIP7702Utils.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {AccountWord} from "./libraries/AccountWord.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {TierWord, TierWords} from "./libraries/TierWord.sol";

/// @title The sandbox yuan: see {IStablecoin}
/// @dev Behind an ERC-1967 proxy. Every movement of money goes through `_update`, and so through the limits, or through
/// `returnTo`. Invariants:
///   the balances' sum is the supply
///   no mint lifts the supply above a fresh attestation
///   no credit except a return lifts an account above its tier, and no debit passes its limits
///   `AuthorizationUsed` of a payment stands directly before its `Transfer`
///   only a contract that ADMIN listed is SYSTEM
///   no money moves without its owner's signature or call
contract Stablecoin is
    IStablecoin,
    ERC20Permit,
    ERC20TransferAuthorization,
    AccessManaged,
    Initializable,
    UUPSUpgradeable
{
    /// @custom:storage-location erc7201:pswallet.storage.Stablecoin
    struct StablecoinStorage {
        mapping(address account => AccountWord) accounts;
        mapping(uint256 tier => TierWord) tiers;
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

    bytes32 private constant REDEEM_TYPEHASH = keccak256(
        "Redeem(address from,uint256 value,bytes32 bankReference,uint256 validAfter,uint256 validBefore)"
    );

    uint256 private constant PAUSE_DURATION = 72 hours;
    uint256 private constant ATTESTATION_LIFETIME = 25 hours;

    /// @dev Name and symbol are code, not storage: reading them costs a proxied payment nothing.
    constructor() ERC20("", "") ERC20Permit(NAME) AccessManaged(address(0)) {
        _disableInitializers();
    }

    /// @inheritdoc IStablecoin
    function initialize(address initialAuthority, TierLimits[] calldata limits) external initializer {
        _initialize(initialAuthority, limits);
    }

    function _initialize(address initialAuthority, TierLimits[] memory limits) internal {
        if (initialAuthority.code.length == 0) revert AccessManagedInvalidAuthority(initialAuthority);
        _setAuthority(initialAuthority);
        for (uint256 i = 0; i < limits.length; ++i) {
            _setTierLimits(i + 1, limits[i]);
        }
    }

    // --- roles ---

    /// @inheritdoc IStablecoin
    function setTierLimits(uint8 tier, TierLimits calldata limits) external restricted {
        _setTierLimits(tier, limits);
    }

    /// @inheritdoc IStablecoin
    function setTiers(TierAssignment[] calldata assignments) external restricted {
        for (uint256 i = 0; i < assignments.length; ++i) {
            (address account, uint8 tier) = (assignments[i].account, assignments[i].tier);
            if (tier > TierWords.HIGHEST) revert TierNotAssignable(tier);
            if (tier != TierWords.NONE && !_storage().tiers[tier].exists()) revert TierNotAssignable(tier);
            _storage().accounts[account] = _person(account).withTier(tier);
            emit TierSet(account, tier);
        }
    }

    /// @inheritdoc IStablecoin
    function replaceAccount(address account, address successor) external restricted {
        StablecoinStorage storage $ = _storage();
        AccountWord word = _person(account);
        AccountWord vacant = $.accounts[successor];
        if (word.tier() == TierWords.NONE) revert AccountNotRegistered(account);
        if (vacant.tier() != TierWords.NONE || vacant.balance() != 0 || vacant.frozen()) {
            revert SuccessorInUse(successor);
        }
        $.accounts[account] = word.withTier(TierWords.NONE);
        $.accounts[successor] = word.withoutBalance();
        emit AccountReplaced(account, successor);
    }

    /// @inheritdoc IStablecoin
    function setSystem(address account) external restricted {
        // A wallet that delegated (EIP-7702) has code too, but its key could still move whatever is sent there.
        if (account.code.length == 0 || EIP7702Utils.fetchDelegate(account) != address(0)) {
            revert AccountHasNoCode(account);
        }
        AccountWord word = _storage().accounts[account];
        _storage().accounts[account] = word.withTier(TierWords.SYSTEM).asUnfrozen();
        emit TierSet(account, TierWords.SYSTEM);
    }

    /// @inheritdoc IStablecoin
    function freeze(address[] calldata accounts) external restricted {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _storage().accounts[accounts[i]] = _person(accounts[i]).asFrozen();
            emit AccountFrozen(accounts[i]);
        }
    }

    /// @inheritdoc IStablecoin
    function unfreeze(address[] calldata accounts) external restricted {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _storage().accounts[accounts[i]] = _person(accounts[i]).asUnfrozen();
            emit AccountUnfrozen(accounts[i]);
        }
    }

    /// @inheritdoc IStablecoin
    function pause() external restricted {
        StablecoinStorage storage $ = _storage();
        for (uint256 tier = 1; tier <= TierWords.SYSTEM; ++tier) {
            $.tiers[tier] = $.tiers[tier].asPaused();
        }
        $.pausedUntil = uint64(block.timestamp + PAUSE_DURATION);
        emit Paused($.pausedUntil);
    }

    /// @inheritdoc IStablecoin
    function unpause() external restricted {
        StablecoinStorage storage $ = _storage();
        for (uint256 tier = 1; tier <= TierWords.SYSTEM; ++tier) {
            $.tiers[tier] = $.tiers[tier].asUnpaused();
        }
        $.pausedUntil = 0;
        emit Unpaused();
    }

    /// @inheritdoc IStablecoin
    function attestReserve(uint64 attested) external restricted {
        StablecoinStorage storage $ = _storage();
        $.reserve = attested;
        $.reserveExpiry = uint64(block.timestamp + ATTESTATION_LIFETIME);
        emit ReserveAttested(attested, $.reserveExpiry);
    }

    /// @inheritdoc IStablecoin
    function mintMany(Mint[] calldata mints) external restricted {
        for (uint256 i = 0; i < mints.length; ++i) {
            Mint calldata one = mints[i];
            if (_storage().mintedEntries[one.entry]) revert EntryAlreadyMinted(one.entry);
            _storage().mintedEntries[one.entry] = true;
            emit Minted(one.to, one.value, one.entry);
            _mint(one.to, one.value);
        }
    }

    // --- money ---

    /// @inheritdoc IStablecoin
    function redeem(
        address from,
        uint256 value,
        bytes32 bankReference,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external {
        bytes32 hash = _hashTypedDataV4(
            keccak256(abi.encode(REDEEM_TYPEHASH, from, value, bankReference, validAfter, validBefore))
        );
        if (!SignatureChecker.isValidSignatureNowCalldata(from, hash, signature)) revert ERC3009InvalidSignature();
        _checkValidity(validAfter, validBefore);
        _consumeNonce(from, bankReference);
        emit Redeemed(from, value, bankReference);
        _burn(from, value);
    }

    /// @inheritdoc IStablecoin
    function returnTo(address to, uint256 value) external {
        if (_storage().accounts[msg.sender].tier() != TierWords.SYSTEM) revert NotSystemAccount(msg.sender);
        if (to == address(0)) revert ERC20InvalidReceiver(address(0));
        if (value == 0) revert ZeroAmount();
        _withdraw(msg.sender, _storage().accounts[msg.sender], value);
        _storage().accounts[to] = _storage().accounts[to].credited(value);
        emit Returned(to, value);
        emit Transfer(msg.sender, to, value);
    }

    // --- reading ---

    /// @inheritdoc IStablecoin
    function accountOf(address account) external view returns (AccountState memory) {
        AccountWord word = _storage().accounts[account];
        return AccountState({
            balance: uint64(word.balance()),
            spentToday: uint64(word.spentToday()),
            spentThisYear: uint64(word.spentThisYear()),
            day: uint24(word.day()),
            oneFactorToday: uint24(word.oneFactorToday()),
            tier: uint8(word.tier()),
            frozen: word.frozen()
        });
    }

    /// @inheritdoc IStablecoin
    function isFrozen(address account) external view returns (bool) {
        return _storage().accounts[account].frozen();
    }

    /// @inheritdoc IStablecoin
    function tierLimits(uint8 tier) external view returns (TierLimits memory) {
        return _storage().tiers[tier].toLimits();
    }

    /// @inheritdoc IStablecoin
    function isMinted(bytes32 entry) external view returns (bool) {
        return _storage().mintedEntries[entry];
    }

    /// @inheritdoc IStablecoin
    function reserve() external view returns (uint64 value, uint64 expiry) {
        return (_storage().reserve, _storage().reserveExpiry);
    }

    /// @inheritdoc IStablecoin
    function pausedUntil() external view returns (uint64) {
        uint64 expiry = _storage().pausedUntil;
        return block.timestamp < expiry ? expiry : 0;
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

    function totalSupply() public view override returns (uint256) {
        return _storage().supply;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return _storage().accounts[account].balance();
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

    // --- the ledger ---

    /// @dev Every payment: limits and states are checked as the words are written, then the event.
    /// `from` zero is a mint, `to` zero a redemption; ERC20 sends neither here otherwise.
    function _update(address from, address to, uint256 value) internal override {
        if (value == 0) revert ZeroAmount();
        if (from == address(0)) _issue(value);
        else _debit(from, to, value);
        if (to == address(0)) _storage().supply -= uint64(value);
        else _credit(to, value);
        emit Transfer(from, to, value);
    }

    /// @dev Lifts the supply within the attested reserve. Frozen money counts: it was issued.
    function _issue(uint256 value) private {
        StablecoinStorage storage $ = _storage();
        uint256 issued = $.supply + value;
        if (block.timestamp >= $.reserveExpiry) revert ReserveAttestationExpired($.reserveExpiry);
        if (issued > $.reserve) revert ReserveExceeded(issued, $.reserve);
        $.supply = uint64(issued);
    }

    /// @dev Takes `value` from `from` and counts it; a redemption (`to` zero) is outside the yearly count.
    function _debit(address from, address to, uint256 value) private {
        AccountWord account = _storage().accounts[from];
        uint256 tier = account.tier();
        if (tier != TierWords.SYSTEM) {
            if (tier == TierWords.NONE) revert AccountNotRegistered(from);
            if (account.frozen()) revert AccountIsFrozen(from);
            account = _count(from, account, _open(tier), value, to != address(0));
        } else if (to == address(0) || _isSystem(to)) {
            // No person's tier word carries the pause here.
            _open(TierWords.SYSTEM);
        }
        _withdraw(from, account, value);
    }

    /// @dev Counts a debit against every limit of its tier.
    function _count(address from, AccountWord account, TierWord limits, uint256 value, bool yearly)
        private
        view
        returns (AccountWord)
    {
        uint256 today = Calendar.dayOf(block.timestamp);
        if (account.day() != today) account = account.turnedTo(today, limits.lifetime());
        if (value > limits.perPayment()) revert PaymentLimitExceeded(from, value, limits.perPayment());
        unchecked {
            // `value` is below 2^48 from here on, the counters are below 2^64: no sum overflows.
            uint256 ofToday = account.spentToday() + value;
            if (ofToday > limits.perDay()) revert DailyLimitExceeded(from, ofToday, limits.perDay());
            if (yearly) {
                uint256 ofThisYear = account.spentThisYear() + value;
                if (ofThisYear > limits.perYear()) revert YearlyLimitExceeded(from, ofThisYear, limits.perYear());
                account = account.countedThisYear(value);
            }
            uint256 byOneFactor = account.oneFactorToday() + value;
            if (byOneFactor > limits.oneFactorPerDay()) {
                revert StepUpRequired(from, byOneFactor, limits.oneFactorPerDay());
            }
            return account.countedToday(value).withOneFactorToday(byOneFactor);
        }
    }

    /// @dev Writes `account` back with `value` less.
    function _withdraw(address from, AccountWord account, uint256 value) private {
        if (value > account.balance()) revert ERC20InsufficientBalance(from, account.balance(), value);
        _storage().accounts[from] = account.debited(value);
    }

    /// @dev Gives `value` to `to`, within its tier's cap. Read after the debit, so that a payment to oneself adds nothing.
    function _credit(address to, uint256 value) private {
        AccountWord account = _storage().accounts[to];
        uint256 tier = account.tier();
        if (tier == TierWords.SYSTEM) {
            // Money sent there past the contract's own functions would belong to nobody.
            if (msg.sender != to && !_isSystem(msg.sender)) revert SystemRecipient(to);
        } else {
            if (tier == TierWords.NONE) revert AccountNotRegistered(to);
            if (account.frozen()) revert RecipientIsFrozen(to);
            uint256 limit = _open(tier).maxBalance();
            if (account.balance() + value > limit) revert BalanceLimitExceeded(to, account.balance() + value, limit);
        }
        _storage().accounts[to] = account.credited(value);
    }

    /// @dev The word of `tier`, unless payments are paused. Only a paused word costs a second read.
    function _open(uint256 tier) private view returns (TierWord limits) {
        limits = _storage().tiers[tier];
        if (limits.paused()) {
            uint64 expiry = _storage().pausedUntil;
            if (block.timestamp < expiry) revert PaymentsPaused(expiry);
        }
    }

    function _isSystem(address account) private view returns (bool) {
        return _storage().accounts[account].tier() == TierWords.SYSTEM;
    }

    /// @dev The word of an account that COMPLIANCE may change.
    function _person(address account) private view returns (AccountWord word) {
        word = _storage().accounts[account];
        if (word.tier() == TierWords.SYSTEM) revert SystemAccount(account);
    }

    function _setTierLimits(uint256 tier, TierLimits memory limits) private {
        if (tier == TierWords.NONE || tier > TierWords.HIGHEST) revert TierNotAssignable(uint8(tier));
        // The one-factor counter has 24 bits; a limit that it cannot reach must be no tighter than the day's own.
        if (limits.oneFactorPerDay > type(uint24).max && limits.oneFactorPerDay < limits.perDay) {
            revert ValueTooLarge(limits.oneFactorPerDay);
        }
        _storage().tiers[tier] = _storage().tiers[tier].withLimits(limits);
        emit TierLimitsSet(uint8(tier), limits);
    }

    // --- what OpenZeppelin asks for ---

    /// @dev A bit for each nonce in place of OpenZeppelin's counters: escrows need a hash as nonce.
    function _consumeNonce(address authorizer, bytes32 nonce) internal override {
        mapping(uint256 word => uint256 bits) storage used = _storage().usedNonces[authorizer];
        uint256 word = uint256(nonce) >> 8;
        uint256 bits = used[word];
        uint256 bit = 1 << (uint256(nonce) & 0xff);
        if (bits & bit != 0) revert ERC3009UsedAuthorization(authorizer, nonce);
        used[word] = bits | bit;
    }

    /// @dev Only the permit's counter is left of these.
    function _useCheckedNonce(address owner, uint256 nonce) internal override(Nonces, NoncesKeyed) {
        super._useCheckedNonce(owner, nonce);
    }

    function _authorizeUpgrade(address) internal override restricted {}

    function _storage() private pure returns (StablecoinStorage storage $) {
        assembly ("memory-safe") {
            $.slot := STORAGE
        }
    }
}
