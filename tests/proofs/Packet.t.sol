// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RedPacketEscrow} from "../../contracts/RedPacketEscrow.sol";
import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {PacketWord, PacketWords} from "../../contracts/libraries/PacketWord.sol";
import {VM} from "../invariants/Cheats.sol";
import {Purse} from "./Purse.sol";

/// @title One act on a red packet from any state: claimed + owed + remaining + refunded == total
/// @dev What leaves the packet's state is what the purse pays out or gives back. Bounds: docs/proofs.md.
contract PacketProof {
    uint256 private constant PACKETS = 2; // the slot of the escrow's mapping
    uint256 private constant OWED = 2; // after the word and the seats
    address internal constant GUEST = address(0xB0B);

    RedPacketEscrow internal escrow;
    Purse internal purse;

    function setUp() external {
        purse = new Purse();
        escrow = new RedPacketEscrow(address(purse));
    }

    function check_packetOpensWithItsTotal(IRedPacketEscrow.Terms calldata terms, bytes calldata signature) external {
        VM.assume(signature.length == 65);
        try escrow.create(terms, IRedPacketEscrow.Authorization(0, 0, signature)) returns (bytes32 id) {
            IRedPacketEscrow.PacketState memory state = escrow.stateOf(id);
            assert((state.remaining ^ terms.total) | (state.owed) | (purse.received() ^ terms.total) == 0);
            assert(state.sharesLeft == terms.shares && 0 < terms.shares && terms.shares <= state.remaining);
        } catch {}
    }

    function check_luckyPacketOpensOnlyIfItsSharesCanHoldTheTotal(
        IRedPacketEscrow.Terms calldata terms,
        bytes calldata signature
    ) external {
        VM.assume(signature.length == 65 && terms.lucky);
        try escrow.create(terms, IRedPacketEscrow.Authorization(0, 0, signature)) returns (bytes32) {
            unchecked {
                // 64 bits times 16: a check of the product is what solvers do not end with.
                assert(terms.total <= uint256(terms.maxShare) * terms.shares);
            }
        } catch {}
    }

    function check_lastClaimKeepsTheSum(uint64 remaining, uint64 owed, bool pays, IRedPacketEscrow.Terms memory terms)
        external
    {
        _claimKeepsTheSum(remaining, 1, owed, pays, terms);
    }

    function check_claimOfTwoKeepsTheSum(uint64 remaining, uint64 owed, bool pays, IRedPacketEscrow.Terms memory terms)
        external
    {
        _claimKeepsTheSum(remaining, 2, owed, pays, terms);
    }

    function check_claimOfTenKeepsTheSum(uint64 remaining, uint64 owed, bool pays, IRedPacketEscrow.Terms memory terms)
        external
    {
        _claimKeepsTheSum(remaining, 10, owed, pays, terms);
    }

    function check_collectionKeepsTheSum(
        uint64 remaining,
        uint16 left,
        uint64 owed,
        uint64 due,
        bool pays,
        IRedPacketEscrow.Terms memory terms
    ) external {
        VM.assume(due <= owed);
        bytes32 id = _enter(remaining, left, owed, pays, terms);
        bytes32 slot = keccak256(abi.encode(GUEST, uint256(_packet(id)) + OWED + 1));
        VM.store(address(escrow), slot, bytes32(uint256(due)));
        try escrow.collect(terms, GUEST) {
            IRedPacketEscrow.PacketState memory state = escrow.stateOf(id);
            uint256 differs = (state.remaining ^ remaining) | ((state.owed + purse.paid()) ^ owed);
            assert(differs | (purse.paid() ^ due) == 0);
            assert(due != 0 && pays);
        } catch {}
    }

    function check_refundGivesBackWhatIsLeftAndOwedOnce(
        uint64 remaining,
        uint16 left,
        uint64 owed,
        IRedPacketEscrow.Terms memory terms
    ) external {
        bytes32 id = _enter(remaining, left, owed, true, terms);
        try escrow.refund(terms) {
            IRedPacketEscrow.PacketState memory state = escrow.stateOf(id);
            uint256 differs = state.remaining | state.owed | state.sharesLeft;
            assert(differs | (purse.returned() ^ (uint256(remaining) + owed)) == 0);
            assert(block.timestamp >= terms.expiry);
            (bool again,) = address(escrow).call(abi.encodeCall(escrow.refund, (terms)));
            assert(!again);
        } catch {
            assert(block.timestamp < terms.expiry || (left == 0 && owed == 0));
        }
    }

    function _claimKeepsTheSum(
        uint64 remaining,
        uint16 left,
        uint64 owed,
        bool pays,
        IRedPacketEscrow.Terms memory terms
    ) private {
        // An equal packet for one guest; the draw of a lucky one is ShareProof's.
        terms.lucky = false;
        terms.maxShare = 0;
        terms.guests = keccak256(bytes.concat(keccak256(abi.encode(GUEST, uint256(0)))));
        bytes32 id = _enter(remaining, left, owed, pays, terms);
        try escrow.claim(terms, IRedPacketEscrow.Claim(GUEST, 0, ""), 0, "") {
            IRedPacketEscrow.PacketState memory state = escrow.stateOf(id);
            uint256 sum = uint256(state.remaining) + state.owed + purse.paid();
            uint256 owing = pays ? owed : owed + remaining / left;
            assert((sum ^ (uint256(remaining) + owed)) | (state.owed ^ owing) | (state.sharesLeft ^ (left - 1)) == 0);
        } catch {}
    }

    function _enter(uint64 remaining, uint16 left, uint64 owed, bool pays, IRedPacketEscrow.Terms memory terms)
        private
        returns (bytes32 id)
    {
        VM.assume(uint256(remaining) + owed <= terms.total);
        VM.assume(left <= terms.shares && left <= remaining && (left != 0 || remaining == 0));
        purse.set(pays);
        id = escrow.packetId(terms);
        PacketWord word = PacketWords.open(remaining, left, terms.drawCommitment);
        if (owed != 0) word = word.withOwed();
        else if (left == 0) word = PacketWords.ENDED;
        VM.store(address(escrow), _packet(id), bytes32(PacketWord.unwrap(word)));
        VM.store(address(escrow), bytes32(uint256(_packet(id)) + OWED), bytes32(uint256(owed)));
    }

    function _packet(bytes32 id) private pure returns (bytes32) {
        return keccak256(abi.encode(id, PACKETS));
    }
}
