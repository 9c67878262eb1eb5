// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {DoubleMean} from "../../contracts/libraries/DoubleMean.sol";
import {LinkChain} from "../../contracts/libraries/LinkChain.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {PacketSpec} from "./PacketSpec.sol";

/// @title One packet from its terms to its end: every bound at its value and one beside it, every refusal by name
contract PacketsSpec is PacketSpec {
    // --- creating ---

    function test_creatingTakesTheMoneyAndSaysTheTerms() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(4, 100, 40);
        bytes32 id = escrow.packetId(terms);
        Cheats.Log[] memory logs = _does(_create(terms));
        require(logs.length == 3, "three events");
        _said(logs[0], address(token), abi.encode(IERC3009.AuthorizationUsed.selector, everyone[CREATOR], id), "");
        _saidTransfer(logs[1], address(token), everyone[CREATOR], address(escrow), 100);
        bytes memory topics = abi.encode(IRedPacketEscrow.PacketCreated.selector, id, everyone[CREATOR]);
        _said(logs[2], address(escrow), topics, abi.encode(terms));
        _keeps(id, 100, 4, terms.drawCommitment, 0);
        require(terms.drawCommitment == bytes20(keccak256(abi.encodePacked(links[0]))), "commitment");
        require(escrow.token() == address(token), "token");
    }

    function test_packetIsCreatedOnce() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        bytes32 id = _opened(terms);
        _mayNot(
            _create(terms), abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, everyone[CREATOR], id)
        );
    }

    function test_anotherKeyCreatesNothing() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        bytes memory act = abi.encodeCall(IRedPacketEscrow.create, (terms, _authorization(KEYS, terms)));
        _mayNot(act, abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
    }

    function test_personsMalformedSignatureIsRefusedAsTheTokenRefusesIt() external {
        IRedPacketEscrow.Authorization memory malformed =
            IRedPacketEscrow.Authorization(0, type(uint64).max, new bytes(65));
        bytes memory act = abi.encodeCall(IRedPacketEscrow.create, (_equal(4, 100), malformed));
        _mayNot(act, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
    }

    /// @dev The other form reads the account's code first; this token knows the cheap one alone.
    function test_personsSignatureIsCarriedInItsCheapForm() external {
        address other = VM.deployCode(artifact("WaywardToken"));
        IRedPacketEscrow wayward = IRedPacketEscrow(VM.deployCode(artifact("RedPacketEscrow"), abi.encode(other)));
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        _accepted(CARRIER, address(wayward), _create(terms));
        require(wayward.stateOf(wayward.packetId(terms)).remaining == 100, "created");
    }

    function test_contractCreatesByItsOwnSignatureOfAnyLength() external {
        _createsFromAWallet(new bytes(65), 1);
        _createsFromAWallet(new bytes(64), 2);
        _createsFromAWallet(new bytes(200), 3);
    }

    function test_sharesAreOneToAHundred() external {
        bytes4 reason = IRedPacketEscrow.ShareCountOutOfRange.selector;
        _mayNot(_create(_equal(0, 100)), abi.encodeWithSelector(reason, 0));
        _mayNot(_create(_equal(101, 101)), abi.encodeWithSelector(reason, 101));
        _opened(_equal(1, 100));
        _opened(_equal(100, 100));
    }

    function test_shareIsOneFenAtLeast() external {
        (IRedPacketEscrow.Terms memory terms,) = _lucky(4, 3, 40);
        _mayNot(_create(terms), abi.encodeWithSelector(IRedPacketEscrow.TotalNotDivisible.selector, 3, 4));
        terms.total = 4;
        _opened(terms);
    }

    function test_equalPacketDividesWithoutRest() external {
        _mayNot(_create(_equal(4, 101)), abi.encodeWithSelector(IRedPacketEscrow.TotalNotDivisible.selector, 101, 4));
        _mayNot(_create(_equal(4, 99)), abi.encodeWithSelector(IRedPacketEscrow.TotalNotDivisible.selector, 99, 4));
        _opened(_equal(4, 100));
    }

    function test_expiryIsAheadByADayAndAMinuteAtMost() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 8);
        uint64[2] memory refused = [uint64(START), uint64(START + 24 hours + 61)];
        uint64[2] memory passes = [uint64(START + 1), uint64(START + 24 hours + 60)];
        for (uint256 i = 0; i < 2; ++i) {
            terms.expiry = refused[i];
            _mayNot(_create(terms), abi.encodeWithSelector(IRedPacketEscrow.ExpiryOutOfRange.selector, refused[i]));
            terms.expiry = passes[i];
            _opened(terms);
        }
    }

    function test_audienceIsAListOrALink() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        bytes memory reason = abi.encodeWithSelector(IRedPacketEscrow.AudienceAmbiguous.selector);
        terms.claimKey = CARRIER;
        _mayNot(_create(terms), reason);
        (terms.claimKey, terms.guests) = (address(0), 0);
        _mayNot(_create(terms), reason);
        terms.claimKey = CARRIER;
        _opened(terms);
    }

    function test_largestShareHoldsTheTotal() external {
        (IRedPacketEscrow.Terms memory terms,) = _lucky(4, 100, 24);
        _mayNot(_create(terms), abi.encodeWithSelector(IRedPacketEscrow.MaxShareOutOfRange.selector, 24));
        terms.maxShare = 25;
        _opened(terms);
    }

    function test_luckyPacketHasADealerAndACommitment() external {
        (IRedPacketEscrow.Terms memory terms,) = _lucky(4, 100, 40);
        bytes memory reason = abi.encodeWithSelector(IRedPacketEscrow.DrawTermsMismatch.selector);
        terms.dealer = address(0);
        _mayNot(_create(terms), reason);
        (terms.dealer, terms.drawCommitment) = (CARRIER, 0);
        _mayNot(_create(terms), reason);
        terms.drawCommitment = bytes20(uint160(1));
        _opened(terms);
    }

    function test_equalPacketHasNoneOfThem() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        terms.maxShare = 1;
        _mayNot(_create(terms), abi.encodeWithSelector(IRedPacketEscrow.MaxShareOutOfRange.selector, 1));
        (terms.maxShare, terms.dealer) = (0, CARRIER);
        _mayNot(_create(terms), abi.encodeWithSelector(IRedPacketEscrow.DrawTermsMismatch.selector));
        (terms.dealer, terms.drawCommitment) = (address(0), bytes20(uint160(1)));
        _mayNot(_create(terms), abi.encodeWithSelector(IRedPacketEscrow.DrawTermsMismatch.selector));
    }

    function test_idIsOfThisChain() external {
        IRedPacketEscrow.Terms memory terms = _equal(4, 100);
        bytes32 id = escrow.packetId(terms);
        bytes memory act = _create(terms);
        uint256 home = block.chainid;
        VM.chainId(home + 1);
        bytes32 away = escrow.packetId(terms);
        _mayNot(act, abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        VM.chainId(home);
        require(away != id && escrow.packetId(terms) == id, "the same on another chain");
    }

    function test_escrowNeedsAToken() external {
        try VM.deployCode(artifact("RedPacketEscrow"), abi.encode(CARRIER)) returns (address) {
            revert("accepted");
        } catch {}
    }

    // --- claiming ---

    function test_equalSharesArePaidOnceEach() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        bytes32 id = _opened(terms);
        Cheats.Log[] memory logs = _does(_claim(terms, _guest(0)));
        _saidTransfer(logs[0], address(token), address(escrow), guests[0], 50);
        _saidClaimed(logs[1], id, guests[0], 0, 50, 0);
        require(logs.length == 2, "two events");
        _keeps(id, 50, 1, 0, 0);
        require(escrow.hasClaimed(id, 0) && !escrow.hasClaimed(id, 1) && !escrow.hasClaimed(id, 256), "seats");
        _mayNot(_claim(terms, _guest(0)), abi.encodeWithSelector(IRedPacketEscrow.AlreadyClaimed.selector, guests[0]));
        logs = _does(_claim(terms, _guest(1)));
        _saidClaimed(logs[1], id, guests[1], 1, 50, 0);
        _keeps(id, 0, 0, 0, 0);
        _mayNot(_claim(terms, _guest(2)), abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, id));
        require(token.balanceOf(address(escrow)) == 0, "all is paid");
    }

    function test_linkGivenWithAnEqualPacketIsIgnored() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        bytes32 id = _opened(terms);
        bytes20 link = bytes20(uint160(7));
        Cheats.Log[] memory logs = _does(abi.encodeCall(IRedPacketEscrow.claim, (terms, _guest(0), link, "")));
        _saidClaimed(logs[1], id, guests[0], 0, 50, 0);
        _keeps(id, 50, 1, 0, 0);
    }

    function test_onlyGuestsClaimAListAtTheirPlace() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        _opened(terms);
        IRedPacketEscrow.Claim memory one = _guest(0);
        one.account = everyone[1];
        _mayNot(_claim(terms, one), abi.encodeWithSelector(IRedPacketEscrow.NotAGuest.selector, everyone[1]));
        one = _guest(0);
        one.index = 1;
        _mayNot(_claim(terms, one), abi.encodeWithSelector(IRedPacketEscrow.NotAGuest.selector, guests[0]));
        one = _guest(0);
        one.evidence = bytes.concat(one.evidence, hex"00");
        _mayNot(_claim(terms, one), abi.encodeWithSelector(IRedPacketEscrow.NotAGuest.selector, guests[0]));
    }

    function test_linkPaysWhomItsKeySignedForOnce() external {
        IRedPacketEscrow.Terms memory terms = _equalByLink(2, 100);
        bytes32 id = _opened(terms);
        IRedPacketEscrow.Claim memory one = _holder(id, everyone[1]);
        one.account = everyone[2];
        _mayNot(_claim(terms, one), abi.encodeWithSelector(IRedPacketEscrow.LinkSignatureInvalid.selector, everyone[2]));
        one = _holder(id, everyone[1]);
        Cheats.Log[] memory logs = _does(_claim(terms, one));
        _saidClaimed(logs[1], id, everyone[1], 0, 50, 0);
        require(escrow.hasClaimedByLink(id, everyone[1]) && !escrow.hasClaimedByLink(id, everyone[2]), "seats");
        _mayNot(_claim(terms, one), abi.encodeWithSelector(IRedPacketEscrow.AlreadyClaimed.selector, everyone[1]));
        _does(_claim(terms, _holder(id, everyone[3])));
    }

    function test_escrowItselfClaimsNothing() external {
        IRedPacketEscrow.Terms memory terms = _equalByLink(2, 100);
        bytes32 id = _opened(terms);
        _mayNot(
            _claim(terms, _holder(id, address(escrow))),
            abi.encodeWithSelector(IRedPacketEscrow.LinkSignatureInvalid.selector, escrow)
        );
        terms = _equal(2, 100);
        terms.guests = keccak256(bytes.concat(keccak256(abi.encode(escrow, 0))));
        _opened(terms);
        _mayNot(
            _claim(terms, IRedPacketEscrow.Claim(address(escrow), 0, "")),
            abi.encodeWithSelector(IRedPacketEscrow.NotAGuest.selector, escrow)
        );
    }

    function test_luckySharesFollowFromLinkPositionAndPacket() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(3, 100, 60);
        bytes32 id = _opened(terms);
        uint256 rest = 100;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 share = DoubleMean.share(LinkChain.seed(links[i], id), rest, 3 - i, 60);
            require(escrow.shareOf(links[i], id, uint64(rest), uint16(3 - i), 60) == share, "shareOf");
            Cheats.Log[] memory logs = _does(_claimLucky(terms, _guest(i), i, links[i]));
            _saidTransfer(logs[0], address(token), address(escrow), guests[i], share);
            _saidClaimed(logs[1], id, guests[i], i, share, links[i]);
            rest -= share;
            if (i < 2) _keeps(id, uint64(rest), uint16(2 - i), links[i], 0);
        }
        _keeps(id, 0, 0, 0, 0);
    }

    function test_luckyClaimNeedsTheNextLinkAndTheDealersSignature() external {
        (IRedPacketEscrow.Terms memory terms, bytes20[] memory links) = _lucky(3, 100, 60);
        _opened(terms);
        bytes memory reason = abi.encodeWithSelector(IRedPacketEscrow.DealerSignatureInvalid.selector);
        bytes memory deal = _dealOf(KEYS, terms, 0, _list(_guest(0)), _links(links[0]));
        _mayNot(abi.encodeCall(IRedPacketEscrow.claim, (terms, _guest(0), links[0], deal)), reason);
        _mayNot(_claimLucky(terms, _guest(0), 1, links[0]), reason);
        _mayNot(
            _claimLucky(terms, _guest(0), 0, links[1]),
            abi.encodeWithSelector(IRedPacketEscrow.LinkMismatch.selector, links[1])
        );
    }

    function test_claimsEndAtTheSecondOfExpiry() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        bytes32 id = _opened(terms);
        VM.warp(EXPIRY);
        _mayNot(_claim(terms, _guest(0)), abi.encodeWithSelector(IRedPacketEscrow.PacketExpired.selector, id, EXPIRY));
        VM.warp(EXPIRY - 1);
        _does(_claim(terms, _guest(0)));
    }

    function test_frozenCreatorsPacketPaysNobody() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        _opened(terms);
        _freezeCreator();
        _mayNot(
            _claim(terms, _guest(0)),
            abi.encodeWithSelector(IRedPacketEscrow.CreatorIsFrozen.selector, everyone[CREATOR])
        );
    }

    function test_unknownPacketPaysNobody() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        _mayNot(
            _claim(terms, _guest(0)),
            abi.encodeWithSelector(IRedPacketEscrow.PacketNotOpen.selector, escrow.packetId(terms))
        );
    }

    function test_claimInAPauseUndoesEverything() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        bytes32 id = _opened(terms);
        token.pause();
        _mayNot(_claim(terms, _guest(0)), abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours));
        require(!escrow.hasClaimed(id, 0), "seat");
    }

    function test_claimNeedsGasForAWholeDraw() external {
        IRedPacketEscrow.Terms memory terms = _equal(2, 100);
        _opened(terms);
        (bool success, bytes memory reason) = address(escrow).call{gas: 152_000}(_claim(terms, _guest(0)));
        require(!success, "starved");
        _same(reason, abi.encodeWithSelector(IRedPacketEscrow.InsufficientGas.selector));
    }

    // --- parts ---

    /// @dev A wallet that accepts `signature` for anything gives a packet.
    function _createsFromAWallet(bytes memory signature, uint256 salt) private {
        address wallet = VM.deployCode(artifact("CarelessWallet"), abi.encode(signature));
        _register(wallet);
        VM.prank(everyone[CREATOR]);
        IERC20(address(token)).transfer(wallet, 20);
        IRedPacketEscrow.Terms memory terms = _equal(4, 20);
        (terms.creator, terms.salt) = (wallet, bytes32(salt));
        _does(
            abi.encodeCall(
                IRedPacketEscrow.create, (terms, IRedPacketEscrow.Authorization(0, type(uint64).max, signature))
            )
        );
        _keeps(escrow.packetId(terms), 20, 4, 0, 0);
        require(token.balanceOf(wallet) == 0 && token.balanceOf(address(escrow)) == 20 * salt, "its money came");
    }
}
