// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP7702Utils} from "@openzeppelin/contracts/account/utils/EIP7702Utils.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Ledger} from "./Ledger.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {AccountWord} from "./libraries/AccountWord.sol";
import {TierWords} from "./libraries/TierWord.sol";

/// @title The sandbox yuan: see {IStablecoin}
/// @dev Behind an ERC-1967 proxy. Every movement of money goes through `_update`, and so through the limits, or through
/// `returnTo`. Invariants:
///   the balances' sum is the supply
///   no mint lifts the supply above a fresh attestation
///   no credit except a return lifts an account above its tier, and no debit passes its limits
///   `AuthorizationUsed` of a payment stands directly before its `Transfer`
///   only a contract that ADMIN listed is SYSTEM
///   no money moves without its owner's signature or call
contract Stablecoin is Ledger, AccessManaged, Initializable, UUPSUpgradeable {
    bytes32 private constant REDEEM_TYPEHASH =
        keccak256("Redeem(address from,uint256 value,bytes32 bankReference,uint256 validAfter,uint256 validBefore)");

    uint256 private constant PAUSE_DURATION = 72 hours;
    uint256 private constant ATTESTATION_LIFETIME = 25 hours;

    constructor() AccessManaged(address(0)) {
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
            if (tier != TierWords.NONE && !_tier(tier).word.exists()) revert TierNotAssignable(tier);
            _account(account).word = _person(account).withTier(tier);
            emit TierSet(account, tier);
        }
    }

    /// @inheritdoc IStablecoin
    function replaceAccount(address account, address successor) external restricted {
        AccountWord word = _person(account);
        AccountWord vacant = _account(successor).word;
        if (word.tier() == TierWords.NONE) revert AccountNotRegistered(account);
        if (vacant.tier() != TierWords.NONE || vacant.balance() != 0 || vacant.frozen()) {
            revert SuccessorInUse(successor);
        }
        _account(account).word = word.withTier(TierWords.NONE);
        _account(successor).word = word.withoutBalance();
        emit AccountReplaced(account, successor);
    }

    /// @inheritdoc IStablecoin
    function setSystem(address account) external restricted {
        // A wallet that delegated (EIP-7702) has code too, but its key could still move whatever is sent there.
        if (account.code.length == 0 || EIP7702Utils.fetchDelegate(account) != address(0)) {
            revert AccountHasNoCode(account);
        }
        AccountWord word = _account(account).word;
        _account(account).word = word.withTier(TierWords.SYSTEM).asUnfrozen();
        emit TierSet(account, TierWords.SYSTEM);
    }

    /// @inheritdoc IStablecoin
    function freeze(address[] calldata accounts) external restricted {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _account(accounts[i]).word = _person(accounts[i]).asFrozen();
            emit AccountFrozen(accounts[i]);
        }
    }

    /// @inheritdoc IStablecoin
    function unfreeze(address[] calldata accounts) external restricted {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _account(accounts[i]).word = _person(accounts[i]).asUnfrozen();
            emit AccountUnfrozen(accounts[i]);
        }
    }

    /// @inheritdoc IStablecoin
    function pause() external restricted {
        for (uint256 tier = 1; tier <= TierWords.SYSTEM; ++tier) {
            _tier(tier).word = _tier(tier).word.asPaused();
        }
        uint64 expiry = uint64(block.timestamp + PAUSE_DURATION);
        _storage().pausedUntil = expiry;
        emit Paused(expiry);
    }

    /// @inheritdoc IStablecoin
    function unpause() external restricted {
        for (uint256 tier = 1; tier <= TierWords.SYSTEM; ++tier) {
            _tier(tier).word = _tier(tier).word.asUnpaused();
        }
        _storage().pausedUntil = 0;
        emit Unpaused();
    }

    /// @inheritdoc IStablecoin
    function attestReserve(uint64 attested) external restricted {
        uint64 expiry = uint64(block.timestamp + ATTESTATION_LIFETIME);
        (_storage().reserve, _storage().reserveExpiry) = (attested, expiry);
        emit ReserveAttested(attested, expiry);
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
        // What a SYSTEM contract holds belongs to others.
        if (_isSystem(from)) revert SystemAccount(from);
        bytes32 hash = _hashTypedDataV4(
            keccak256(abi.encode(REDEEM_TYPEHASH, from, value, bankReference, validAfter, validBefore))
        );
        if (!SignatureChecker.isValidSignatureNowCalldata(from, hash, signature)) revert ERC3009InvalidSignature();
        _checkValidity(validAfter, validBefore);
        _consumeNonce(from, bankReference);
        emit Redeemed(from, value, bankReference);
        _burn(from, value);
    }

    // --- reading ---

    /// @inheritdoc IStablecoin
    function accountOf(address account) external view returns (AccountState memory) {
        AccountWord word = _account(account).word;
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
        return _account(account).word.frozen();
    }

    /// @inheritdoc IStablecoin
    function tierLimits(uint8 tier) external view returns (TierLimits memory) {
        return _tier(tier).word.toLimits();
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

    /// @dev The word of an account that COMPLIANCE may change.
    function _person(address account) private view returns (AccountWord word) {
        word = _account(account).word;
        if (word.tier() == TierWords.SYSTEM) revert SystemAccount(account);
    }

    function _setTierLimits(uint256 tier, TierLimits memory limits) private {
        if (tier == TierWords.NONE || tier > TierWords.HIGHEST) revert TierNotAssignable(uint8(tier));
        // The one-factor counter has 24 bits; a limit that it cannot reach must be no tighter than the day's own.
        if (limits.oneFactorPerDay > type(uint24).max && limits.oneFactorPerDay < limits.perDay) {
            revert ValueTooLarge(limits.oneFactorPerDay);
        }
        _tier(tier).word = _tier(tier).word.withLimits(limits);
        emit TierLimitsSet(uint8(tier), limits);
    }

    function _authorizeUpgrade(address) internal override restricted {}
}
