// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title A contract wallet that accepts one signature for anything (ERC-1271)
contract CarelessWallet is IERC1271 {
    bytes32 private immutable ACCEPTED;

    constructor(bytes memory accepted) {
        ACCEPTED = keccak256(accepted);
    }

    function isValidSignature(bytes32, bytes memory signature) external view returns (bytes4) {
        return keccak256(signature) == ACCEPTED ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
