// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The guest list of a packet: OpenZeppelin's standard Merkle tree over (address account, uint256 index)
library GuestList {
    /// @dev Whether `proof`, 32 bytes a sibling from the leaf up, leads from (account, index) to `root`.
    /// Written out because a batch of a hundred claims climbs seven hundred steps; fuzzed against OpenZeppelin's.
    function contains(bytes32 root, address account, uint256 index, bytes calldata proof) internal pure returns (bool) {
        if (proof.length % 32 != 0) return false;
        bytes32 node;
        assembly ("memory-safe") {
            mstore(0x00, account)
            mstore(0x20, index)
            mstore(0x00, keccak256(0x00, 0x40))
            node := keccak256(0x00, 0x20) // hashed twice: a leaf can never pass for an inner node
            let end := add(proof.offset, proof.length)
            for { let at := proof.offset } lt(at, end) { at := add(at, 0x20) } {
                let sibling := calldataload(at)
                let place := shl(5, gt(node, sibling)) // the smaller of the two stands first
                mstore(place, node)
                mstore(xor(place, 0x20), sibling)
                node := keccak256(0x00, 0x40)
            }
        }
        return node == root;
    }
}
