// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "../interfaces/IRedPacketEscrow.sol";

/// @title What a dealer signs for a batch: three words a claim, so that all that decides its eligibility is fixed
library Deal {
    uint256 private constant CLAIM_SIZE = 0x60;
    bytes32 private constant TYPEHASH =
        keccak256("Deal(bytes32 packet,uint256 firstPosition,bytes32 claimants,bytes32 links)");

    /// @dev The EIP-712 struct hash.
    function structHash(bytes32 packet, uint256 firstPosition, bytes32 claimants, bytes32 links)
        internal
        pure
        returns (bytes32 hashed)
    {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            mstore(add(words, 0x20), packet)
            mstore(add(words, 0x40), firstPosition)
            mstore(add(words, 0x60), claimants)
            mstore(add(words, 0x80), links)
            hashed := keccak256(words, 0xa0)
        }
    }

    /// @dev `claimants` of a deal with one claim.
    function hash(IRedPacketEscrow.Claim calldata one) internal pure returns (bytes32 claimants) {
        bytes memory words = new bytes(CLAIM_SIZE);
        _write(words, 0, one);
        return keccak256(words);
    }

    /// @dev `claimants` of a deal.
    function hash(IRedPacketEscrow.Claim[] calldata claims) internal pure returns (bytes32 claimants) {
        bytes memory words = new bytes(CLAIM_SIZE * claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            _write(words, CLAIM_SIZE * i, claims[i]);
        }
        return keccak256(words);
    }

    /// @dev Write account, index and keccak256 of the evidence at `offset` of `words`. The evidence is copied above the
    /// free memory without taking it: memory stays small in a large batch.
    function _write(bytes memory words, uint256 offset, IRedPacketEscrow.Claim calldata one) private pure {
        (address account, uint256 index, bytes calldata evidence) = (one.account, one.index, one.evidence);
        assembly ("memory-safe") {
            let at := add(add(words, 0x20), offset)
            let copied := mload(0x40)
            calldatacopy(copied, evidence.offset, evidence.length)
            mstore(at, account)
            mstore(add(at, 0x20), index)
            mstore(add(at, 0x40), keccak256(copied, evidence.length))
        }
    }
}
