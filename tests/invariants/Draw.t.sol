// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {Deal} from "../../contracts/libraries/Deal.sol";
import {DoubleMean} from "../../contracts/libraries/DoubleMean.sol";
import {GuestList} from "../../contracts/libraries/GuestList.sol";
import {LinkChain} from "../../contracts/libraries/LinkChain.sol";
import {LinkClaim} from "../../contracts/libraries/LinkClaim.sol";
import {PacketTerms} from "../../contracts/libraries/PacketTerms.sol";
import {PacketWord, PacketWords} from "../../contracts/libraries/PacketWord.sol";
import {bound} from "./Cheats.sol";

/// @title The packet's libraries against plainer ways to say the same
contract DrawTest {
    function testFuzz_shareIsInBoundsAndLeavesAFeasibleRest(uint256 seed, uint256 rest, uint256 left, uint256 cap)
        external
        pure
    {
        left = bound(left, 1, 100);
        cap = bound(cap, 1, type(uint64).max);
        uint256 most = left * cap > type(uint64).max ? type(uint64).max : left * cap;
        rest = bound(rest, left, most);
        uint256 share = DoubleMean.share(seed, rest, left, cap);
        require(share >= 1 && share <= cap, "out of bounds");
        if (left == 1) {
            require(share == rest, "the last share is not the rest");
        } else {
            require(rest - share >= left - 1 && rest - share <= (left - 1) * cap, "what is left is not feasible");
            uint256 down = 2 * rest / left;
            uint256 twiceMean = (2 * rest + (seed >> 128) % left) / left;
            require(twiceMean == down || (twiceMean == down + 1 && 2 * rest % left != 0), "rounded too far");
            (uint256 lo, uint256 hi) = DoubleMean.bounds(twiceMean, rest, left, cap);
            require(lo <= share && share <= hi && lo + hi == twiceMean, "not symmetric about the mean");
        }
    }

    function testFuzz_belowStaysBelowAndHashesTheLastStretchAgain(uint256 seed, uint256 n) external pure {
        if (n == 0) n = 1;
        uint256 found = DoubleMean.below(seed, n);
        require(found < n, "not below");
        uint256 stretches = type(uint256).max / n; // whole ones, or one too few when n divides 2^256
        if (seed < stretches * n) require(found == seed % n, "a good seed was not used");
    }

    function testFuzz_seedsOfTheUpperHalfAreHashedAgain(uint256 seed) external pure {
        uint256 n = (1 << 255) + 1;
        uint256 tried = seed;
        while (tried >= n) tried = uint256(keccak256(abi.encode(tried)));
        require(DoubleMean.below(seed, n) == tried, "a seed of the incomplete stretch was used");
    }

    function testFuzz_guestListIsOpenZeppelins(address account, uint256 index, bytes32[] calldata proof, bool honest)
        external
        view
    {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, index))));
        bytes32 root = honest ? MerkleProof.processProofCalldata(proof, leaf) : keccak256(abi.encode(leaf, proof));
        bool contained = this.contains(root, account, index, abi.encodePacked(proof));
        require(contained == MerkleProof.verifyCalldata(proof, root, leaf), "not OpenZeppelin's verdict");
        require(contained == honest, "not the right verdict");
    }

    function testFuzz_proofOfAnotherLengthProvesNothing(address account, uint256 index, bytes calldata proof)
        external
        view
    {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, index))));
        if (proof.length % 32 != 0) require(!this.contains(leaf, account, index, proof), "a stump proved a guest");
    }

    function contains(bytes32 root, address account, uint256 index, bytes calldata proof) external pure returns (bool) {
        return GuestList.contains(root, account, index, proof);
    }

    function testFuzz_linksAndSeedsAreHashesOfPackedBytes(bytes20 link, bytes32 packet, bytes20[] calldata links)
        external
        pure
    {
        require(LinkChain.before(link) == bytes20(keccak256(abi.encodePacked(link))), "before");
        require(LinkChain.seed(link, packet) == uint256(keccak256(abi.encodePacked(link, packet))), "seed");
        require(LinkChain.hash(links) == keccak256(abi.encodePacked(links)), "hash");
    }

    function testFuzz_structHashesAreThoseOfEip712(IRedPacketEscrow.Terms calldata terms, bytes32 id, address account)
        external
        pure
    {
        bytes32 termsType = keccak256(
            "RedPacket(address creator,uint64 total,uint16 shares,uint64 expiry,uint64 maxShare,bool lucky,bytes32 guests,address claimKey,address dealer,bytes20 drawCommitment,bytes32 salt)"
        );
        require(PacketTerms.structHash(terms) == keccak256(abi.encode(termsType, terms)), "RedPacket");
        bytes32 linkType = keccak256("LinkClaim(bytes32 packet,address claimant)");
        require(LinkClaim.structHash(id, account) == keccak256(abi.encode(linkType, id, account)), "LinkClaim");
    }

    function testFuzz_dealIsThreeWordsAClaim(
        IRedPacketEscrow.Claim[] calldata claims,
        bytes32 id,
        uint256 first,
        bytes32 links
    ) external pure {
        bytes memory words;
        for (uint256 i = 0; i < claims.length; ++i) {
            bytes memory three = abi.encode(claims[i].account, claims[i].index, keccak256(claims[i].evidence));
            require(Deal.hash(claims[i]) == keccak256(three), "one claim");
            words = bytes.concat(words, three);
        }
        bytes32 claimants = Deal.hash(claims);
        require(claimants == keccak256(words), "claims");
        bytes32 dealType = keccak256("Deal(bytes32 packet,uint256 firstPosition,bytes32 claimants,bytes32 links)");
        bytes32 expected = keccak256(abi.encode(dealType, id, first, claimants, links));
        require(Deal.structHash(id, first, claimants, links) == expected, "Deal");
    }

    function testFuzz_wordKeepsItsFieldsApart(uint64 total, uint16 shares, bytes20 link, bytes20 next, uint64 value)
        external
        pure
    {
        PacketWord word = PacketWords.open(total, shares, link);
        _same(word, total, shares, link, false);
        _same(word.withOwed(), total, shares, link, true);
        _same(word.withOwed().withoutOwed(), total, shares, link, false);
        if (shares == 0) return;
        value = uint64(bound(value, 0, total));
        _same(word.withOwed().drawn(value, next), total - value, shares - 1, next, true);
    }

    function testFuzz_slotIsClearedWhenNothingIsLeftOrOwed(uint64 total, uint16 shares, bytes20 link) external pure {
        PacketWord word = PacketWords.open(total, shares, link);
        require(word.settled().isEnded() == (shares == 0 || word.isEnded()), "settled");
        require(!word.withOwed().settled().isEnded(), "an owed share was forgotten");
    }

    function _same(PacketWord word, uint256 rest, uint256 left, bytes20 link, bool owed) private pure {
        require(word.remaining() == rest && word.sharesLeft() == left, "amounts");
        require(word.link() == link && word.hasOwed() == owed, "link or flag");
    }
}
