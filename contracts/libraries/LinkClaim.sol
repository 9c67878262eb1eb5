// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a link's key signs: this packet's share for this account and no other
library LinkClaim {
    bytes32 private constant TYPEHASH = keccak256("LinkClaim(bytes32 packet,address claimant)");

    /// @dev The EIP-712 struct hash.
    function structHash(bytes32 packet, address claimant) internal pure returns (bytes32 hashed) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            mstore(add(words, 0x20), packet)
            mstore(add(words, 0x40), claimant)
            hashed := keccak256(words, 0x60)
        }
    }
}
