// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Red packets (红包): equal or lucky, for a guest list or for whoever holds a link
/// @notice Amounts are fen, times Unix seconds. The packet's id is the EIP-712 hash of its terms. No owner, no upgrade.
interface IRedPacketEscrow {
    /// @notice What the creator signs for. EIP-712 type, in this order:
    /// RedPacket(address creator,uint64 total,uint16 shares,uint64 expiry,uint64 maxShare,bool lucky,bytes32 guests,address claimKey,address dealer,bytes20 drawCommitment,bytes32 salt)
    /// @param total [fen], an equal packet divides it without rest
    /// @param shares 1 to 100
    /// @param expiry the first second at which claims fail and the refund opens; at most 24 h and a minute away
    /// @param maxShare [fen] the most a lucky share may be; 0 in an equal packet
    /// @param lucky drawn by the double-mean rule; else all shares are equal
    /// @param guests Merkle root over (address account, uint256 index), leaves hashed twice as OpenZeppelin's standard tree; 0 in a link packet
    /// @param claimKey address of the link's key; 0 in a guest packet
    /// @param dealer signs each batch of claims of a lucky packet; 0 in an equal one
    /// @param drawCommitment end of the dealer's hash chain; 0 in an equal packet
    struct Terms {
        address creator;
        uint64 total;
        uint16 shares;
        uint64 expiry;
        uint64 maxShare;
        bool lucky;
        bytes32 guests;
        address claimKey;
        address dealer;
        bytes20 drawCommitment;
        bytes32 salt;
    }

    /// @notice The creator's ERC-3009 ReceiveWithAuthorization to the escrow; its nonce is the packet's id.
    /// @param signature 65 bytes r, s, v; or an ERC-1271 signature of any length
    struct Authorization {
        uint256 validAfter;
        uint256 validBefore;
        bytes signature;
    }

    /// @notice One account's claim.
    /// @param index the account's place in the guest list; 0 in a link packet
    /// @param evidence a guest packet: the Merkle proof, 32 bytes a node; a link packet: the claim key's signature r, s, v over LinkClaim(bytes32 packet,address claimant)
    struct Claim {
        address account;
        uint256 index;
        bytes evidence;
    }

    /// @notice Claims of one packet in the order of their positions.
    /// @param firstPosition the position (0-based) of the first claim; lucky packets only, else ignored
    /// @param links lucky packets: one link for each claim at most, links[i] hashing to the link before it; else empty
    /// @param dealerSignature lucky packets: r, s, v over Deal(bytes32 packet,uint256 firstPosition,bytes32 claimants,bytes32 links), claimants = keccak256 of three 32-byte words a claim (account, index, keccak256 of its evidence), so that nobody can spoil one claimant's evidence to shift the links of the others; links = keccak256 of the links as 32-byte words (left-aligned)
    struct PacketClaims {
        Terms terms;
        uint256 firstPosition;
        Claim[] claims;
        bytes20[] links;
        bytes dealerSignature;
    }

    /// @notice A packet's one slot, read out; all zero when it is unknown or ended.
    /// @param remaining [fen] not yet drawn
    /// @param sharesLeft not yet drawn
    /// @param link the last revealed link, at first the commitment
    /// @param owed [fen] drawn, but the payout failed; still to be collected
    struct PacketState {
        uint64 remaining;
        uint16 sharesLeft;
        bytes20 link;
        uint64 owed;
    }

    /// @notice A packet is open and its money is here.
    event PacketCreated(bytes32 indexed packet, address indexed creator, Terms terms);
    /// @notice A share was drawn and paid. `link` is zero in an equal packet.
    event PacketClaimed(bytes32 indexed packet, address indexed account, uint16 position, uint64 value, bytes20 link);
    /// @notice A share was drawn but could not be paid: it is owed until expiry.
    event ShareOwed(
        bytes32 indexed packet, address indexed account, uint16 position, uint64 value, bytes20 link, bytes reason
    );
    /// @notice An owed share was paid.
    event ShareCollected(bytes32 indexed packet, address indexed account, uint64 value);
    /// @notice A claim was not eligible; it used no position and no link. `reason` is the selector of the error a single claim reverts with.
    event ClaimSkipped(bytes32 indexed packet, address indexed account, bytes4 reason);
    /// @notice What was left, owed shares included, went back to the creator.
    event PacketRefunded(bytes32 indexed packet, address indexed creator, uint64 value);

