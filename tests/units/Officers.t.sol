// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1967} from "@openzeppelin/contracts/interfaces/IERC1967.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IAnchor} from "../../contracts/interfaces/IAnchor.sol";
import {Roles} from "../../contracts/Roles.sol";
import {Stablecoin} from "../../contracts/Stablecoin.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {TokenWorld} from "../invariants/TokenWorld.sol";
import {Spec} from "./Spec.sol";

/// @title What officers may do, what it says, and that nobody else may
/// @dev This contract holds every role.
contract OfficersSpec is TokenWorld, Spec {
    address private constant NOBODY = address(0xBEEF);

    function setUp() external {
        _build();
    }

    // --- roles ---

    function test_everyActOfARoleIsRefusedToOthers() external {
        Stablecoin other = Stablecoin(VM.deployCode(artifact("Stablecoin")));
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](0);
        bytes[] memory acts = new bytes[](11);
        acts[0] = abi.encodeCall(IStablecoin.setTierLimits, (2, _of(1, 1, 1, 1, 1)));
        acts[1] = abi.encodeCall(IStablecoin.setSystem, (address(batch)));
        acts[2] = abi.encodeCall(IStablecoin.setTiers, (_assign(everyone[8], 1)));
        acts[3] = abi.encodeCall(IStablecoin.replaceAccount, (everyone[0], NOBODY));
        acts[4] = abi.encodeCall(IStablecoin.freeze, (_list(NOBODY)));
        acts[5] = abi.encodeCall(IStablecoin.unfreeze, (_list(NOBODY)));
        acts[6] = abi.encodeCall(IStablecoin.pause, ());
        acts[7] = abi.encodeCall(IStablecoin.unpause, ());
        acts[8] = abi.encodeCall(IStablecoin.attestReserve, (1));
        acts[9] = abi.encodeCall(IStablecoin.mintMany, (mints));
        acts[10] = abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (address(other), ""));
        for (uint256 i = 0; i < acts.length; ++i) {
            _refused(
                NOBODY,
                address(token),
                acts[i],
                abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, NOBODY)
            );
            _accepted(address(this), address(token), acts[i]);
        }
    }

    function test_tableOfRoles() external {
        Roles roles = Roles(VM.deployCode(artifact("Roles")));
        Roles.Permission[] memory table = roles.permissions();
        require(table.length == 9 && roles.DELAY() == 172_800, "length");
        _is(
            table[0],
            0,
            "ADMIN",
            172_800,
            abi.encodePacked(IStablecoin.setTierLimits.selector, IStablecoin.setSystem.selector)
        );
        _is(table[1], 1, "MINTER", 0, abi.encodePacked(IStablecoin.mintMany.selector));
        _is(
            table[2],
            2,
            "COMPLIANCE",
            0,
            abi.encodePacked(
                IStablecoin.setTiers.selector,
                IStablecoin.replaceAccount.selector,
                IStablecoin.freeze.selector,
                IStablecoin.unfreeze.selector
            )
        );
        _is(table[3], 3, "ATTESTOR", 0, "");
        _is(table[4], 4, "PAUSER", 0, abi.encodePacked(IStablecoin.pause.selector));
        _is(table[5], 5, "UNPAUSER", 0, abi.encodePacked(IStablecoin.unpause.selector));
        _is(table[6], 6, "RESERVE", 0, abi.encodePacked(IStablecoin.attestReserve.selector));
        _is(table[7], 7, "UPGRADER", 172_800, abi.encodePacked(UUPSUpgradeable.upgradeToAndCall.selector));
        _is(table[8], 8, "ANCHORER", 0, abi.encodePacked(IAnchor.anchor.selector));
    }

    // --- deployment ---

    function test_tokenIsInitializedOnce() external {
        IStablecoin.TierLimits[] memory none = new IStablecoin.TierLimits[](0);
        bytes memory act = abi.encodeCall(IStablecoin.initialize, (token.authority(), none));
        bytes memory reason = abi.encodeWithSelector(Initializable.InvalidInitialization.selector);
        _refused(address(this), address(token), act, reason);
        _refused(address(this), VM.deployCode(artifact("Stablecoin")), act, reason);
    }

    function test_tokenBeginsWithItsTiersInOrder() external {
        IStablecoin.TierLimits[] memory two = new IStablecoin.TierLimits[](2);
        (two[0], two[1]) = (_of(1, 2, 3, 4, 5), _of(6, 7, 8, 9, 10));
        Stablecoin fresh = Stablecoin(_deploy(token.authority(), two));
        _same(abi.encode(fresh.tierLimits(1), fresh.tierLimits(2)), abi.encode(two[0], two[1]));
        require(fresh.authority() == token.authority() && fresh.tierLimits(3).maxBalance == 0, "authority");
    }

    function test_authorityIsAContract() external {
        IStablecoin.TierLimits[] memory none = new IStablecoin.TierLimits[](0);
        try this.deploy(NOBODY, none) {
            revert("accepted");
        } catch (bytes memory reason) {
            _same(reason, abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, NOBODY));
        }
    }

    function deploy(address authority, IStablecoin.TierLimits[] calldata limits) external returns (address) {
        return _deploy(authority, limits);
    }

    function test_upgradeKeepsEverything() external {
        address next = VM.deployCode(artifact("Stablecoin"));
        bytes memory act = abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (next, ""));
        Cheats.Log[] memory logs = _accepted(address(this), address(token), act);
        _said(logs[0], address(token), abi.encode(IERC1967.Upgraded.selector, next), "");
        require(token.balanceOf(everyone[3]) == 400 && token.totalSupply() == 2400, "kept");
    }

    // --- tiers ---

    function test_limitsOfATierAreKeptAndSaid() external {
        IStablecoin.TierLimits memory limits = IStablecoin.TierLimits(11, 12, 13, 14, 15, true);
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.setTierLimits, (6, limits)));
        _said(logs[0], address(token), abi.encode(IStablecoin.TierLimitsSet.selector, 6), abi.encode(limits));
        _same(abi.encode(token.tierLimits(6)), abi.encode(limits));
        _does(abi.encodeCall(IStablecoin.setTierLimits, (1, limits)));
        _same(abi.encode(token.tierLimits(1)), abi.encode(limits));
        limits = _of(10, 10, 10, 10, 10);
        _does(abi.encodeCall(IStablecoin.setTierLimits, (1, limits)));
        _same(abi.encode(token.tierLimits(1)), abi.encode(limits)); // no bit of the old ones is left
    }

    function test_noneAndSystemHaveNoLimits() external {
        bytes4 reason = IStablecoin.TierNotAssignable.selector;
        _mayNot(abi.encodeCall(IStablecoin.setTierLimits, (0, _of(1, 1, 1, 1, 1))), abi.encodeWithSelector(reason, 0));
        _mayNot(abi.encodeCall(IStablecoin.setTierLimits, (7, _of(1, 1, 1, 1, 1))), abi.encodeWithSelector(reason, 7));
        _mayNot(abi.encodeCall(IStablecoin.setTierLimits, (8, _of(1, 1, 1, 1, 1))), abi.encodeWithSelector(reason, 8));
    }

    function test_oneFactorLimitFitsItsCounterOrIsAsWideAsTheDay() external {
        uint48 most = type(uint24).max;
        bytes memory reason = abi.encodeWithSelector(IStablecoin.ValueTooLarge.selector, most + 1);
        _mayNot(abi.encodeCall(IStablecoin.setTierLimits, (2, _of(1, 1, most + 2, 1, most + 1))), reason);
        _does(abi.encodeCall(IStablecoin.setTierLimits, (2, _of(1, 1, most + 2, 1, most))));
        _does(abi.encodeCall(IStablecoin.setTierLimits, (2, _of(1, 1, most + 1, 1, most + 1))));
        _does(abi.encodeCall(IStablecoin.setTierLimits, (2, _of(1, 1, most, 1, most + 1))));
    }

    function test_tiersAreGivenInAListAndSaid() external {
        IStablecoin.TierAssignment[] memory list = new IStablecoin.TierAssignment[](2);
        list[0] = IStablecoin.TierAssignment(NOBODY, 6);
        list[1] = IStablecoin.TierAssignment(everyone[1], 0);
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.setTiers, (list)));
        require(logs.length == 2, "two events");
        _said(logs[0], address(token), abi.encode(IStablecoin.TierSet.selector, NOBODY), abi.encode(6));
        _said(logs[1], address(token), abi.encode(IStablecoin.TierSet.selector, everyone[1]), abi.encode(0));
        require(token.accountOf(NOBODY).tier == 6, "given");
        require(token.accountOf(everyone[1]).tier == 0 && token.balanceOf(everyone[1]) == 400, "taken back");
    }

    function test_noTierAboveSponsorAndNoneWithoutLimitsIsGiven() external {
        bytes4 reason = IStablecoin.TierNotAssignable.selector;
        _mayNot(abi.encodeCall(IStablecoin.setTiers, (_assign(NOBODY, 7))), abi.encodeWithSelector(reason, 7));
        _mayNot(abi.encodeCall(IStablecoin.setTiers, (_assign(NOBODY, 8))), abi.encodeWithSelector(reason, 8));
        _does(abi.encodeCall(IStablecoin.setTierLimits, (6, _of(0, 0, 0, 0, 0))));
        _mayNot(abi.encodeCall(IStablecoin.setTiers, (_assign(NOBODY, 6))), abi.encodeWithSelector(reason, 6));
        _does(abi.encodeCall(IStablecoin.pause, ()));
        _mayNot(abi.encodeCall(IStablecoin.setTiers, (_assign(NOBODY, 6))), abi.encodeWithSelector(reason, 6));
        _does(abi.encodeCall(IStablecoin.setTierLimits, (6, _of(1, 0, 0, 0, 0))));
        _does(abi.encodeCall(IStablecoin.setTiers, (_assign(NOBODY, 6))));
    }

    function test_systemContractIsOutOfComplianceHands() external {
        bytes memory reason = abi.encodeWithSelector(IStablecoin.SystemAccount.selector, till);
        _mayNot(abi.encodeCall(IStablecoin.setTiers, (_assign(address(till), 1))), reason);
        _mayNot(abi.encodeCall(IStablecoin.freeze, (_list(address(till)))), reason);
        _mayNot(abi.encodeCall(IStablecoin.unfreeze, (_list(address(till)))), reason);
        _mayNot(abi.encodeCall(IStablecoin.replaceAccount, (address(till), NOBODY)), reason);
    }

    function test_systemContractIsListedWithItsMoneyAndWithoutAFreeze() external {
        address other = VM.deployCode(artifact("OpenTill"));
        token.freeze(_list(other));
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.setSystem, (other)));
        _said(logs[0], address(token), abi.encode(IStablecoin.TierSet.selector, other), abi.encode(7));
        require(token.accountOf(other).tier == 7 && !token.isFrozen(other), "listed");
    }

    function test_onlyCodeThatIsNobodysWalletIsListed() external {
        _mayNot(
            abi.encodeCall(IStablecoin.setSystem, (NOBODY)),
            abi.encodeWithSelector(IStablecoin.AccountHasNoCode.selector, NOBODY)
        );
        VM.etch(NOBODY, abi.encodePacked(hex"ef0100", till));
        _mayNot(
            abi.encodeCall(IStablecoin.setSystem, (NOBODY)),
            abi.encodeWithSelector(IStablecoin.AccountHasNoCode.selector, NOBODY)
        );
    }

    // --- freeze ---

    function test_freezeIsAListIsSaidAndIsSeen() external {
        address[] memory list = new address[](2);
        (list[0], list[1]) = (everyone[1], everyone[2]);
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.freeze, (list)));
        require(logs.length == 2, "two events");
        _said(logs[1], address(token), abi.encode(IStablecoin.AccountFrozen.selector, everyone[2]), "");
        require(token.isFrozen(everyone[1]) && token.isFrozen(everyone[2]) && !token.isFrozen(everyone[3]), "frozen");
        require(token.accountOf(everyone[2]).frozen && token.balanceOf(everyone[2]) == 400, "state");
        logs = _does(abi.encodeCall(IStablecoin.unfreeze, (list)));
        require(logs.length == 2, "two events");
        _said(logs[0], address(token), abi.encode(IStablecoin.AccountUnfrozen.selector, everyone[1]), "");
        require(!token.isFrozen(everyone[1]) && !token.isFrozen(everyone[2]), "unfrozen");
    }

    // --- replacement ---

    function test_successorTakesTierFreezeAndCountersButNoMoney() external {
        VM.prank(everyone[3]);
        token.transfer(everyone[5], 7);
        token.freeze(_list(everyone[3]));
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.replaceAccount, (everyone[3], NOBODY)));
        _said(logs[0], address(token), abi.encode(IStablecoin.AccountReplaced.selector, everyone[3], NOBODY), "");
        uint24 today = uint24((START + 8 hours) / 1 days);
        _same(abi.encode(token.accountOf(NOBODY)), abi.encode(IStablecoin.AccountState(0, 7, 7, today, 7, 4, true)));
        _same(
            abi.encode(token.accountOf(everyone[3])), abi.encode(IStablecoin.AccountState(393, 7, 7, today, 7, 0, true))
        );
    }

    function test_successorIsAFreshAddress() external {
        bytes4 reason = IStablecoin.SuccessorInUse.selector;
        _mayNot(_replace(0, everyone[1]), abi.encodeWithSelector(reason, everyone[1]));
        _mayNot(_replace(0, everyone[0]), abi.encodeWithSelector(reason, everyone[0]));
        token.freeze(_list(NOBODY));
        _mayNot(_replace(0, NOBODY), abi.encodeWithSelector(reason, NOBODY));
        token.unfreeze(_list(NOBODY));
        VM.prank(everyone[5]);
        token.approve(address(till), 1);
        till.take(IERC20(address(token)), everyone[5], 1);
        till.giveBack(IStablecoin(address(token)), NOBODY, 1);
        _mayNot(_replace(0, NOBODY), abi.encodeWithSelector(reason, NOBODY));
    }

    function test_onlyTheRegisteredAreReplaced() external {
        _mayNot(_replace(7, NOBODY), abi.encodeWithSelector(IStablecoin.AccountNotRegistered.selector, everyone[7]));
    }

    // --- pause ---

    function test_pauseEndsByItselfAtItsSecond() external {
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.pause, ()));
        uint256 expiry = START + 72 hours;
        _said(logs[0], address(token), abi.encode(IStablecoin.Paused.selector), abi.encode(expiry));
        require(token.pausedUntil() == expiry, "paused");
        VM.warp(expiry - 1);
        require(token.pausedUntil() == expiry, "still paused");
        for (uint256 i = 0; i < 6; ++i) {
            _refused(
                everyone[i],
                address(token),
                abi.encodeCall(IERC20.transfer, (everyone[(i + 1) % 6], 1)),
                abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, expiry)
            );
        }
        VM.warp(expiry);
        require(token.pausedUntil() == 0, "over");
        _accepted(everyone[3], address(token), abi.encodeCall(IERC20.transfer, (everyone[5], 1)));
    }

    function test_unpauseLiftsIt() external {
        token.pause();
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.unpause, ()));
        _said(logs[0], address(token), abi.encode(IStablecoin.Unpaused.selector), "");
        require(token.pausedUntil() == 0, "lifted");
        for (uint256 i = 0; i < 6; ++i) {
            _accepted(everyone[i], address(token), abi.encodeCall(IERC20.transfer, (everyone[(i + 1) % 6], 1)));
        }
    }

    /// @dev The bits of the pause lie in the tiers' words; payments read no other word while they are not set.
    function test_unpauseTakesTheBitOfEveryTier() external {
        token.pause();
        token.unpause();
        for (uint256 tier = 1; tier <= 7; ++tier) {
            require(uint256(VM.load(address(token), _slotOf(tier))) >> 241 & 1 == 0, "a bit was left");
        }
        token.pause();
        for (uint256 tier = 1; tier <= 7; ++tier) {
            require(uint256(VM.load(address(token), _slotOf(tier))) >> 241 & 1 == 1, "a bit was not set");
        }
        require(uint256(VM.load(address(token), _slotOf(0))) == 0, "NONE has no word");
        require(uint256(VM.load(address(token), _slotOf(8))) == 0, "there is no eighth tier");
    }

    function test_newLimitsKeepThePause() external {
        token.pause();
        token.setTierLimits(4, _of(999, 9, 9, 9, 9));
        _refused(
            everyone[3],
            address(token),
            abi.encodeCall(IERC20.transfer, (everyone[5], 1)),
            abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours)
        );
    }

    // --- parts ---

    function _does(bytes memory act) private returns (Cheats.Log[] memory) {
        return _accepted(address(this), address(token), act);
    }

    /// @dev The officer may not: `reason`.
    function _mayNot(bytes memory act, bytes memory reason) private {
        _refused(address(this), address(token), act, reason);
    }

    function _is(Roles.Permission memory one, uint64 role, string memory name, uint32 delay, bytes memory selectors)
        private
        pure
    {
        bytes memory found;
        for (uint256 i = 0; i < one.selectors.length; ++i) {
            found = bytes.concat(found, one.selectors[i]);
        }
        _same(abi.encode(one.role, one.name, one.delay, found), abi.encode(role, name, delay, selectors));
    }

    function _deploy(address authority, IStablecoin.TierLimits[] memory limits) private returns (address) {
        bytes memory data = abi.encodeCall(IStablecoin.initialize, (authority, limits));
        return address(new ERC1967Proxy(VM.deployCode(artifact("Stablecoin")), data));
    }

    /// @dev The tiers' words follow the first field of the token's ERC-7201 namespace.
    function _slotOf(uint256 tier) private pure returns (bytes32) {
        bytes32 namespace = keccak256(abi.encode(uint256(keccak256("pswallet.storage.Stablecoin")) - 1));
        return bytes32(uint256(namespace & ~bytes32(uint256(0xff))) + 1 + tier);
    }

    function _replace(uint256 who, address successor) private view returns (bytes memory) {
        return abi.encodeCall(IStablecoin.replaceAccount, (everyone[who], successor));
    }

    function _assign(address account, uint8 tier) private pure returns (IStablecoin.TierAssignment[] memory list) {
        list = new IStablecoin.TierAssignment[](1);
        list[0] = IStablecoin.TierAssignment(account, tier);
    }

    function _list(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function _of(uint48 balance, uint48 payment, uint48 day, uint48 year, uint48 oneFactor)
        private
        pure
        returns (IStablecoin.TierLimits memory)
    {
        return IStablecoin.TierLimits(balance, payment, day, year, oneFactor, false);
    }
}
