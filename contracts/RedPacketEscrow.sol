// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "./interfaces/IRedPacketEscrow.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {DoubleMean} from "./libraries/DoubleMean.sol";
import {PacketWord, PacketWordLibrary} from "./libraries/PacketWord.sol";
import {Refusal} from "./libraries/Refusal.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Red packets: see {IRedPacketEscrow}
/// @dev Invariants: the token balance is the sum of (remaining + owed) over packets; claimed + owed + remaining +
/// refunded == total for each; one share an index or account; a link serves one (packet, position, claimant); a refund
/// succeeds in any state of its creator.
/// Reentrancy: the only contract ever called is the immutable token, which calls nobody but, by STATICCALL, an ERC-1271
/// creator. State is settled before each payout all the same, and a packet exists only after its money came.
contract RedPacketEscrow is IRedPacketEscrow, EIP712 {
    using BitMaps for BitMaps.BitMap;
    using Refusal for bytes;

    bytes32 private constant RED_PACKET_TYPEHASH = keccak256(
        "RedPacket(address creator,uint64 total,uint16 shares,uint64 expiry,uint64 maxShare,bool lucky,bytes32 guests,address claimKey,address dealer,bytes20 drawCommitment,bytes32 salt)"
    );
    bytes32 private constant LINK_CLAIM_TYPEHASH = keccak256("LinkClaim(bytes32 packet,address claimant)");
    bytes32 private constant DEAL_TYPEHASH =
        keccak256("Deal(bytes32 packet,uint256 firstPosition,bytes32 claimants,bytes32 links)");

    uint256 private constant MAX_SHARES = 100;
    uint256 private constant MAX_LIFETIME = 24 hours + 1 minutes;
    uint256 private constant MAX_REASON_LENGTH = 256;

    /// @dev What a draw may need from its first write to its last log: a starved payout must not look like a failed one.
    uint256 private constant DRAW_GAS = 150_000;
    /// @dev A draw and the checks before it. Above it a batch begins one more claim.
    uint256 private constant CLAIM_GAS = 180_000;
    /// @dev Hashing one more claim and link of a deal.
    uint256 private constant DEAL_GAS = 1000;

    /// @inheritdoc IRedPacketEscrow
    address public immutable token;

    mapping(bytes32 packet => PacketWord) private _packets;
    mapping(bytes32 packet => BitMaps.BitMap) private _guestsPaid;
    mapping(bytes32 packet => mapping(address account => bool)) private _holdersPaid;
    mapping(bytes32 packet => uint64) private _owed;
    mapping(bytes32 packet => mapping(address account => uint64)) private _owedTo;

    constructor(address token_) EIP712("RedPacketEscrow", "1") {
        token = token_;
    }

    /// @inheritdoc IRedPacketEscrow
    function create(Terms calldata terms, Authorization calldata authorization) external returns (bytes32 packet) {
        _checkShares(terms);
        _checkAudience(terms);
        packet = packetId(terms);
        _receive(terms.creator, terms.total, packet, authorization);
        _packets[packet] = PacketWordLibrary.open(terms.total, terms.shares, terms.drawCommitment);
        emit PacketCreated(packet, terms.creator, terms);
    }

    /// @inheritdoc IRedPacketEscrow
    function claim(Terms calldata terms, Claim calldata one, bytes20 link, bytes calldata dealerSignature) external {
        bytes32 packet = packetId(terms);
        PacketWord word = _packets[packet];
        _packetRefusal(terms, packet, word).raise();
        bytes20 revealed;
        if (terms.lucky) {
            bytes32 claimants = keccak256(abi.encode(one.account, one.index, keccak256(one.evidence)));
            bytes32 links = keccak256(abi.encode(link));
            _dealRefusal(terms.dealer, _dealHash(packet, _position(terms, word), claimants, links), dealerSignature)
                .raise();
            revealed = link;
        }
        _claimRefusal(terms, packet, one).raise();
        _linkRefusal(terms, word, revealed).raise();
        if (gasleft() < DRAW_GAS) revert InsufficientGas();
        _draw(terms, packet, word, one, revealed);
    }

    /// @inheritdoc IRedPacketEscrow
    function claimMany(PacketClaims[] calldata packets) external {
        uint256 answered;
        for (uint256 i = 0; i < packets.length; ++i) {
            uint256 done = _claimGroup(packets[i]);
            answered += done;
            if (done < packets[i].claims.length) {
                if (answered == 0) revert InsufficientGas();
                return;
            }
        }
    }

    /// @inheritdoc IRedPacketEscrow
    function collect(Terms calldata terms, address account) external {
        bytes32 packet = packetId(terms);
        PacketWord word = _packets[packet];
        if (word.isEnded()) revert PacketNotOpen(packet);
        if (block.timestamp >= terms.expiry) revert PacketExpired(packet, terms.expiry);
        if (IStablecoin(token).isFrozen(terms.creator)) revert CreatorIsFrozen(terms.creator);
        uint64 value = _owedTo[packet][account];
        if (value == 0) revert NothingOwed(account);

        _owedTo[packet][account] = 0;
        uint64 owed = _owed[packet] - value;
        _owed[packet] = owed;
        if (owed == 0) _packets[packet] = word.withoutOwed().settled();
        emit ShareCollected(packet, account, value);
        IERC20(token).transfer(account, value);
    }

    /// @inheritdoc IRedPacketEscrow
    function refund(Terms calldata terms) external {
        bytes32 packet = packetId(terms);
        PacketWord word = _packets[packet];
        if (word.isEnded()) revert PacketNotOpen(packet);
        if (block.timestamp < terms.expiry) revert PacketNotExpired(packet, terms.expiry);

        uint64 value = word.remaining();
        if (word.hasOwed()) {
            value += _owed[packet];
            _owed[packet] = 0;
        }
        _packets[packet] = PacketWordLibrary.ENDED;
        emit PacketRefunded(packet, terms.creator, value);
        IStablecoin(token).returnTo(terms.creator, value);
    }

    /// @inheritdoc IRedPacketEscrow
    function stateOf(bytes32 packet) external view returns (PacketState memory) {
        PacketWord word = _packets[packet];
        return PacketState(word.remaining(), word.sharesLeft(), word.link(), _owed[packet]);
    }

    /// @inheritdoc IRedPacketEscrow
    function owedTo(bytes32 packet, address account) external view returns (uint64) {
        return _packets[packet].hasOwed() ? _owedTo[packet][account] : 0; // a refund leaves the single amounts behind
    }

    /// @inheritdoc IRedPacketEscrow
    function hasClaimed(bytes32 packet, uint256 index) external view returns (bool) {
        return _guestsPaid[packet].get(index);
    }

    /// @inheritdoc IRedPacketEscrow
    function hasClaimedByLink(bytes32 packet, address account) external view returns (bool) {
        return _holdersPaid[packet][account];
    }

    /// @inheritdoc IRedPacketEscrow
    function shareOf(bytes20 link, bytes32 packet, uint64 rest, uint16 sharesLeft, uint64 maxShare)
        external
        pure
        returns (uint64)
    {
        return _shareOf(link, packet, rest, sharesLeft, maxShare);
    }

    /// @inheritdoc IRedPacketEscrow
    function packetId(Terms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RED_PACKET_TYPEHASH, terms)));
    }

    /// @dev Answer the claims of one packet in order. Returns how many were answered: fewer than given when gas ran low.
    function _claimGroup(PacketClaims calldata group) private returns (uint256 done) {
        Claim[] calldata claims = group.claims;
        if (gasleft() < CLAIM_GAS + DEAL_GAS * claims.length) return 0;
        Terms calldata terms = group.terms;
        bytes32 packet = packetId(terms);
        PacketWord word = _packets[packet];
        bytes memory stop = _groupRefusal(group, packet, word);
        uint256 used = 0;
        for (; done < claims.length && gasleft() >= CLAIM_GAS; ++done) {
            Claim calldata one = claims[done];
            bytes memory refusal = stop.length == 0 ? _claimRefusal(terms, packet, one) : stop;
            bytes20 link;
            if (refusal.length == 0 && terms.lucky) {
                if (used < group.links.length) link = group.links[used++];
                refusal = stop = _linkRefusal(terms, word, link);
            }
            if (refusal.length != 0) {
                emit ClaimSkipped(packet, one.account, refusal.selector());
                continue;
            }
            if (gasleft() < DRAW_GAS) return done;
            word = _draw(terms, packet, word, one, link);
            if (word.sharesLeft() == 0) stop = abi.encodeWithSelector(PacketNotOpen.selector, packet);
        }
    }

    /// @dev Draw a share, settle the state, pay. An eligible claim uses up its position and link whatever becomes of the
    /// payout: a share that cannot be paid is owed, so that nobody gets a free look.
    function _draw(Terms calldata terms, bytes32 packet, PacketWord word, Claim calldata one, bytes20 link)
        private
        returns (PacketWord next)
    {
        uint16 left = word.sharesLeft();
        uint64 rest = word.remaining();
        uint64 value = terms.lucky ? _shareOf(link, packet, rest, left, terms.maxShare) : rest / left;
        _markPaid(terms, packet, one);
        next = word.drawn(value, link);
        _packets[packet] = next.settled();

        try IERC20(token).transfer(one.account, value) returns (bool) {
            emit PacketClaimed(packet, one.account, _position(terms, word), value, link);
        } catch (bytes memory reason) {
            if (reason.selector() == IStablecoin.PaymentsPaused.selector) reason.raise();
            next = next.withOwed();
            _packets[packet] = next;
            _owed[packet] += value;
            _owedTo[packet][one.account] += value;
            reason.truncate(MAX_REASON_LENGTH);
            emit ShareOwed(packet, one.account, _position(terms, word), value, link, reason);
        }
    }

    function _markPaid(Terms calldata terms, bytes32 packet, Claim calldata one) private {
        if (terms.guests != 0) _guestsPaid[packet].set(one.index);
        else _holdersPaid[packet][one.account] = true;
    }

    /// @dev Take the creator's money. A contract's ERC-1271 signature may have 65 bytes too: it is tried second, so that
    /// a person's costs no look at the account's code.
    function _receive(address creator, uint256 total, bytes32 packet, Authorization calldata authorization) private {
        bytes calldata signature = authorization.signature;
        (uint256 validAfter, uint256 validBefore) = (authorization.validAfter, authorization.validBefore);
        if (signature.length == 65) {
            (bytes32 r, bytes32 s, uint8 v) = (bytes32(signature[:32]), bytes32(signature[32:64]), uint8(signature[64]));
            try ERC20TransferAuthorization(token)
                .receiveWithAuthorization(creator, address(this), total, validAfter, validBefore, packet, v, r, s) {
                return;
            } catch (bytes memory reason) {
                if (creator.code.length == 0) reason.raise();
            }
        }
        ERC20TransferAuthorization(token)
            .receiveWithAuthorization(creator, address(this), total, validAfter, validBefore, packet, signature);
    }

    /// @dev Why no claim of the group can go on.
    function _groupRefusal(PacketClaims calldata group, bytes32 packet, PacketWord word)
        private
        view
        returns (bytes memory refusal)
    {
        Terms calldata terms = group.terms;
        refusal = _packetRefusal(terms, packet, word);
        if (refusal.length != 0 || !terms.lucky) return refusal;
        uint256 position = _position(terms, word);
        if (group.firstPosition != position) {
            return abi.encodeWithSelector(PositionMismatch.selector, group.firstPosition, position);
        }
        bytes32 links = keccak256(abi.encodePacked(group.links));
        return _dealRefusal(
            terms.dealer, _dealHash(packet, position, _hashClaims(group.claims), links), group.dealerSignature
        );
    }

    /// @dev Why the packet pays nobody now.
    function _packetRefusal(Terms calldata terms, bytes32 packet, PacketWord word) private view returns (bytes memory) {
        if (word.sharesLeft() == 0) return abi.encodeWithSelector(PacketNotOpen.selector, packet);
        if (block.timestamp >= terms.expiry) {
            return abi.encodeWithSelector(PacketExpired.selector, packet, terms.expiry);
        }
        if (IStablecoin(token).isFrozen(terms.creator)) {
            return abi.encodeWithSelector(CreatorIsFrozen.selector, terms.creator);
        }
        return Refusal.NONE;
    }

    /// @dev Why the dealer's signature does not hold.
    function _dealRefusal(address dealer, bytes32 digest, bytes calldata signature)
        private
        pure
        returns (bytes memory)
    {
        if (_isSignedBy(dealer, digest, signature)) return Refusal.NONE;
        return abi.encodeWithSelector(DealerSignatureInvalid.selector);
    }

    /// @dev Why this claim is not eligible. The escrow itself never is: its own money would be nobody's.
    function _claimRefusal(Terms calldata terms, bytes32 packet, Claim calldata one)
        private
        view
        returns (bytes memory)
    {
        address account = one.account;
        bool paid;
        if (terms.guests != 0) {
            if (!_isGuest(terms.guests, one)) return abi.encodeWithSelector(NotAGuest.selector, account);
            paid = _guestsPaid[packet].get(one.index);
        } else {
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(LINK_CLAIM_TYPEHASH, packet, account)));
            if (account == address(this) || !_isSignedBy(terms.claimKey, digest, one.evidence)) {
                return abi.encodeWithSelector(LinkSignatureInvalid.selector, account);
            }
            paid = _holdersPaid[packet][account];
        }
        return paid ? abi.encodeWithSelector(AlreadyClaimed.selector, account) : Refusal.NONE;
    }

    /// @dev Why `link` cannot be the next one.
    function _linkRefusal(Terms calldata terms, PacketWord word, bytes20 link) private pure returns (bytes memory) {
        if (!terms.lucky || bytes20(keccak256(abi.encodePacked(link))) == word.link()) return Refusal.NONE;
        return abi.encodeWithSelector(LinkMismatch.selector, link);
    }

    function _isGuest(bytes32 guests, Claim calldata one) private view returns (bool) {
        bytes calldata evidence = one.evidence;
        if (evidence.length % 32 != 0 || one.account == address(this)) return false;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(one.account, one.index))));
        bytes32[] calldata proof;
        assembly ("memory-safe") {
            proof.offset := evidence.offset
            proof.length := shr(5, evidence.length)
        }
        return MerkleProof.verifyCalldata(proof, guests, leaf);
    }

    function _isSignedBy(address signer, bytes32 digest, bytes calldata signature) private pure returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        return failure == ECDSA.RecoverError.NoError && recovered == signer;
    }

    function _dealHash(bytes32 packet, uint256 firstPosition, bytes32 claimants, bytes32 links)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(DEAL_TYPEHASH, packet, firstPosition, claimants, links)));
    }

    /// @dev Everything that decides whether a claim uses a link is under the dealer's signature.
    function _hashClaims(Claim[] calldata claims) private pure returns (bytes32 hash) {
        bytes32[] memory words = new bytes32[](3 * claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata one = claims[i];
            words[3 * i] = bytes32(uint256(uint160(one.account)));
            words[3 * i + 1] = bytes32(one.index);
            words[3 * i + 2] = keccak256(one.evidence);
        }
        return keccak256(abi.encodePacked(words));
    }

    /// @dev The position of the next draw, 0-based.
    function _position(Terms calldata terms, PacketWord word) private pure returns (uint16) {
        return terms.shares - word.sharesLeft();
    }

    function _shareOf(bytes20 link, bytes32 packet, uint64 rest, uint16 left, uint64 maxShare)
        private
        pure
        returns (uint64)
    {
        uint256 seed = uint256(keccak256(abi.encodePacked(link, packet)));
        return uint64(DoubleMean.share(seed, rest, left, maxShare)); // at most rest
    }

    function _checkShares(Terms calldata terms) private pure {
        (uint256 total, uint256 shares, uint256 maxShare) = (terms.total, terms.shares, terms.maxShare);
        if (shares == 0 || shares > MAX_SHARES) revert ShareCountOutOfRange(shares);
        if (total < shares || (!terms.lucky && total % shares != 0)) revert TotalNotDivisible(total, shares);
        if (terms.lucky ? maxShare * shares < total : maxShare != 0) revert MaxShareOutOfRange(maxShare);
    }

    function _checkAudience(Terms calldata terms) private view {
        if (terms.expiry <= block.timestamp || terms.expiry > block.timestamp + MAX_LIFETIME) {
            revert ExpiryOutOfRange(terms.expiry);
        }
        if ((terms.guests == 0) == (terms.claimKey == address(0))) revert AudienceAmbiguous();
        bool dealt = terms.dealer != address(0) && terms.drawCommitment != 0;
        bool bare = terms.dealer == address(0) && terms.drawCommitment == 0;
        if (terms.lucky ? !dealt : !bare) revert DrawTermsMismatch();
    }
}
