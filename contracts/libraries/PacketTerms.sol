// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "../interfaces/IRedPacketEscrow.sol";

/// @title What a creator signs for: its EIP-712 hash and the rules that it must keep
library PacketTerms {
    uint256 internal constant MAX_SHARES = 100;
    uint256 internal constant MAX_LIFETIME = 24 hours + 1 minutes;

    bytes32 private constant TYPEHASH = keccak256(
        "RedPacket(address creator,uint64 total,uint16 shares,uint64 expiry,uint64 maxShare,bool lucky,bytes32 guests,address claimKey,address dealer,bytes20 drawCommitment,bytes32 salt)"
    );

    /// @dev The EIP-712 struct hash. The eleven words of calldata are its encoding already: a word with dirty bits would
    /// give the id of a packet that cannot exist, because `create` reads each field and reading refuses dirty bits.
    function structHash(IRedPacketEscrow.Terms calldata terms) internal pure returns (bytes32 hash) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), terms, 352)
            hash := keccak256(words, 384)
        }
    }

    /// @dev Emit PacketCreated with the words that were hashed, rather than read and check each again.
    function emitCreated(IRedPacketEscrow.Terms calldata terms, bytes32 packet, address creator) internal {
        bytes32 topic = IRedPacketEscrow.PacketCreated.selector;
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, terms, 352)
            log3(words, 352, topic, packet, creator)
        }
    }

    /// @dev Revert with the first rule that is broken.
    function check(IRedPacketEscrow.Terms calldata terms, uint256 total, uint256 shares) internal view {
        if (shares == 0 || shares > MAX_SHARES) revert IRedPacketEscrow.ShareCountOutOfRange(shares);
        if (total < shares) revert IRedPacketEscrow.TotalNotDivisible(total, shares);
        uint256 expiry = terms.expiry;
        if (expiry <= block.timestamp || expiry > block.timestamp + MAX_LIFETIME) {
            revert IRedPacketEscrow.ExpiryOutOfRange(uint64(expiry));
        }
        if ((terms.guests == 0) == (terms.claimKey == address(0))) revert IRedPacketEscrow.AudienceAmbiguous();
        if (terms.lucky) _checkLucky(terms, total, shares);
        else _checkEqual(terms, total, shares);
    }

    function _checkLucky(IRedPacketEscrow.Terms calldata terms, uint256 total, uint256 shares) private pure {
        uint256 maxShare = terms.maxShare;
        unchecked {
            if (maxShare * shares < total) revert IRedPacketEscrow.MaxShareOutOfRange(maxShare);
        }
        if (terms.dealer == address(0) || terms.drawCommitment == 0) revert IRedPacketEscrow.DrawTermsMismatch();
    }

    function _checkEqual(IRedPacketEscrow.Terms calldata terms, uint256 total, uint256 shares) private pure {
        if (total % shares != 0) revert IRedPacketEscrow.TotalNotDivisible(total, shares);
        if (terms.maxShare != 0) revert IRedPacketEscrow.MaxShareOutOfRange(terms.maxShare);
        if (terms.dealer != address(0) || terms.drawCommitment != 0) revert IRedPacketEscrow.DrawTermsMismatch();
    }
}
