// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAnchor} from "../../contracts/interfaces/IAnchor.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {Spec} from "./Spec.sol";

/// @title A hash a subject and day, kept once the day is over in Shenzhen, and never changed
/// @dev This contract may do everything.
contract AnchorSpec is Spec {
    address private constant NOBODY = address(0xBEEF);
    /// @dev 2030-12-30 00:00 in Shenzhen.
    uint256 private constant MIDNIGHT = 1_924_790_400;
    uint32 private constant DAY = uint32((MIDNIGHT + 8 hours) / 1 days);

    IAnchor private anchor;

    function setUp() external {
        VM.warp(MIDNIGHT + 12 hours);
        address manager = VM.deployCode(artifact("AccessManager"), abi.encode(this));
        anchor = IAnchor(VM.deployCode(artifact("Anchor"), abi.encode(manager)));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAnchor.anchor.selector;
        AccessManager(manager).setTargetFunctionRole(address(anchor), selectors, 8);
        AccessManager(manager).grantRole(8, address(this), 0);
    }

    function test_hashIsKeptAndSaid() external {
        Cheats.Log[] memory logs = _accepted(address(this), address(anchor), _anchor(DAY - 1, "root"));
        require(logs.length == 1, "one event");
        bytes memory topics = abi.encode(IAnchor.Anchored.selector, bytes32("points"), DAY - 1);
        _said(logs[0], address(anchor), topics, abi.encode(bytes32("root"), 12));
        require(anchor.rootOf("points", DAY - 1) == "root", "kept");
        require(anchor.rootOf("points", DAY - 2) == 0 && anchor.rootOf("trail", DAY - 1) == 0, "others");
    }

    function test_hashIsNeverChanged() external {
        _accepted(address(this), address(anchor), _anchor(DAY - 1, "root"));
        bytes memory reason = abi.encodeWithSelector(IAnchor.AlreadyAnchored.selector, bytes32("points"), DAY - 1);
        _refused(address(this), address(anchor), _anchor(DAY - 1, "another"), reason);
        _accepted(address(this), address(anchor), _anchor(DAY - 2, "another"));
    }

    function test_dayIsKeptOnceItIsOver() external {
        bytes memory reason = abi.encodeWithSelector(IAnchor.AnchorInvalid.selector, DAY);
        VM.warp(MIDNIGHT + 1 days - 1);
        _refused(address(this), address(anchor), _anchor(DAY, "root"), reason);
        VM.warp(MIDNIGHT + 1 days);
        _accepted(address(this), address(anchor), _anchor(DAY, "root"));
    }

    function test_nothingIsNoHash() external {
        bytes memory reason = abi.encodeWithSelector(IAnchor.AnchorInvalid.selector, DAY - 1);
        _refused(address(this), address(anchor), _anchor(DAY - 1, 0), reason);
        _accepted(address(this), address(anchor), _anchor(DAY - 1, bytes32(uint256(1))));
    }

    function test_nobodyElseKeepsHashes() external {
        bytes memory reason = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, NOBODY);
        _refused(NOBODY, address(anchor), _anchor(DAY - 1, "root"), reason);
    }

    function _anchor(uint32 day, bytes32 root) private pure returns (bytes memory) {
        return abi.encodeCall(IAnchor.anchor, ("points", day, root, 12));
    }
}