    /// @notice The number of shares is not 1 to 100.
    error ShareCountOutOfRange(uint256 shares);
    /// @notice A share would be below one fen, or an equal packet does not divide evenly.
    error TotalNotDivisible(uint256 total, uint256 shares);
    /// @notice A lucky packet's largest share cannot hold the total, or an equal packet names one.
    error MaxShareOutOfRange(uint256 maxShare);
    /// @notice The expiry is past or more than 24 hours and a minute away.
    error ExpiryOutOfRange(uint64 expiry);
    /// @notice Exactly one of guest list and claim key must be given.
    error AudienceAmbiguous();
    /// @notice A lucky packet needs a dealer and a commitment; an equal one has neither.
    error DrawTermsMismatch();
    /// @notice The packet is unknown here, or has ended: fully claimed or refunded.
    error PacketNotOpen(bytes32 packet);
    /// @notice The packet expired at `expiry`.
    error PacketExpired(bytes32 packet, uint64 expiry);
    /// @notice The packet can be refunded from `expiry` on.
    error PacketNotExpired(bytes32 packet, uint64 expiry);
    /// @notice The creator is frozen: nothing is paid out for now.
    error CreatorIsFrozen(address creator);
    /// @notice `account` is not on the guest list at that index.
    error NotAGuest(address account);
    /// @notice `account` has had its share.
    error AlreadyClaimed(address account);
    /// @notice The link's signature is not for this packet and this account.
    error LinkSignatureInvalid(address account);
    /// @notice The dealer did not sign this order of claims.
    error DealerSignatureInvalid();
    /// @notice Claims begin at position `attempted`; the packet is at `expected`.
    error PositionMismatch(uint256 attempted, uint256 expected);
    /// @notice The link does not hash to the one before it.
    error LinkMismatch(bytes20 link);
    /// @notice Nothing is owed to `account`.
    error NothingOwed(address account);
    /// @notice Not enough gas was given for even one claim.
    error InsufficientGas();

    /// @notice Open a packet with the creator's money. Anyone may carry it. Returns the id.
    function create(Terms calldata terms, Authorization calldata authorization) external returns (bytes32 packet);
    /// @notice Draw and pay one share; reverts with the reason if the claim is not eligible.
    /// @param link and dealerSignature: lucky packets only; the Deal is of this one claimant and link
    function claim(Terms calldata terms, Claim calldata one, bytes20 link, bytes calldata dealerSignature) external;
    /// @notice Draw and pay shares of several packets; ineligible claims are skipped, a payout that fails is owed, a group that cannot go on (PacketNotOpen, PacketExpired, CreatorIsFrozen, DealerSignatureInvalid, PositionMismatch, LinkMismatch) has its claims skipped with that reason. Stops cleanly before the gas ends: what is left has no event. A pause reverts everything.
    function claimMany(PacketClaims[] calldata packets) external;
    /// @notice Pay an owed share, by anyone, before expiry.
    function collect(Terms calldata terms, address account) external;
    /// @notice Give what is left back to the creator, by anyone, from expiry on; works in any state of the creator and in a pause.
    function refund(Terms calldata terms) external;

    /// @notice The id of a packet of these terms here.
    function packetId(Terms calldata terms) external view returns (bytes32);
    /// @notice The packet's state.
    function stateOf(bytes32 packet) external view returns (PacketState memory);
    /// @notice [fen] drawn for `account` and not yet paid.
    function owedTo(bytes32 packet, address account) external view returns (uint64);
    /// @notice Whether guest `index` has had a share.
    function hasClaimed(bytes32 packet, uint256 index) external view returns (bool);
    /// @notice Whether `account` has had a share of a link packet.
    function hasClaimedByLink(bytes32 packet, address account) external view returns (bool);
    /// @notice The share that `link` draws: the double-mean rule, bounds symmetric about rest / sharesLeft.
    function shareOf(bytes20 link, bytes32 packet, uint64 rest, uint16 sharesLeft, uint64 maxShare)
        external
        pure
        returns (uint64);
    /// @notice The token this escrow pays in.
    function token() external view returns (address);
}
