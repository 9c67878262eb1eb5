// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStablecoin} from "../interfaces/IStablecoin.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The calls to the token that every packet and every claim makes
/// @dev Written out because everybody pays for them: arguments go to free memory that is not taken, answers to scratch.
library TokenCalls {
    /// @dev The most of a failure's reason that is kept, so that it costs no more to log.
    uint256 private constant REASON_SIZE = 256;

    /// @dev Whether the token says that `account` is frozen. Reverts as the token does.
    function isFrozen(address token, address account) internal view returns (bool frozen) {
        bytes4 selector = IStablecoin.isFrozen.selector;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, account)
            if iszero(staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20)) {
                let copied := mload(0x40)
                returndatacopy(copied, 0, returndatasize())
                revert(copied, returndatasize())
            }
            frozen := mload(0x00)
        }
    }

    /// @dev Transfer `value` [fen] to `to`; false when the token reverts or does not answer true.
    function tryTransfer(address token, address to, uint256 value) internal returns (bool paid) {
        bytes4 selector = IERC20.transfer.selector;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 0x04), to)
            mstore(add(input, 0x24), value)
            mstore(0x00, 0)
            paid := call(gas(), token, 0, input, 0x44, 0x00, 0x20)
            paid := and(paid, eq(mload(0x00), 1))
        }
    }

    /// @dev Take `value` [fen] of `from` by its ERC-3009 authorization in the form (v, r, s); false when the token reverts.
    function tryReceive(
        address token,
        address from,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) internal returns (bool received) {
        bytes4 selector = IERC3009.receiveWithAuthorization.selector;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 0x04), from)
            mstore(add(input, 0x24), address())
            mstore(add(input, 0x44), value)
            mstore(add(input, 0x64), validAfter)
            mstore(add(input, 0x84), validBefore)
            mstore(add(input, 0xa4), nonce)
            mstore(add(input, 0xc4), byte(0, calldataload(add(signature.offset, 0x40)))) // v
            calldatacopy(add(input, 0xe4), signature.offset, 0x40) // r, s
            received := call(gas(), token, 0, input, 0x124, 0, 0)
        }
    }

    /// @dev Take `value` [fen] of `from` by its ERC-3009 authorization in either form, or revert as the token does.
    /// A contract's ERC-1271 signature may have 65 bytes too: it is tried second, so that a person's costs no look at the
    /// account's code.
    function receiveFrom(
        address token,
        address from,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) internal {
        if (signature.length == 65) {
            if (tryReceive(token, from, value, validAfter, validBefore, nonce, signature)) return;
            if (from.code.length == 0) raise();
        }
        ERC20TransferAuthorization(token)
            .receiveWithAuthorization(from, address(this), value, validAfter, validBefore, nonce, signature);
    }

    /// @dev Move `value` [fen] of `from`, who allows it, or revert as the token does; a token that does not answer true
    /// moved nothing.
    function move(address token, address from, address to, uint256 value) internal {
        bytes4 selector = IERC20.transferFrom.selector;
        bool moved;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 0x04), from)
            mstore(add(input, 0x24), to)
            mstore(add(input, 0x44), value)
            mstore(0x00, 0)
            moved := call(gas(), token, 0, input, 0x64, 0x00, 0x20)
            moved := and(moved, eq(mload(0x00), 1))
        }
        if (!moved) raise();
    }

    /// @dev The beginning of what the last call returned.
    function reason() internal pure returns (bytes memory beginning) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, REASON_SIZE) { size := REASON_SIZE }
            beginning := mload(0x40)
            mstore(beginning, size)
            returndatacopy(add(beginning, 0x20), 0, size)
            mstore(0x40, and(add(add(beginning, size), 0x3f), not(0x1f)))
        }
    }

    /// @dev Revert as the last call did.
    function raise() internal pure {
        assembly ("memory-safe") {
            let copied := mload(0x40)
            returndatacopy(copied, 0, returndatasize())
            revert(copied, returndatasize())
        }
    }
}
