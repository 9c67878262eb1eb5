// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchor} from "./interfaces/IAnchor.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

/// @title A hash a day: see {IAnchor}
/// @dev Invariant: what was kept never changes.
contract Anchor is IAnchor, AccessManaged {
    mapping(bytes32 subject => mapping(uint32 day => bytes32)) private _roots;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IAnchor
    function anchor(bytes32 subject, uint32 day, bytes32 root, uint64 total) external restricted {
        if (root == 0 || day >= Calendar.dayOf(block.timestamp)) revert AnchorInvalid(day);
        if (_roots[subject][day] != 0) revert AlreadyAnchored(subject, day);
        _roots[subject][day] = root;
        emit Anchored(subject, day, root, total);
    }

    /// @inheritdoc IAnchor
    function rootOf(bytes32 subject, uint32 day) external view returns (bytes32) {
        return _roots[subject][day];
    }
}
