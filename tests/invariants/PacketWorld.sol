// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {VM, artifact} from "./Cheats.sol";
import {TokenWorld} from "./TokenWorld.sol";

/// @title The token's world with an escrow, a dealer and a link's key; terms, lists, links and signatures made by hand
abstract contract PacketWorld is TokenWorld {
    uint256 internal constant DEALER = 0xDEA1E4;
    uint256 internal constant LINK = 0x11A4;
    uint256 internal constant GUESTS = 4;

    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant DEAL_TYPEHASH =
        keccak256("Deal(bytes32 packet,uint256 firstPosition,bytes32 claimants,bytes32 links)");
    bytes32 private constant LINK_CLAIM_TYPEHASH = keccak256("LinkClaim(bytes32 packet,address claimant)");
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    IRedPacketEscrow internal escrow;
    /// @dev The guests of every list: a visitor, two people of higher tiers, one who is not registered.
    address[] internal guests;

    function _open() internal {
        _build();
        escrow = IRedPacketEscrow(VM.deployCode(artifact("RedPacketEscrow"), abi.encode(token)));
        token.setSystem(address(escrow));
        guests.push(everyone[0]);
        guests.push(everyone[2]);
        guests.push(everyone[4]);
        guests.push(everyone[6]);
    }

    function _leaf(uint256 index) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(guests[index], index))));
    }

    function _root() internal view returns (bytes32) {
        return Hashes.commutativeKeccak256(_pair(0), _pair(2));
    }

    function _pair(uint256 first) private view returns (bytes32) {
        return Hashes.commutativeKeccak256(_leaf(first), _leaf(first + 1));
    }

    function _proof(uint256 index) internal view returns (bytes memory) {
        return abi.encodePacked(_leaf(index ^ 1), _pair(index < 2 ? 2 : 0));
    }

    /// @dev The links of `shares` positions and the commitment that they hash down to.
    function _chain(uint256 seed, uint256 shares) internal pure returns (bytes20[] memory links, bytes20 commitment) {
        links = new bytes20[](shares);
        commitment = bytes20(keccak256(abi.encode(seed)));
        for (uint256 i = shares; i > 0; --i) {
            links[i - 1] = commitment;
            commitment = bytes20(keccak256(abi.encodePacked(commitment)));
        }
    }

    function _authorization(uint256 key, IRedPacketEscrow.Terms memory terms)
        internal
        view
        returns (IRedPacketEscrow.Authorization memory)
    {
        bytes32 id = escrow.packetId(terms);
        bytes32 hash =
            keccak256(abi.encode(RECEIVE_TYPEHASH, terms.creator, escrow, terms.total, 0, type(uint64).max, id));
        return IRedPacketEscrow.Authorization(0, type(uint64).max, _sign(key, token.DOMAIN_SEPARATOR(), hash));
    }

    function _linkClaim(bytes32 id, address account) internal view returns (bytes memory) {
        return _sign(LINK, _domain(), keccak256(abi.encode(LINK_CLAIM_TYPEHASH, id, account)));
    }

    function _deal(
        uint256 key,
        bytes32 id,
        uint256 first,
        IRedPacketEscrow.Claim[] memory claims,
        bytes20[] memory links
    ) internal view returns (bytes memory) {
        bytes memory claimants;
        bytes memory words;
        for (uint256 i = 0; i < claims.length; ++i) {
            claimants =
                bytes.concat(claimants, abi.encode(claims[i].account, claims[i].index, keccak256(claims[i].evidence)));
        }
        for (uint256 i = 0; i < links.length; ++i) {
            words = bytes.concat(words, bytes32(links[i]));
        }
        return
            _sign(
                key, _domain(), keccak256(abi.encode(DEAL_TYPEHASH, id, first, keccak256(claimants), keccak256(words)))
            );
    }

    function _domain() private view returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("RedPacketEscrow"), keccak256("1"), block.chainid, escrow));
    }

    function _sign(uint256 key, bytes32 separator, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, keccak256(abi.encodePacked(hex"1901", separator, hash)));
        return abi.encodePacked(r, s, v);
    }
}
