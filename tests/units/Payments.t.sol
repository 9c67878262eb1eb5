// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {OpenTill} from "../../contracts/mocks/OpenTill.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {TokenWorld} from "../invariants/TokenWorld.sol";
import {Spec} from "./Spec.sol";

/// @title A payment: each limit at its value and one fen above, each turn at its second, each state that refuses
/// @dev Everybody has 400 fen; the tiers' limits stand in {TokenWorld}.
contract PaymentsSpec is TokenWorld, Spec {
    uint256 private constant NEW_DAY = START + 12 hours; // 2030-12-31 in Shenzhen
    uint256 private constant NEW_YEAR = START + 36 hours;

    function setUp() external {
        _build();
    }

    // --- limits ---

    function test_paymentMayReachItsLimitAndNoFenMore() external {
        _refusedToPay(
            1, 5, 121, abi.encodeWithSelector(IStablecoin.PaymentLimitExceeded.selector, everyone[1], 121, 120)
        );
        _pays(1, 5, 120);
    }

    function test_daysSpendingMayReachItsLimitAndNoFenMore() external {
        _pays(3, 5, 239);
        _refusedToPay(3, 5, 2, abi.encodeWithSelector(IStablecoin.DailyLimitExceeded.selector, everyone[3], 241, 240));
        _pays(3, 5, 1);
        _refusedToPay(3, 5, 1, abi.encodeWithSelector(IStablecoin.DailyLimitExceeded.selector, everyone[3], 241, 240));
    }

    function test_yearsSpendingMayReachItsLimitAndNoFenMore() external {
        _pays(4, 5, 329);
        _refusedToPay(4, 5, 2, abi.encodeWithSelector(IStablecoin.YearlyLimitExceeded.selector, everyone[4], 331, 330));
        _pays(4, 5, 1);
    }

    function test_oneFactorSpendsItsLimitAndNoFenMore() external {
        _pays(2, 5, 140);
        bytes memory reason = abi.encodeWithSelector(IStablecoin.StepUpRequired.selector, everyone[2], 201, 200);
        _refusedToPay(2, 5, 61, reason);
        _pays(2, 5, 60);
        _refusedToPay(2, 5, 1, reason);
    }

    function test_recipientMayHoldItsLimitAndNoFenMore() external {
        bytes memory reason = abi.encodeWithSelector(IStablecoin.BalanceLimitExceeded.selector, everyone[0], 501, 500);
        _refusedToPay(1, 0, 101, reason);
        _pays(1, 0, 100);
        _refusedToPay(1, 0, 1, reason);
    }

    function test_limitOfTheRecipientIsThatOfItsOwnTier() external {
        _pays(2, 1, 140); // 540 of 600
        _refusedToPay(2, 1, 61, abi.encodeWithSelector(IStablecoin.StepUpRequired.selector, everyone[2], 201, 200));
        _refusedToPay(
            5, 1, 61, abi.encodeWithSelector(IStablecoin.BalanceLimitExceeded.selector, everyone[1], 601, 600)
        );
        _pays(5, 1, 60);
    }

    function test_limitOfTheRecipientHoldsWithinOneTier() external {
        _assign(everyone[6], 2);
        _returns(everyone[6], _fill(3, 240) + _fill(4, 310));
        _pays(1, 6, 50);
        _refusedToPay(1, 6, 1, abi.encodeWithSelector(IStablecoin.BalanceLimitExceeded.selector, everyone[6], 601, 600));
    }

    function test_wholeBalanceMayBePaidAndNoFenMore() external {
        _widen(4);
        _widen(6);
        bytes memory reason =
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, everyone[3], 400, 401);
        _refusedToPay(3, 5, 401, reason);
        _pays(3, 5, 400);
        require(token.balanceOf(everyone[3]) == 0 && token.balanceOf(everyone[5]) == 800, "balances");
    }

    function test_oneFactorCounterStaysAtItsLargestValue() external {
        _widen(4);
        token.setTiers(_list(everyone[6], 4));
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](1);
        mints[0] = IStablecoin.Mint(everyone[3], 40_000_000, "large");
        token.mintMany(mints);
        _pays(3, 6, type(uint24).max);
        require(token.accountOf(everyone[3]).oneFactorToday == type(uint24).max, "largest");
        _pays(3, 6, 5);
        IStablecoin.AccountState memory state = token.accountOf(everyone[3]);
        require(state.oneFactorToday == type(uint24).max && state.spentToday == uint256(type(uint24).max) + 5, "more");
    }

    // --- what is counted ---

    function test_paymentIsCountedInItsDayItsYearAndItsOneFactor() external {
        _pays(3, 5, 7);
        uint24 today = uint24((START + 8 hours) / 1 days);
        _is(3, IStablecoin.AccountState(393, 7, 7, today, 7, 4, false));
        _is(5, IStablecoin.AccountState(407, 0, 0, 0, 0, 6, false));
    }

    function test_dayTurnsAtMidnightInShenzhen() external {
        _pays(3, 5, 240);
        VM.warp(NEW_DAY - 1);
        _refusedToPay(3, 5, 1, abi.encodeWithSelector(IStablecoin.DailyLimitExceeded.selector, everyone[3], 241, 240));
        VM.warp(NEW_DAY);
        _pays(3, 5, 3);
        _is(3, IStablecoin.AccountState(157, 3, 243, uint24((NEW_DAY + 8 hours) / 1 days), 3, 4, false));
    }

    function test_yearTurnsAtMidnightInShenzhen() external {
        _pays(4, 5, 330);
        VM.warp(NEW_YEAR - 1);
        _refusedToPay(4, 5, 1, abi.encodeWithSelector(IStablecoin.YearlyLimitExceeded.selector, everyone[4], 331, 330));
        VM.warp(NEW_YEAR);
        _pays(4, 5, 3);
        _is(4, IStablecoin.AccountState(67, 3, 3, uint24((NEW_YEAR + 8 hours) / 1 days), 3, 5, false));
    }

    function test_visitorsLimitIsForLife() external {
        _pays(0, 5, 250);
        VM.warp(NEW_YEAR + 400 days);
        _refusedToPay(0, 5, 1, abi.encodeWithSelector(IStablecoin.YearlyLimitExceeded.selector, everyone[0], 251, 250));
    }

    function test_paymentToOneselfAddsNothing() external {
        VM.prank(everyone[3]);
        token.transfer(everyone[3], 50);
        require(token.balanceOf(everyone[3]) == 400 && token.accountOf(everyone[3]).spentToday == 50, "balance");
    }

    function test_supplyIsUntouchedByAPayment() external {
        _pays(3, 5, 7);
        require(token.totalSupply() == 2400, "supply");
    }

    // --- who is refused ---

    function test_paymentOfNothingIsRefused() external {
        _refusedToPay(3, 5, 0, abi.encodeWithSelector(IStablecoin.ZeroAmount.selector));
    }

    function test_paymentOfOneFenPasses() external {
        _pays(3, 5, 1);
    }

    function test_whoIsNotRegisteredNeitherSendsNorReceives() external {
        bytes memory reason = abi.encodeWithSelector(IStablecoin.AccountNotRegistered.selector, everyone[7]);
        _refusedToPay(7, 5, 1, reason);
        _refusedToPay(5, 7, 1, reason);
    }

    function test_frozenAccountNeitherSendsNorReceives() external {
        token.freeze(_one(everyone[3]));
        _refusedToPay(3, 5, 1, abi.encodeWithSelector(IStablecoin.AccountIsFrozen.selector, everyone[3]));
        _refusedToPay(5, 3, 1, abi.encodeWithSelector(IStablecoin.RecipientIsFrozen.selector, everyone[3]));
        token.unfreeze(_one(everyone[3]));
        _pays(3, 5, 1);
        _pays(5, 3, 1);
    }

    function test_nobodyPaysIntoASystemContractFromOutside() external {
        bytes memory reason = abi.encodeWithSelector(IStablecoin.SystemRecipient.selector, till);
        _refused(everyone[3], address(token), abi.encodeCall(IERC20.transfer, (address(till), 1)), reason);
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](1);
        mints[0] = IStablecoin.Mint(address(till), 1, "entry");
        _refused(address(this), address(token), abi.encodeCall(IStablecoin.mintMany, (mints)), reason);
    }

    function test_spenderNeedsTheAllowance() external {
        bytes memory act = abi.encodeCall(IERC20.transferFrom, (everyone[3], everyone[5], 1));
        _refused(
            address(this),
            address(token),
            act,
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, this, 0, 1)
        );
        VM.prank(everyone[3]);
        token.approve(address(this), 1);
        _saidTransfer(_accepted(address(this), address(token), act)[0], address(token), everyone[3], everyone[5], 1);
    }

    // --- SYSTEM contracts ---

    function test_systemContractHasNoLimitAndNoCounter() external {
        _fill(5, 200);
        _fill(3, 240);
        _assign(everyone[6], 5);
        till.pay(IERC20(address(token)), everyone[6], 440);
        IStablecoin.AccountState memory state = token.accountOf(address(till));
        require(state.balance == 0 && state.spentToday == 0 && state.day == 0, "counted");
        _refused(
            everyone[1],
            address(till),
            abi.encodeCall(OpenTill.pay, (IERC20(address(token)), everyone[6], 1)),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, till, 0, 1)
        );
    }

    function test_systemContractsFetchFromEachOtherOutsideAPause() external {
        OpenTill other = OpenTill(VM.deployCode(artifact("OpenTill")));
        token.setSystem(address(other));
        _fill(5, 20);
        VM.prank(address(till));
        token.approve(address(other), 6);
        other.take(IERC20(address(token)), address(till), 5);
        require(token.balanceOf(address(other)) == 5, "fetched");
        token.pause();
        _refused(
            everyone[1],
            address(other),
            abi.encodeCall(OpenTill.take, (IERC20(address(token)), address(till), 1)),
            abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours)
        );
    }

    function test_systemContractsLeaveNothingInEachOther() external {
        OpenTill other = OpenTill(VM.deployCode(artifact("OpenTill")));
        token.setSystem(address(other));
        _fill(5, 20);
        _refused(
            everyone[1],
            address(till),
            abi.encodeCall(OpenTill.pay, (IERC20(address(token)), address(other), 5)),
            abi.encodeWithSelector(IStablecoin.SystemRecipient.selector, other)
        );
    }

    // --- returns ---

    function test_returnPassesCapFreezeTierAndPause() external {
        _fill(5, 200);
        token.freeze(_one(everyone[0]));
        token.pause();
        _returns(everyone[0], 150);
        _returns(everyone[7], 50);
        require(token.balanceOf(everyone[0]) == 550 && token.balanceOf(everyone[7]) == 50, "returned");
        require(token.balanceOf(address(till)) == 0, "the till's");
        require(token.isFrozen(everyone[0]), "frozen");
    }

    function test_returnIsRefused() external {
        _fill(5, 20);
        _refused(
            everyone[5],
            address(token),
            abi.encodeCall(IStablecoin.returnTo, (everyone[0], 1)),
            abi.encodeWithSelector(IStablecoin.NotSystemAccount.selector, everyone[5])
        );
        _refusedToReturn(address(0), 1, abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, 0));
        _refusedToReturn(everyone[0], 0, abi.encodeWithSelector(IStablecoin.ZeroAmount.selector));
        _refusedToReturn(
            everyone[0], 21, abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, till, 20, 21)
        );
        _returns(everyone[0], 1);
        _returns(everyone[0], 19);
    }

    function test_returnToItselfMakesNoMoney() external {
        _fill(5, 20);
        _returns(address(till), 5);
        require(token.balanceOf(address(till)) == 20, "made");
    }

    // --- faces ---

    function test_nameSymbolAndDecimals() external view {
        _same(abi.encode(token.name(), token.symbol()), abi.encode("Sandbox Yuan Voucher", "sCNY"));
        require(token.decimals() == 2, "decimals");
    }

    // --- parts ---

    function _pays(uint256 payer, uint256 payee, uint256 value) private {
        (address from, address to) = (everyone[payer], everyone[payee]);
        uint256 had = token.balanceOf(from);
        uint256 held = token.balanceOf(to);
        Cheats.Log[] memory logs = _accepted(from, address(token), abi.encodeCall(IERC20.transfer, (to, value)));
        require(logs.length == 1, "one event");
        _saidTransfer(logs[0], address(token), from, to, value);
        require(token.balanceOf(from) == had - value && token.balanceOf(to) == held + value, "balances");
    }

    function _refusedToPay(uint256 payer, uint256 payee, uint256 value, bytes memory reason) private {
        _refused(everyone[payer], address(token), abi.encodeCall(IERC20.transfer, (everyone[payee], value)), reason);
    }

    function _returns(address to, uint256 value) private {
        bytes memory act = abi.encodeCall(OpenTill.giveBack, (IStablecoin(address(token)), to, value));
        Cheats.Log[] memory logs = _accepted(everyone[1], address(till), act);
        require(logs.length == 2, "two events");
        _said(logs[0], address(token), abi.encode(IStablecoin.Returned.selector, to), abi.encode(value));
        _saidTransfer(logs[1], address(token), address(till), to, value);
    }

    function _refusedToReturn(address to, uint256 value, bytes memory reason) private {
        bytes memory act = abi.encodeCall(OpenTill.giveBack, (IStablecoin(address(token)), to, value));
        _refused(everyone[1], address(till), act, reason);
    }

    /// @dev Somebody pays `value` into the till.
    function _fill(uint256 payer, uint256 value) private returns (uint256) {
        VM.prank(everyone[payer]);
        token.approve(address(till), value);
        till.take(IERC20(address(token)), everyone[payer], value);
        return value;
    }

    function _is(uint256 who, IStablecoin.AccountState memory expected) private view {
        _same(abi.encode(token.accountOf(everyone[who])), abi.encode(expected));
    }

    function _assign(address account, uint8 tier) private {
        token.setTiers(_list(account, tier));
    }

    function _widen(uint8 tier) private {
        uint48 most = type(uint48).max;
        token.setTierLimits(tier, IStablecoin.TierLimits(most, most, most, most, most, false));
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function _list(address account, uint8 tier) private pure returns (IStablecoin.TierAssignment[] memory list) {
        list = new IStablecoin.TierAssignment[](1);
        list[0] = IStablecoin.TierAssignment(account, tier);
    }
}
