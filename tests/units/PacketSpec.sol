// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {PacketWorld} from "../invariants/PacketWorld.sol";
import {Spec} from "./Spec.sol";

/// @title Packets that the sponsor `everyone[5]` gives, and what their parties ask of the escrow
abstract contract PacketSpec is PacketWorld, Spec {
    uint256 internal constant CREATOR = 5;
    address internal constant CARRIER = address(0xCA881E8);
    uint64 internal constant EXPIRY = uint64(START + 24 hours);

    function setUp() external {
        _open();
    }

    // --- terms ---

    function _equal(uint16 shares, uint64 total) internal view returns (IRedPacketEscrow.Terms memory terms) {
        terms.creator = everyone[CREATOR];
        (terms.shares, terms.total, terms.expiry) = (shares, total, EXPIRY);
        terms.guests = _root();
    }

    function _equalByLink(uint16 shares, uint64 total) internal view returns (IRedPacketEscrow.Terms memory terms) {
        terms = _equal(shares, total);
        (terms.guests, terms.claimKey) = (0, VM.addr(LINK));
    }

    function _lucky(uint16 shares, uint64 total, uint64 maxShare)
        internal
        view
        returns (IRedPacketEscrow.Terms memory terms, bytes20[] memory links)
    {
        terms = _equal(shares, total);
        (terms.lucky, terms.maxShare, terms.dealer) = (true, maxShare, VM.addr(DEALER));
        (links, terms.drawCommitment) = _chain(1, shares);
    }

    function _opened(IRedPacketEscrow.Terms memory terms) internal returns (bytes32 id) {
        _accepted(CARRIER, address(escrow), _create(terms));
        id = escrow.packetId(terms);
    }

    // --- acts ---

    function _create(IRedPacketEscrow.Terms memory terms) internal view returns (bytes memory) {
        return abi.encodeCall(IRedPacketEscrow.create, (terms, _authorization(KEYS + CREATOR, terms)));
    }

    function _guest(uint256 index) internal view returns (IRedPacketEscrow.Claim memory) {
        return IRedPacketEscrow.Claim(guests[index], index, _proof(index));
    }

    function _holder(bytes32 id, address account) internal view returns (IRedPacketEscrow.Claim memory) {
        return IRedPacketEscrow.Claim(account, 0, _linkClaim(id, account));
    }

    function _claim(IRedPacketEscrow.Terms memory terms, IRedPacketEscrow.Claim memory one)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IRedPacketEscrow.claim, (terms, one, 0, ""));
    }

    function _claimLucky(
        IRedPacketEscrow.Terms memory terms,
        IRedPacketEscrow.Claim memory one,
        uint256 position,
        bytes20 link
    ) internal view returns (bytes memory) {
        bytes memory deal = _dealOf(DEALER, terms, position, _list(one), _links(link));
        return abi.encodeCall(IRedPacketEscrow.claim, (terms, one, link, deal));
    }

    function _dealOf(
        uint256 key,
        IRedPacketEscrow.Terms memory terms,
        uint256 position,
        IRedPacketEscrow.Claim[] memory claims,
        bytes20[] memory links
    ) internal view returns (bytes memory) {
        return _deal(key, escrow.packetId(terms), position, claims, links);
    }

    function _collect(IRedPacketEscrow.Terms memory terms, address account) internal pure returns (bytes memory) {
        return abi.encodeCall(IRedPacketEscrow.collect, (terms, account));
    }

    function _refund(IRedPacketEscrow.Terms memory terms) internal pure returns (bytes memory) {
        return abi.encodeCall(IRedPacketEscrow.refund, (terms));
    }

    function _does(bytes memory act) internal returns (Cheats.Log[] memory) {
        return _accepted(CARRIER, address(escrow), act);
    }

    function _mayNot(bytes memory act, bytes memory reason) internal {
        _refused(CARRIER, address(escrow), act, reason);
    }

    // --- what it says and keeps ---

    function _saidClaimed(Cheats.Log memory log, bytes32 id, address who, uint256 position, uint256 value, bytes20 link)
        internal
        view
    {
        bytes memory topics = abi.encode(IRedPacketEscrow.PacketClaimed.selector, id, who);
        _said(log, address(escrow), topics, abi.encode(position, value, link));
    }

    function _keeps(bytes32 id, uint64 rest, uint16 left, bytes20 link, uint64 owed) internal view {
        _same(abi.encode(escrow.stateOf(id)), abi.encode(IRedPacketEscrow.PacketState(rest, left, link, owed)));
    }

    // --- parts ---

    function _register(address account) internal {
        IStablecoin.TierAssignment[] memory list = new IStablecoin.TierAssignment[](1);
        list[0] = IStablecoin.TierAssignment(account, 5);
        token.setTiers(list);
    }

    function _freezeCreator() internal {
        address[] memory list = new address[](1);
        list[0] = everyone[CREATOR];
        token.freeze(list);
    }

    function _list(IRedPacketEscrow.Claim memory one) internal pure returns (IRedPacketEscrow.Claim[] memory list) {
        list = new IRedPacketEscrow.Claim[](1);
        list[0] = one;
    }

    function _links(bytes20 link) internal pure returns (bytes20[] memory links) {
        links = new bytes20[](1);
        links[0] = link;
    }
}
