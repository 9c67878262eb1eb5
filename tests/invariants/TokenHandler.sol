// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Stablecoin} from "../../contracts/Stablecoin.sol";
import {IBatch} from "../../contracts/interfaces/IBatch.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM, bound} from "./Cheats.sol";
import {Tally} from "./Tally.sol";
import {TokenWorld} from "./TokenWorld.sol";

/// @title Does what people, officers and strangers can do, in any order, and notes what must never be seen
/// @dev It never reverts after an act, for a revert would take the note back: `broken` names the first broken sentence.
contract TokenHandler is TokenWorld, Tally {
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant REDEEM_TYPEHASH =
        keccak256("Redeem(address from,uint256 value,bytes32 bankReference,uint256 validAfter,uint256 validBefore)");

    struct Spending {
        uint256 day;
        uint256 ofToday;
        uint256 year;
        uint256 ofThisYear;
    }

    string public broken;
    uint256 public passed;
    mapping(bytes32 entry => bool) private minted;
    mapping(address account => Spending) private spending;
    uint256[] private before;

    constructor() {
        _build();
    }

    // --- what people do ---

    function transfer(uint256 payer, uint256 payee, uint256 value) external {
        (address from, address to) = (_person(payer), _anyone(payee));
        value = _amount(from, to, value);
        _note();
        VM.prank(from);
        try token.transfer(to, value) {
            _accept("transfer");
            _paid(from, to, value, true);
        } catch {
            _unmoved();
        }
    }

    function spendAllowance(uint256 owner, uint256 payee, uint256 value) external {
        (address from, address to) = (_person(owner), _anyone(payee));
        value = _amount(from, to, value);
        VM.prank(from);
        token.approve(address(this), value);
        _note();
        try token.transferFrom(from, to, value) {
            _accept("spendAllowance");
            _paid(from, to, value, true);
        } catch {
            _unmoved();
        }
    }

    function spendWithoutAllowance(uint256 owner, uint256 payee, uint256 value) external {
        address from = _person(owner);
        VM.prank(from);
        token.approve(address(this), 0);
        _note();
        try token.transferFrom(from, _anyone(payee), bound(value, 1, 150)) {
            broken = "money moved without its owner";
        } catch {
            _unmoved();
        }
    }

    function authorize(uint256 payer, uint256 payee, uint256 value, uint256 nonce, uint256 signer) external {
        (address from, address to) = (_person(payer), _anyone(payee));
        // Mostly the payer signs, sometimes somebody else; few nonces, so that many are met twice.
        uint256 key = KEYS + (signer % 4 == 0 ? signer % PEOPLE : payer % PEOPLE);
        value = _amount(from, to, value);
        bytes memory data = _authorization(from, to, value, bytes32(nonce % 8), key);
        bool used = token.authorizationState(from, bytes32(nonce % 8));
        _note();
        VM.recordLogs();
        (bool success,) = address(token).call(data);
        if (!success) return _unmoved();
        _accept("authorize");
        if (used) broken = "an authorization passed twice";
        if (VM.addr(key) != from) broken = "money moved without its owner's signature";
        _mustStandDirectlyBeforeItsTransfer(from, to, value);
        _paid(from, to, value, true);
    }

    function carryInBatch(uint256 payer, uint256 payee, uint256 value, uint256 nonce) external {
        (address from, address to) = (_person(payer), _anyone(payee));
        value = _amount(from, to, value);
        IBatch.Call[] memory calls = new IBatch.Call[](2);
        bytes memory data = _authorization(from, to, value, bytes32(256 + nonce % 8), KEYS + payer % PEOPLE);
        calls[0] = IBatch.Call(address(token), 200_000, data);
        calls[1] = calls[0];
        bool used = token.authorizationState(from, bytes32(256 + nonce % 8));
        _note();
        batch.execute(calls);
        if (used || !token.authorizationState(from, bytes32(256 + nonce % 8))) return _unmoved();
        _accept("carryInBatch");
        _paid(from, to, value, true);
    }

    function redeem(uint256 owner, uint256 value, uint256 reference_) external {
        address from = _person(owner);
        value = _amount(from, address(0), value);
        bytes32 bankReference = keccak256(abi.encode("bank", reference_ % 16));
        bytes32 digest =
            _digest(keccak256(abi.encode(REDEEM_TYPEHASH, from, value, bankReference, 0, type(uint40).max)));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(KEYS + owner % PEOPLE, digest);
        uint256 supply = token.totalSupply();
        _note();
        try token.redeem(from, value, bankReference, 0, type(uint40).max, abi.encodePacked(r, s, v)) {
            _accept("redeem");
            if (token.totalSupply() != supply - value) broken = "a redemption burns what it says";
            _paid(from, address(0), value, false);
        } catch {
            _unmoved();
        }
    }

    // --- what the till does ---

    function payIn(uint256 payer, uint256 value) external {
        address from = _person(payer);
        value = _amount(from, address(till), value);
        VM.prank(from);
        token.approve(address(till), value);
        _note();
        try till.take(IERC20(address(token)), from, value) {
            _accept("payIn");
            _paid(from, address(till), value, true);
        } catch {
            _unmoved();
        }
    }

    function payOut(uint256 payee, uint256 value) external {
        address to = _anyone(payee);
        value = _amount(address(till), to, value);
        _note();
        try till.pay(IERC20(address(token)), to, value) {
            _accept("payOut");
            _paid(address(till), to, value, false);
        } catch {
            _unmoved();
        }
    }

    function giveBack(uint256 payee, uint256 value) external {
        address to = _account(payee);
        value = bound(value, 1, 300);
        bool covered = token.balanceOf(address(till)) >= value;
        _note();
        try till.giveBack(IStablecoin(address(token)), to, value) {
            _accept("giveBack");
            _moved(address(till), to, value);
        } catch {
            if (covered) broken = "a return stuck";
            _unmoved();
        }
    }

    function giveBackWithoutRight(uint256 caller, uint256 payee) external {
        _note();
        VM.prank(_person(caller));
        try token.returnTo(_anyone(payee), 1) {
            broken = "a person made a return";
        } catch {
            _unmoved();
        }
    }

    // --- what officers do ---

    function mint(uint256 payee, uint64 value, uint256 entry) external {
        address to = _anyone(payee);
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](1);
        mints[0] = IStablecoin.Mint(to, uint64(_issue(to, value)), keccak256(abi.encode(entry % 32)));
        _note();
        try token.mintMany(mints) {
            _accept("mint");
            if (minted[mints[0].entry]) broken = "an entry minted twice";
            minted[mints[0].entry] = true;
            (uint64 reserve, uint64 expiry) = token.reserve();
            if (token.totalSupply() > reserve || block.timestamp >= expiry) broken = "a mint exceeds the attestation";
            _paid(address(0), to, mints[0].value, false);
        } catch {
            _unmoved();
        }
    }

    function attest(uint256 reserve) external {
        token.attestReserve(uint64(bound(reserve, token.totalSupply() / 2, token.totalSupply() + 200)));
    }

    function setTier(uint256 who, uint256 tier) external {
        IStablecoin.TierAssignment[] memory one = new IStablecoin.TierAssignment[](1);
        one[0] = IStablecoin.TierAssignment(_account(who), uint8(bound(tier, 0, 8)));
        _note();
        try token.setTiers(one) {
            _accept("setTier");
        } catch {}
        _unmoved();
    }

    function setFrozen(uint256 who, bool frozen) external {
        address[] memory one = new address[](1);
        one[0] = _account(who);
        _note();
        bytes4 act = frozen ? IStablecoin.freeze.selector : IStablecoin.unfreeze.selector;
        (bool success,) = address(token).call(abi.encodeWithSelector(act, one));
        if (success) _accept(frozen ? "freeze" : "unfreeze");
        _unmoved();
    }

    function replace(uint256 who, uint256 successor) external {
        (address account, address next) = (_account(who), _account(successor));
        _note();
        try token.replaceAccount(account, next) {
            _accept("replace");
            spending[next] = spending[account];
        } catch {}
        _unmoved();
    }

    function pause(uint256 really) external {
        if (really % 4 == 0) token.pause();
    }

    function unpause() external {
        token.unpause();
    }

    function passTime(uint256 seconds_) external {
        // Days must be long enough for several payments.
        if (seconds_ % 3 != 0) return;
        VM.warp(block.timestamp + bound(seconds_, 1, seconds_ % 2 == 0 ? 200 days : 20 hours));
        token.attestReserve(uint64(token.totalSupply() + 200));
    }

    // --- reading ---

    function theToken() external view returns (Stablecoin) {
        return token;
    }

    function all() external view returns (address[] memory) {
        return everyone;
    }

    // --- what must hold after an act ---

    function _paid(address from, address to, uint256 value, bool yearly) private {
        ++passed;
        _moved(from, to, value);
        if (value == 0) broken = "nothing was paid";
        if (token.pausedUntil() != 0) broken = "a payment passed in a pause";
        if (from != address(0) && from != address(till)) _withinLimits(from, value, yearly);
        if (to != address(0) && to != address(till)) _withinCap(to);
    }

    /// @dev The money left `from` and reached `to`; nobody else's moved.
    function _moved(address from, address to, uint256 value) private {
        for (uint256 i = 0; i < everyone.length; ++i) {
            uint256 expected = before[i];
            if (everyone[i] == from) expected -= value;
            if (everyone[i] == to) expected += value;
            if (token.balanceOf(everyone[i]) != expected) broken = "somebody else's money moved";
        }
    }

    function _unmoved() private {
        _moved(address(0), address(0), 0);
    }

    /// @dev A tally of our own, by days and years worked out another way.
    function _withinLimits(address from, uint256 value, bool yearly) private {
        IStablecoin.AccountState memory state = token.accountOf(from);
        IStablecoin.TierLimits memory limits = token.tierLimits(state.tier);
        Spending storage tally = spending[from];
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        if (tally.day != day) (tally.day, tally.ofToday) = (day, 0);
        if (!limits.lifetime && tally.year != _year(day)) tally.ofThisYear = 0;
        tally.year = _year(day);
        tally.ofToday += value;
        if (yearly) tally.ofThisYear += value;
        if (state.tier == 0 || state.frozen) broken = "an unregistered or frozen account paid";
        if (value > limits.perPayment) broken = "a payment above its limit";
        if (tally.ofToday > limits.perDay || tally.ofToday > limits.oneFactorPerDay) broken = "a day above its limit";
        if (yearly && tally.ofThisYear > limits.perYear) broken = "a year above its limit";
    }

    function _withinCap(address to) private {
        IStablecoin.AccountState memory state = token.accountOf(to);
        if (state.tier == 0 || state.frozen) broken = "an unregistered or frozen account was paid";
        if (state.balance > token.tierLimits(state.tier).maxBalance) broken = "a balance above its tier";
    }

    function _mustStandDirectlyBeforeItsTransfer(address from, address to, uint256 value) private {
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        bool right = logs.length == 2 && logs[0].topics[0] == IERC3009.AuthorizationUsed.selector
            && logs[1].topics[0] == IERC20.Transfer.selector && logs[0].topics[1] == logs[1].topics[1]
            && logs[1].topics[1] == bytes32(uint256(uint160(from)))
            && logs[1].topics[2] == bytes32(uint256(uint160(to))) && abi.decode(logs[1].data, (uint256)) == value;
        if (!right) broken = "AuthorizationUsed does not stand directly before its Transfer";
    }

    // --- parts ---

    function _note() private {
        delete before;
        for (uint256 i = 0; i < everyone.length; ++i) {
            before.push(token.balanceOf(everyone[i]));
        }
    }

    function _person(uint256 seed) private view returns (address) {
        return everyone[seed % PEOPLE];
    }

    /// @dev Everyone but the batch, which officers register nowhere and nobody owes a return.
    function _account(uint256 seed) private view returns (address) {
        return everyone[seed % (everyone.length - 1)];
    }

    function _anyone(uint256 seed) private view returns (address) {
        return everyone[seed % everyone.length];
    }

    /// @dev Mostly small; often the last fen that some limit allows, or the first above it; sometimes none or far too much.
    function _amount(address from, address to, uint256 seed) private view returns (uint256) {
        if (seed % 32 == 0) return 0;
        if (seed % 32 == 1) return bound(seed >> 8, 1, type(uint64).max);
        if (seed % 2 == 0) return _edge(from, to, seed >> 8) + seed / 2 % 2;
        return bound(seed >> 8, 1, 150);
    }

    /// @dev As `_amount`, with the reserve among the limits.
    function _issue(address to, uint256 seed) private view returns (uint256) {
        (uint64 reserve,) = token.reserve();
        return seed % 8 == 3 ? _rest(reserve, token.totalSupply()) + seed / 8 % 2 : _amount(address(0), to, seed);
    }

    function _edge(address from, address to, uint256 seed) private view returns (uint256) {
        IStablecoin.AccountState memory payer = token.accountOf(from);
        IStablecoin.AccountState memory payee = token.accountOf(to);
        IStablecoin.TierLimits memory limits = token.tierLimits(payer.tier);
        bool sameDay = payer.day == (block.timestamp + 8 hours) / 1 days;
        if (seed % 6 == 0) return payer.balance;
        if (seed % 6 == 1) return limits.perPayment;
        if (seed % 6 == 2) return _rest(limits.perDay, sameDay ? payer.spentToday : 0);
        if (seed % 6 == 3) return _rest(limits.perYear, payer.spentThisYear);
        if (seed % 6 == 4) return _rest(limits.oneFactorPerDay, sameDay ? payer.oneFactorToday : 0);
        return _rest(token.tierLimits(payee.tier).maxBalance, payee.balance);
    }

    function _rest(uint256 limit, uint256 used) private pure returns (uint256) {
        return limit > used ? limit - used : 0;
    }

    /// @dev START is in 2030; a run stays within a few decades.
    function _year(uint256 day) private pure returns (uint256 year) {
        year = 2030;
        uint256 firstOfNext = 22_280; // 2031-01-01
        while (day >= firstOfNext) {
            ++year;
            firstOfNext += year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
        }
    }

    function _authorization(address from, address to, uint256 value, bytes32 nonce, uint256 key)
        private
        view
        returns (bytes memory)
    {
        uint256 forever = type(uint40).max;
        bytes32 hash = keccak256(abi.encode(TRANSFER_TYPEHASH, from, to, value, 0, forever, nonce));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, _digest(hash));
        return abi.encodeCall(IERC3009.transferWithAuthorization, (from, to, value, 0, forever, nonce, v, r, s));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash));
    }
}
