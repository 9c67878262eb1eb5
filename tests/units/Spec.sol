// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";

/// @title How a specification speaks: this act is accepted and says that, this one is refused for exactly that reason
abstract contract Spec {
    function _accepted(address sender, address target, bytes memory act) internal returns (Cheats.Log[] memory) {
        VM.recordLogs();
        VM.prank(sender);
        (bool success, bytes memory reason) = target.call(act);
        require(success, string.concat("refused: ", string(reason)));
        return VM.getRecordedLogs();
    }

    function _refused(address sender, address target, bytes memory act, bytes memory reason) internal {
        VM.prank(sender);
        (bool success, bytes memory given) = target.call(act);
        require(!success, "accepted");
        require(keccak256(given) == keccak256(reason), "refused for another reason");
    }

    /// @dev `topics` and `data` are ABI-encoded words, the event's selector first.
    function _said(Cheats.Log memory log, address emitter, bytes memory topics, bytes memory data) internal pure {
        require(log.emitter == emitter, "another contract said it");
        require(keccak256(abi.encodePacked(log.topics)) == keccak256(topics), "other topics");
        require(keccak256(log.data) == keccak256(data), "other data");
    }

    function _saidTransfer(Cheats.Log memory log, address token, address from, address to, uint256 value)
        internal
        pure
    {
        _said(log, token, abi.encode(IERC20.Transfer.selector, from, to), abi.encode(value));
    }

    function _signed(uint256 key, bytes32 separator, bytes32 structHash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, keccak256(abi.encodePacked(hex"1901", separator, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _same(bytes memory found, bytes memory expected) internal pure {
        require(keccak256(found) == keccak256(expected), "not the same");
    }
}
