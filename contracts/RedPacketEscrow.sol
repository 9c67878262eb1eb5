// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "./interfaces/IRedPacketEscrow.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {Deal} from "./libraries/Deal.sol";
import {DoubleMean} from "./libraries/DoubleMean.sol";
import {GuestList} from "./libraries/GuestList.sol";
import {LinkClaim} from "./libraries/LinkClaim.sol";
import {LinkChain} from "./libraries/LinkChain.sol";
import {PacketTerms} from "./libraries/PacketTerms.sol";
import {PacketWord, PacketWords} from "./libraries/PacketWord.sol";
import {Refusal} from "./libraries/Refusal.sol";
import {Seating, Seats} from "./libraries/Seating.sol";
import {TokenCalls} from "./libraries/TokenCalls.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title Red packets: see {IRedPacketEscrow}
/// @dev Invariants: the token balance is the sum of (remaining + owed) over packets; claimed + owed + remaining +
/// refunded == total for each; one share an index or account; a link serves one (packet, position, claimant); a refund
/// succeeds in any state of its creator.
/// Reentrancy: the only contract ever called is the immutable token, which calls nobody but, by STATICCALL, an ERC-1271
/// creator. State is settled before each payout all the same, and a packet exists only after its money came.
contract RedPacketEscrow is IRedPacketEscrow, EIP712 {
    using PacketTerms for Terms;
    using LinkChain for bytes20;
    using LinkChain for bytes20[];
    using Refusal for bytes;
    using TokenCalls for address;

    /// @dev `word` is all that a packet costs while its shares are paid; `owed` and `owedTo` wait for failed payouts.
    struct Packet {
        PacketWord word;
        mapping(uint256 row => Seats) seats; // who has had a share: see Seating
        uint64 owed; // [fen]
        mapping(address account => uint64) owedTo; // [fen]; void once `word` has no owed share
    }

    /// @dev What a draw may need from its first write to its last log: a starved payout must not look like a failed one.
    uint256 private constant DRAW_GAS = 150_000;
    /// @dev A draw and the checks before it. A batch begins no claim with less, so give it this above what it uses.
    uint256 private constant CLAIM_GAS = 180_000;
    /// @dev Hashing one more claim and link of a deal.
    uint256 private constant DEAL_GAS = 1000;

    /// @inheritdoc IRedPacketEscrow
    address public immutable token;

    uint256 private immutable _chain;
    bytes32 private immutable _separator;

    mapping(bytes32 id => Packet) private _packets;

    // The last line is the check: neither zero nor a wrong address answers it.
    // slither-disable-next-line missing-zero-check,unused-return
    constructor(address token_) EIP712("RedPacketEscrow", "1") {
        token = token_;
        _chain = block.chainid;
        _separator = _domainSeparatorV4();
        IStablecoin(token_).pausedUntil(); // an address without the token's code fails here, not at the first packet
    }

    /// @inheritdoc IRedPacketEscrow
    function create(Terms calldata terms, Authorization calldata authorization) external returns (bytes32 packet) {
        (address creator, uint64 total, uint16 shares) = (terms.creator, terms.total, terms.shares);
        terms.check(total, shares);
        packet = packetId(terms);
        // The token is one immutable contract and calls nobody back; its nonce is the packet's id, so it passes once.
        // slither-disable-next-line reentrancy-benign
        token.receiveFrom(
            creator, total, authorization.validAfter, authorization.validBefore, packet, authorization.signature
        );
        _packets[packet].word = PacketWords.open(total, shares, terms.drawCommitment);
        terms.emitCreated(packet, creator);
    }

    /// @inheritdoc IRedPacketEscrow
    function claim(Terms calldata terms, Claim calldata one, bytes20 link, bytes calldata dealerSignature) external {
        bytes32 id = packetId(terms);
        Packet storage packet = _packets[id];
        PacketWord word = packet.word;
        _packetRefusal(terms, id, word).raise();
        if (terms.lucky) {
            bytes32 deal = Deal.structHash(id, _position(terms, word), Deal.hash(one), keccak256(abi.encode(link)));
            _dealRefusal(terms.dealer, deal, dealerSignature).raise();
            _linkRefusal(word, link).raise();
        } else {
            link = 0;
        }
        address account = one.account;
        (bytes memory refusal, Seats storage seats, uint256 taken) =
            _claimRefusal(terms, id, packet, account, one.index, one.evidence);
        refusal.raise();
        if (gasleft() < DRAW_GAS) revert InsufficientGas();
        seats.taken = taken;
        _draw(terms, id, packet, word, account, link);
    }

    /// @inheritdoc IRedPacketEscrow
    function claimMany(PacketClaims[] calldata packets) external {
        uint256 answered = 0;
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
        bytes32 id = packetId(terms);
        Packet storage packet = _packets[id];
        PacketWord word = packet.word;
        if (word.isEnded()) revert PacketNotOpen(id);
        if (block.timestamp >= terms.expiry) revert PacketExpired(id, terms.expiry);
        if (token.isFrozen(terms.creator)) revert CreatorIsFrozen(terms.creator);
        uint64 value = packet.owedTo[account];
        if (value == 0) revert NothingOwed(account);

        packet.owedTo[account] = 0;
        packet.owed -= value;
        if (packet.owed == 0) packet.word = word.withoutOwed().settled();
        emit ShareCollected(id, account, value);
        if (!token.tryTransfer(account, value)) TokenCalls.raise();
    }

    /// @inheritdoc IRedPacketEscrow
    function refund(Terms calldata terms) external {
        bytes32 id = packetId(terms);
        Packet storage packet = _packets[id];
        PacketWord word = packet.word;
        if (word.isEnded()) revert PacketNotOpen(id);
        if (block.timestamp < terms.expiry) revert PacketNotExpired(id, terms.expiry);

        uint256 value = word.remaining();
        if (word.hasOwed()) {
            value += packet.owed;
            packet.owed = 0;
        }
        packet.word = PacketWords.ENDED;
        emit PacketRefunded(id, terms.creator, uint64(value));
        IStablecoin(token).returnTo(terms.creator, value);
    }

    /// @inheritdoc IRedPacketEscrow
    function stateOf(bytes32 packet) external view returns (PacketState memory) {
        PacketWord word = _packets[packet].word;
        uint64 owed = _packets[packet].owed;
        return PacketState(uint64(word.remaining()), uint16(word.sharesLeft()), word.link(), owed);
    }

    /// @inheritdoc IRedPacketEscrow
    function owedTo(bytes32 packet, address account) external view returns (uint64) {
        return _packets[packet].word.hasOwed() ? _packets[packet].owedTo[account] : 0;
    }

    /// @inheritdoc IRedPacketEscrow
    function hasClaimed(bytes32 packet, uint256 index) external view returns (bool) {
        (uint256 row, uint256 bit) = Seating.ofGuest(index);
        return _packets[packet].seats[row].taken & bit != 0;
    }

    /// @inheritdoc IRedPacketEscrow
    function hasClaimedByLink(bytes32 packet, address account) external view returns (bool) {
        (uint256 row, uint256 bit) = Seating.ofHolder(account);
        return _packets[packet].seats[row].taken & bit != 0;
    }

    /// @inheritdoc IRedPacketEscrow
    function shareOf(bytes20 link, bytes32 packet, uint64 rest, uint16 sharesLeft, uint64 maxShare)
        external
        pure
        returns (uint64)
    {
        return uint64(DoubleMean.share(link.seed(packet), rest, sharesLeft, maxShare));
    }

    /// @inheritdoc IRedPacketEscrow
    function packetId(Terms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(terms.structHash());
    }

    /// @dev Answer the claims of one packet in order. Returns how many were answered: fewer than given when gas ran low.
    function _claimGroup(PacketClaims calldata group) private returns (uint256 done) {
        Claim[] calldata claims = group.claims;
        if (gasleft() < CLAIM_GAS + DEAL_GAS * claims.length) return 0;
        Terms calldata terms = group.terms;
        bytes20[] calldata links = group.links;
        bytes32 id = packetId(terms);
        Packet storage packet = _packets[id];
        PacketWord word = packet.word;
        bytes memory stop = _groupRefusal(group, id, word);
        uint256 used = 0;
        for (; done < claims.length && gasleft() >= CLAIM_GAS; ++done) {
            Claim calldata one = claims[done];
            address account = one.account;
            (bytes memory refusal, Seats storage seats, uint256 taken) = (stop, packet.seats[0], 0);
            if (stop.length == 0) {
                (refusal, seats, taken) = _claimRefusal(terms, id, packet, account, one.index, one.evidence);
            }
            // Zero means: no link, as in an equal packet.
            // slither-disable-next-line uninitialized-local
            bytes20 link;
            if (refusal.length == 0 && terms.lucky) {
                if (used < links.length) link = links[used++];
                refusal = stop = _linkRefusal(word, link);
            }
            if (refusal.length != 0) {
                emit ClaimSkipped(id, account, bytes4(refusal));
                continue;
            }
            if (gasleft() < DRAW_GAS) return done;
            seats.taken = taken;
            word = _draw(terms, id, packet, word, account, link);
            if (word.sharesLeft() == 0) stop = abi.encodeWithSelector(PacketNotOpen.selector, id);
        }
    }

    /// @dev Draw a share, settle the state, pay. An eligible claim uses up its position and link whatever becomes of the
    /// payout: a share that cannot be paid is owed, so that nobody gets a free look.
    function _draw(
        Terms calldata terms,
        bytes32 id,
        Packet storage packet,
        PacketWord word,
        address account,
        bytes20 link
    ) private returns (PacketWord next) {
        uint256 left = word.sharesLeft();
        uint256 value = word.remaining();
        uint256 maxShare = terms.maxShare; // zero in an equal packet alone
        value = maxShare != 0 ? DoubleMean.share(link.seed(id), value, left, maxShare) : value / left;
        next = word.drawn(value, link);
        packet.word = next.settled();

        uint16 position = uint16(_position(terms, word));
        if (token.tryTransfer(account, value)) {
            emit PacketClaimed(id, account, position, uint64(value), link);
        } else {
            bytes memory reason = TokenCalls.reason();
            next = next.withOwed();
            _owe(packet, next, account, uint64(value));
            emit ShareOwed(id, account, position, uint64(value), link, reason);
        }
    }

    /// @dev Keep a share whose payout failed. A pause is nobody's fault: it undoes the whole call.
    function _owe(Packet storage packet, PacketWord word, address account, uint64 value) private {
        // Asked only when a payout has failed; one share must not hold up the others.
        // slither-disable-next-line calls-loop
        uint64 pausedUntil = IStablecoin(token).pausedUntil();
        if (pausedUntil != 0) revert IStablecoin.PaymentsPaused(pausedUntil);
        packet.word = word;
        packet.owed += value;
        packet.owedTo[account] += value;
    }

    /// @dev Why no claim of the group can go on.
    function _groupRefusal(PacketClaims calldata group, bytes32 id, PacketWord word)
        private
        view
        returns (bytes memory refusal)
    {
        Terms calldata terms = group.terms;
        refusal = _packetRefusal(terms, id, word);
        if (refusal.length != 0 || !terms.lucky) return refusal;
        uint256 position = _position(terms, word);
        if (group.firstPosition != position) {
            return abi.encodeWithSelector(PositionMismatch.selector, group.firstPosition, position);
        }
        bytes32 deal = Deal.structHash(id, position, Deal.hash(group.claims), group.links.hash());
        return _dealRefusal(terms.dealer, deal, group.dealerSignature);
    }

    /// @dev Why the packet pays nobody now.
    function _packetRefusal(Terms calldata terms, bytes32 id, PacketWord word)
        private
        view
        returns (bytes memory refusal)
    {
        if (word.sharesLeft() == 0) return abi.encodeWithSelector(PacketNotOpen.selector, id);
        if (block.timestamp >= terms.expiry) return abi.encodeWithSelector(PacketExpired.selector, id, terms.expiry);
        if (token.isFrozen(terms.creator)) {
            return abi.encodeWithSelector(CreatorIsFrozen.selector, terms.creator);
        }
    }

    /// @dev Why this claim is not eligible; if it is, its seat's word and what that becomes once the share is drawn.
    /// The escrow itself never is: its own money would be nobody's.
    function _claimRefusal(
        Terms calldata terms,
        bytes32 id,
        Packet storage packet,
        address account,
        uint256 index,
        bytes calldata evidence
    ) private view returns (bytes memory refusal, Seats storage seats, uint256 taken) {
        bytes32 guests = terms.guests;
        uint256 row;
        uint256 bit;
        if (guests != 0) {
            (row, bit) = Seating.ofGuest(index);
            if (account == address(this) || !GuestList.contains(guests, account, index, evidence)) {
                refusal = abi.encodeWithSelector(NotAGuest.selector, account);
            }
        } else {
            (row, bit) = Seating.ofHolder(account);
            if (account == address(this) || !_isSignedBy(terms.claimKey, LinkClaim.structHash(id, account), evidence)) {
                refusal = abi.encodeWithSelector(LinkSignatureInvalid.selector, account);
            }
        }
        seats = packet.seats[row];
        taken = seats.taken;
        if (refusal.length == 0 && taken & bit != 0) {
            refusal = abi.encodeWithSelector(AlreadyClaimed.selector, account);
        }
        taken |= bit;
    }

    /// @dev Why `link` cannot be the next one.
    function _linkRefusal(PacketWord word, bytes20 link) private pure returns (bytes memory refusal) {
        if (link.before() != word.link()) return abi.encodeWithSelector(LinkMismatch.selector, link);
    }

    /// @dev Why the dealer's signature does not hold.
    function _dealRefusal(address dealer, bytes32 deal, bytes calldata signature)
        private
        view
        returns (bytes memory refusal)
    {
        if (!_isSignedBy(dealer, deal, signature)) return abi.encodeWithSelector(DealerSignatureInvalid.selector);
    }

    function _isSignedBy(address signer, bytes32 structHash, bytes calldata signature) private view returns (bool) {
        bytes32 digest = _hashTypedDataV4(structHash);
        // What failed does not matter here.
        // slither-disable-next-line unused-return
        (address recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        return recovered == signer; // zero if it is malformed, and no signer is zero
    }

    /// @dev The position of the next draw, 0-based.
    function _position(Terms calldata terms, PacketWord word) private pure returns (uint256) {
        unchecked {
            return terms.shares - word.sharesLeft();
        }
    }

    /// @dev As OpenZeppelin's, but the escrow is no proxy's implementation: only the chain's id can change under it.
    function _hashTypedDataV4(bytes32 structHash) internal view override returns (bytes32) {
        bytes32 separator = block.chainid == _chain ? _separator : _domainSeparatorV4();
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
