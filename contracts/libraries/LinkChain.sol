// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The dealer's hash chain, revealed backwards from its end
library LinkChain {
    /// @dev The link (at first the commitment) that was revealed before `link`.
    function before(bytes20 link) internal pure returns (bytes20 previous) {
        assembly ("memory-safe") {
            mstore(0x00, link)
            previous := and(keccak256(0x00, 20), shl(96, sub(shl(160, 1), 1)))
        }
    }

    /// @dev The randomness of the share that `link` draws in `packet`.
    function seed(bytes20 link, bytes32 packet) internal pure returns (uint256 random) {
        assembly ("memory-safe") {
            mstore(0x00, link)
            mstore(20, packet)
            random := keccak256(0x00, 52)
        }
    }

    /// @dev keccak256 of `links` as left-aligned words, just as they came.
    function hash(bytes20[] calldata links) internal pure returns (bytes32 hashed) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, links.offset, shl(5, links.length))
            hashed := keccak256(words, shl(5, links.length))
        }
    }
}
