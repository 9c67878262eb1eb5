// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IAnchor} from "./interfaces/IAnchor.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";

/// @title The one table of roles: who may call what on the token and the anchor, through OpenZeppelin's AccessManager
/// @notice A deployment sets each permission by `setTargetFunctionRole`, grants the roles, lists its SYSTEM accounts,
/// and only then gives ADMIN and UPGRADER their delay and takes the deployer's ADMIN away.
contract Roles {
    /// @notice One role and the functions that it opens: of the anchor for ANCHORER, else of the token.
    /// @param delay [s] between the scheduling and the execution of an act of this role
    struct Permission {
        uint64 role;
        string name;
        uint32 delay;
        bytes4[] selectors;
    }

    uint64 public constant ADMIN = 0;
    uint64 public constant MINTER = 1;
    uint64 public constant COMPLIANCE = 2;
    /// @notice Signs step-ups; it calls nothing.
    uint64 public constant ATTESTOR = 3;
    uint64 public constant PAUSER = 4;
    uint64 public constant UNPAUSER = 5;
    uint64 public constant RESERVE = 6;
    uint64 public constant UPGRADER = 7;
    uint64 public constant ANCHORER = 8;

    /// @notice [s] what ADMIN and UPGRADER do is announced this long before it happens.
    uint32 public constant DELAY = 48 hours;

    /// @notice Every role, in the order of its number.
    function permissions() external pure returns (Permission[] memory table) {
        table = new Permission[](9);
        table[ADMIN] =
            Permission(ADMIN, "ADMIN", DELAY, _two(IStablecoin.setTierLimits.selector, IStablecoin.setSystem.selector));
        table[MINTER] = Permission(MINTER, "MINTER", 0, _one(IStablecoin.mintMany.selector));
        table[COMPLIANCE] = Permission(COMPLIANCE, "COMPLIANCE", 0, _compliance());
        table[ATTESTOR] = Permission(ATTESTOR, "ATTESTOR", 0, new bytes4[](0));
        table[PAUSER] = Permission(PAUSER, "PAUSER", 0, _one(IStablecoin.pause.selector));
        table[UNPAUSER] = Permission(UNPAUSER, "UNPAUSER", 0, _one(IStablecoin.unpause.selector));
        table[RESERVE] = Permission(RESERVE, "RESERVE", 0, _one(IStablecoin.attestReserve.selector));
        table[UPGRADER] = Permission(UPGRADER, "UPGRADER", DELAY, _one(UUPSUpgradeable.upgradeToAndCall.selector));
        table[ANCHORER] = Permission(ANCHORER, "ANCHORER", 0, _one(IAnchor.anchor.selector));
    }

    function _compliance() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](4);
        selectors[0] = IStablecoin.setTiers.selector;
        selectors[1] = IStablecoin.replaceAccount.selector;
        selectors[2] = IStablecoin.freeze.selector;
        selectors[3] = IStablecoin.unfreeze.selector;
    }

    function _one(bytes4 selector) private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](1);
        selectors[0] = selector;
    }

    function _two(bytes4 first, bytes4 second) private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](2);
        selectors[0] = first;
        selectors[1] = second;
    }
}
