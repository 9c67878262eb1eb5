// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {PacketSpec} from "./PacketSpec.sol";

/// @title Shares that wait, what returns, and many claims in one call
contract PayoutsSpec is PacketSpec {
    // --- owed shares ---

    function test_shareThatCannotBePaidIsOwedAndThenCollected() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        bytes32 id = _opened(terms);
        Cheats.Log[] memory logs = _does(_claim(terms, _guest(3)));
        bytes memory reason = abi.encodeWithSelector(IStablecoin.AccountNotRegistered.selector, guests[3]);
        _said(
            logs[0],
            address(escrow),
            abi.encode(IRedPacketEscrow.ShareOwed.selector, id, guests[3]),
            abi.encode(0, 50, bytes20(0), reason)
        );
        _keeps(id, 50, 1, 0, 50);
        require(escrow.owedTo(id, guests[3]) == 50 && escrow.owedTo(id, guests[0]) == 0, "owed");
        _mayNot(_collect(terms, guests[3]), reason);
        _mayNot(_collect(terms, guests[0]), abi.encodeWithSelector(IRedPacketEscrow.NothingOwed.selector, guests[0]));
        _mayNot(_claim(terms, _guest(3)), abi.encodeWithSelector(IRedPacketEscrow.AlreadyClaimed.selector, guests[3]));

        _register(guests[3]);
        logs = _does(_collect(terms, guests[3]));
        _said(
            logs[0],
            address(escrow),
            abi.encode(IRedPacketEscrow.ShareCollected.selector, id, guests[3]),
            abi.encode(50)
        );
        _saidTransfer(logs[1], address(token), address(escrow), guests[3], 50);
        _keeps(id, 50, 1, 0, 0);
        require(escrow.owedTo(id, guests[3]) == 0, "no more");
        _mayNot(_collect(terms, guests[3]), abi.encodeWithSelector(IRedPacketEscrow.NothingOwed.selector, guests[3]));
        logs = _does(_claim(terms, _guest(1)));
        _saidClaimed(logs[1], id, guests[1], 1, 50, 0);
    }

    function test_lastOwedShareEndsAnEmptyPacket() external {
        IRedPacketEscrow.Terms memory terms = _equalByLink(2, 100);
        bytes32 id = _opened(terms);
        _does(_claim(terms, _holder(id, everyone[7])));
        _does(_claim(terms, _holder(id, everyone[8])));
        _keeps(id, 0, 0, 0, 100);
        _mayNot(
            _claim(terms, _holder(id, everyone[9])), abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, id)
        );
        _register(everyone[7]);
        _register(everyone[8]);
        _does(_collect(terms, everyone[7]));
        _keeps(id, 0, 0, 0, 50);
        _does(_collect(terms, everyone[8]));
        _keeps(id, 0, 0, 0, 0);
        _mayNot(_collect(terms, everyone[8]), abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, id));
    }

    function test_collectingEndsAtTheSecondOfExpiry() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        bytes32 id = _opened(terms);
        _does(_claim(terms, _guest(3)));
        _register(guests[3]);
        VM.warp(EXPIRY);
        _mayNot(_collect(terms, guests[3]), abi.encodeWithSelector(IRedPacketEscrow.PacketExpired.selector, id, EXPIRY));
        VM.warp(EXPIRY - 1);
        _does(_collect(terms, guests[3]));
    }

    function test_nothingIsCollectedFromAFrozenCreatorOrInAPause() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        _opened(terms);
        _does(_claim(terms, _guest(3)));
        _register(guests[3]);
        token.pause();
        _mayNot(
            _collect(terms, guests[3]), abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours)
        );
        _freezeCreator();
        _mayNot(
            _collect(terms, guests[3]),
            abi.encodeWithSelector(IRedPacketEscrow.CreatorIsFrozen.selector, everyone[CREATOR])
        );
    }

    // --- refunds ---

    function test_restAndOwedSharesReturnFromTheSecondOfExpiryOnOnce() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        bytes32 id = _opened(terms);
        _does(_claim(terms, _guest(0)));
        _does(_claim(terms, _guest(3)));
        VM.warp(EXPIRY - 1);
        _mayNot(_refund(terms), abi.encodeWithSelector(IRedPacketEscrow.PacketNotExpired.selector, id, EXPIRY));
        VM.warp(EXPIRY);
        _freezeCreator();
        token.pause();
        Cheats.Log[] memory logs = _does(_refund(terms));
        require(logs.length == 3, "three events");
        bytes memory topics = abi.encode(IRedPacketEscrow.PacketRefunded.selector, id, everyone[CREATOR]);
        _said(logs[0], address(escrow), topics, abi.encode(75));
        _said(logs[1], address(token), abi.encode(IStablecoin.Returned.selector, everyone[CREATOR]), abi.encode(75));
        _saidTransfer(logs[2], address(token), address(escrow), everyone[CREATOR], 75);
        _keeps(id, 0, 0, 0, 0);
        require(escrow.owedTo(id, guests[3]) == 0 && token.balanceOf(address(escrow)) == 0, "owed");
        _mayNot(_refund(terms), abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, id));
        _mayNot(_claim(terms, _guest(1)), abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, id));
    }

    function test_untouchedPacketReturnsWhole() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        _opened(terms);
        VM.warp(EXPIRY);
        _does(_refund(terms));
        require(token.balanceOf(everyone[CREATOR]) == 400, "whole");
    }

    function test_unknownPacketHasNoRefundAndNothingToCollect() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        bytes memory reason = abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, escrow.packetId(terms));
        _mayNot(_collect(terms, guests[0]), reason);
        VM.warp(EXPIRY);
        _mayNot(_refund(terms), reason);
    }

    // --- many claims ---

    function test_groupDrawsInOrderAndSkipsWhoIsNotEligible() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(3, 100, 60);
        bytes32 id = _opened(terms);
        IRedPacketEscrow.Claim[] memory claims = new IRedPacketEscrow.Claim[](6);
        (claims[0], claims[1], claims[2]) = (_guest(0), _guest(0), _guest(1));
        claims[2].account = everyone[1];
        (claims[3], claims[4], claims[5]) = (_guest(1), _guest(2), _guest(3));
        Cheats.Log[] memory logs = _claimsMany(_group(terms, 0, claims, links));
        require(logs.length == 6, "six events");
        uint64 first = escrow.shareOf(links[0], id, 100, 3, 60);
        uint64 second = escrow.shareOf(links[1], id, 100 - first, 2, 60);
        _saidClaimed(logs[0], id, guests[0], 0, first, links[0]);
        _saidSkipped(logs[1], id, guests[0], IRedPacketEscrow.AlreadyClaimed.selector);
        _saidSkipped(logs[2], id, everyone[1], IRedPacketEscrow.NotAGuest.selector);
        _saidClaimed(logs[3], id, guests[1], 1, second, links[1]);
        _saidClaimed(logs[4], id, guests[2], 2, 100 - first - second, links[2]);
        _saidSkipped(logs[5], id, guests[3], IRedPacketEscrow.PacketNotOpen.selector);
        _keeps(id, 0, 0, 0, 0);
        require(escrow.hasClaimed(id, 2) && !escrow.hasClaimed(id, 3), "seats");
    }

    function test_groupsOfSeveralPacketsShareACall() external {
        IRedPacketEscrow.Terms memory list = _equal(2, 100);
        IRedPacketEscrow.Terms memory link = _equalByLink(2, 60);
        (bytes32 id, bytes32 other) = (_opened(list), _opened(link));
        IRedPacketEscrow.Claim[] memory claims = new IRedPacketEscrow.Claim[](2);
        (claims[0], claims[1]) = (_guest(0), _guest(3));
        IRedPacketEscrow.PacketClaims[] memory groups = new IRedPacketEscrow.PacketClaims[](2);
        groups[0] = _group(list, 0, claims, new bytes20[](0));
        groups[1] = _group(link, 9, _list(_holder(other, everyone[1])), new bytes20[](0));
        Cheats.Log[] memory logs = _ofEscrow(_does(abi.encodeCall(IRedPacketEscrow.claimMany, (groups))));
        require(logs.length == 3, "three events");
        _saidClaimed(logs[0], id, guests[0], 0, 50, 0);
        require(logs[1].topics[0] == IRedPacketEscrow.ShareOwed.selector, "owed");
        _saidClaimed(logs[2], other, everyone[1], 0, 30, 0);
        _keeps(id, 0, 0, 0, 50);
    }

    function test_groupThatCannotGoOnIsSkippedWithItsReason() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(3, 100, 60);
        _skipsAll(terms, 0, links, IRedPacketEscrow.PacketNotOpen.selector);
        bytes32 id = _opened(terms);
        _skipsAll(terms, 1, links, IRedPacketEscrow.PositionMismatch.selector);
        IRedPacketEscrow.PacketClaims memory group = _group(terms, 0, _two(), links);
        group.dealerSignature = _dealOf(KEYS, terms, 0, _two(), links);
        Cheats.Log[] memory logs = _claimsMany(group);
        _saidSkipped(logs[0], id, guests[0], IRedPacketEscrow.DealerSignatureInvalid.selector);
        _freezeCreator();
        _skipsAll(terms, 0, links, IRedPacketEscrow.CreatorIsFrozen.selector);
        VM.warp(EXPIRY);
        _skipsAll(terms, 0, links, IRedPacketEscrow.PacketExpired.selector);
        _keeps(id, 100, 3, terms.drawCommitment, 0);
    }

    function test_groupEndsWhereTheLinksEndOrDoNotFollow() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(3, 100, 60);
        bytes32 id = _opened(terms);
        Cheats.Log[] memory logs = _claimsMany(_group(terms, 0, _two(), _links(links[0])));
        require(logs[0].topics[0] == IRedPacketEscrow.PacketClaimed.selector, "drawn");
        _saidSkipped(logs[1], id, guests[1], IRedPacketEscrow.LinkMismatch.selector);
        IRedPacketEscrow.Claim[] memory claims = new IRedPacketEscrow.Claim[](2);
        (claims[0], claims[1]) = (_guest(1), _guest(2));
        bytes20[] memory wrong = new bytes20[](2);
        (wrong[0], wrong[1]) = (links[2], links[1]);
        logs = _claimsMany(_group(terms, 1, claims, wrong));
        _saidSkipped(logs[0], id, guests[1], IRedPacketEscrow.LinkMismatch.selector);
        _saidSkipped(logs[1], id, guests[2], IRedPacketEscrow.LinkMismatch.selector);
    }

    function test_secondBatchGoesOnWhereTheFirstEnded() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(3, 100, 60);
        bytes32 id = _opened(terms);
        bytes20[] memory two = new bytes20[](2);
        (two[0], two[1]) = (links[0], links[1]);
        _claimsMany(_group(terms, 0, _two(), two));
        IRedPacketEscrow.PacketState memory state = escrow.stateOf(id);
        Cheats.Log[] memory logs = _claimsMany(_group(terms, 2, _list(_guest(2)), _links(links[2])));
        _saidClaimed(logs[0], id, guests[2], 2, state.remaining, links[2]);
    }

    function test_batchWithTooLittleGasStopsCleanlyOrIsRefused() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        _opened(terms);
        IRedPacketEscrow.PacketClaims[] memory groups = new IRedPacketEscrow.PacketClaims[](1);
        groups[0] = _group(terms, 0, _two(), new bytes20[](0));
        bytes memory act = abi.encodeCall(IRedPacketEscrow.claimMany, (groups));
        (bool success, bytes memory reason) = address(escrow).call{gas: 180_000}(act);
        require(!success, "accepted");
        _same(reason, abi.encodeWithSelector(IRedPacketEscrow.InsufficientGas.selector));
        (success,) = address(escrow).call{gas: 220_000}(act);
        require(success, "one is answered");
        require(escrow.stateOf(escrow.packetId(terms)).sharesLeft == 3, "one");
    }

    function test_batchBeginsOnlyWithGasForTheDealOfAllItsClaims() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        _opened(terms);
        IRedPacketEscrow.Claim[] memory claims = new IRedPacketEscrow.Claim[](60);
        for (uint256 i = 0; i < 60; ++i) {
            claims[i] = _guest(0);
        }
        IRedPacketEscrow.PacketClaims[] memory groups = new IRedPacketEscrow.PacketClaims[](1);
        groups[0] = _group(terms, 0, claims, new bytes20[](0));
        bytes memory act = abi.encodeCall(IRedPacketEscrow.claimMany, (groups));
        (bool success, bytes memory reason) = address(escrow).call{gas: 230_000}(act);
        require(!success, "accepted");
        _same(reason, abi.encodeWithSelector(IRedPacketEscrow.InsufficientGas.selector));
        (success,) = address(escrow).call{gas: 260_000}(act);
        require(success, "refused");
    }

    function test_nothingToDoIsDone() external {
        require(
            _does(abi.encodeCall(IRedPacketEscrow.claimMany, (new IRedPacketEscrow.PacketClaims[](0)))).length == 0,
            "events"
        );
    }

    // --- parts ---

    function _group(
        IRedPacketEscrow.Terms memory terms,
        uint256 first,
        IRedPacketEscrow.Claim[] memory claims,
        bytes20[] memory links
    ) private view returns (IRedPacketEscrow.PacketClaims memory) {
        bytes memory deal = terms.lucky ? _dealOf(DEALER, terms, first, claims, links) : bytes("");
        return IRedPacketEscrow.PacketClaims(terms, first, claims, links, deal);
    }

    function _two() private view returns (IRedPacketEscrow.Claim[] memory claims) {
        claims = new IRedPacketEscrow.Claim[](2);
        (claims[0], claims[1]) = (_guest(0), _guest(1));
    }

    function _claimsMany(IRedPacketEscrow.PacketClaims memory group) private returns (Cheats.Log[] memory) {
        IRedPacketEscrow.PacketClaims[] memory groups = new IRedPacketEscrow.PacketClaims[](1);
        groups[0] = group;
        return _ofEscrow(_does(abi.encodeCall(IRedPacketEscrow.claimMany, (groups))));
    }

    function _skipsAll(IRedPacketEscrow.Terms memory terms, uint256 first, bytes20[] memory links, bytes4 reason)
        private
    {
        Cheats.Log[] memory logs = _claimsMany(_group(terms, first, _two(), links));
        require(logs.length == 2, "two events");
        _saidSkipped(logs[0], escrow.packetId(terms), guests[0], reason);
        _saidSkipped(logs[1], escrow.packetId(terms), guests[1], reason);
    }

    function _saidSkipped(Cheats.Log memory log, bytes32 id, address who, bytes4 reason) private view {
        _said(log, address(escrow), abi.encode(IRedPacketEscrow.ClaimSkipped.selector, id, who), abi.encode(reason));
    }

    function _ofEscrow(Cheats.Log[] memory logs) private view returns (Cheats.Log[] memory kept) {
        uint256 count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(escrow)) logs[count++] = logs[i];
        }
        kept = new Cheats.Log[](count);
        for (uint256 i = 0; i < count; ++i) {
            kept[i] = logs[i];
        }
    }
}
