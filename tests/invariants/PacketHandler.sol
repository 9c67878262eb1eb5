// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedPacketEscrow} from "../../contracts/interfaces/IRedPacketEscrow.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM, bound} from "./Cheats.sol";
import {PacketWorld} from "./PacketWorld.sol";
import {Tally} from "./Tally.sol";

/// @title Does what creators, claimants, officers, strangers and time can do, and keeps books from the events alone
/// @dev It never reverts after an act, for a revert would take the note back: `broken` names the first broken sentence.
contract PacketHandler is PacketWorld, Tally {
    uint256 private constant MOST = 6;

    /// @dev What the events told of one packet.
    struct Book {
        bytes32 id;
        IRedPacketEscrow.Terms terms;
        bytes20[] links;
        uint256 drawn;
        uint256 claimed; // [fen]
        uint256 owed; // [fen]
        uint256 refunded; // [fen]
    }

    string public broken;
    uint256 public drawn;
    uint256 public refunds;
    Book[] private books;
    mapping(bytes32 id => uint256) private place;
    mapping(bytes32 id => mapping(address account => bool)) private had;

    constructor() {
        _open();
    }

    // --- what people do ---

    function create(uint256 creator, uint256 kind, uint256 shares, uint256 total, uint256 cap, uint256 life) external {
        Book memory book;
        uint256 key = creator % PEOPLE;
        shares = bound(shares, 1, MOST);
        total = bound(total, shares, 90);
        bool lucky = kind % 2 == 1;
        book.terms.creator = everyone[key];
        book.terms.shares = uint16(shares);
        book.terms.total = uint64(lucky ? total : total / shares * shares);
        book.terms.expiry = uint64(block.timestamp + bound(life, 1, 24 hours));
        book.terms.lucky = lucky;
        if (kind % 4 < 2) book.terms.guests = _root();
        else book.terms.claimKey = VM.addr(LINK);
        if (lucky) {
            book.terms.maxShare = uint64(bound(cap, (total + shares - 1) / shares, total));
            book.terms.dealer = VM.addr(DEALER);
            (book.links, book.terms.drawCommitment) = _chain(books.length, shares);
        }
        book.terms.salt = bytes32(books.length);
        book.id = escrow.packetId(book.terms);
        IRedPacketEscrow.Authorization memory authorization = _authorization(KEYS + key, book.terms);
        try escrow.create(book.terms, authorization) {
            _accept("create");
            books.push(book);
            place[book.id] = books.length;
        } catch {}
        try escrow.create(book.terms, authorization) {
            broken = "a packet was opened twice";
        } catch {}
    }

    function claim(uint256 which, uint256 who, uint256 spoil) external {
        if (books.length == 0) return;
        Book storage book = books[which % books.length];
        IRedPacketEscrow.Claim[] memory one = new IRedPacketEscrow.Claim[](1);
        one[0] = _claim(book, who, spoil);
        bytes20[] memory links = new bytes20[](1);
        if (book.drawn < book.links.length) links[0] = book.links[book.drawn];
        bytes memory deal = _deal(spoil % 16 == 1 ? KEYS : DEALER, book.id, book.drawn, one, links);
        VM.recordLogs();
        try escrow.claim(book.terms, one[0], links[0], deal) {
            _accept("claim");
            _read();
        } catch {}
    }

    function claimMany(uint256 which, uint256 who, uint256 count, uint256 spoil, uint256 gas) external {
        if (books.length == 0) return;
        IRedPacketEscrow.PacketClaims[] memory groups = new IRedPacketEscrow.PacketClaims[](2);
        for (uint256 i = 0; i < 2; ++i) {
            groups[i] = _group(books[(which + i * (spoil % 3)) % books.length], who + i, bound(count, 1, MOST), spoil);
        }
        VM.recordLogs();
        try escrow.claimMany{gas: bound(gas, 100_000, 2_000_000)}(groups) {
            _accept("claimMany");
            _read();
        } catch {}
    }

    function collect(uint256 which, uint256 who) external {
        if (books.length == 0) return;
        VM.recordLogs();
        try escrow.collect(books[which % books.length].terms, everyone[who % everyone.length]) {
            _accept("collect");
            _read();
        } catch {}
    }

    function refund(uint256 which) external {
        if (books.length == 0) return;
        Book storage book = books[which % books.length];
        bool due = block.timestamp >= book.terms.expiry && _left(book) > 0;
        VM.recordLogs();
        try escrow.refund(book.terms) {
            _accept("refund");
            if (!due) broken = "a refund came early or twice";
            ++refunds;
            _read();
        } catch {
            if (due) broken = "a refund did not succeed";
        }
    }

    function pay(uint256 payer, uint256 payee, uint256 value) external {
        VM.prank(everyone[payer % PEOPLE]);
        try token.transfer(everyone[payee % PEOPLE], bound(value, 1, 150)) {
            _accept("pay");
        } catch {}
    }

    // --- what officers and time do ---

    function freeze(uint256 who) external {
        token.freeze(_some(who));
    }

    function unfreeze(uint256 who) external {
        token.unfreeze(_some(who));
    }

    function setTier(uint256 who, uint256 tier) external {
        IStablecoin.TierAssignment[] memory list = new IStablecoin.TierAssignment[](1);
        list[0] = IStablecoin.TierAssignment(everyone[who % (2 * PEOPLE)], uint8(tier % 7));
        token.setTiers(list);
    }

    function pause(uint256 dice) external {
        if (dice % 4 == 0) token.pause();
        else token.unpause();
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + bound(time, 1, 12 hours));
    }

    // --- what the invariants ask ---

    function packets() external view returns (uint256) {
        return books.length;
    }

    /// @notice Whether the events of packet `i` and its state add up to its total.
    function addsUp(uint256 i) external view returns (bool) {
        Book storage book = books[i];
        IRedPacketEscrow.PacketState memory state = escrow.stateOf(book.id);
        return book.claimed + state.owed + state.remaining + book.refunded == book.terms.total
            && state.owed == book.owed && (state.sharesLeft == 0 || state.sharesLeft == book.terms.shares - book.drawn);
    }

    /// @notice [fen] that the escrow must hold, and what it holds.
    function held() external view returns (uint256 due, uint256 balance) {
        for (uint256 i = 0; i < books.length; ++i) {
            IRedPacketEscrow.PacketState memory state = escrow.stateOf(books[i].id);
            due += state.remaining + state.owed;
        }
        balance = token.balanceOf(address(escrow));
    }

    // --- claims, mostly right ---

    function _group(Book storage book, uint256 who, uint256 count, uint256 spoil)
        private
        view
        returns (IRedPacketEscrow.PacketClaims memory group)
    {
        group.terms = book.terms;
        group.firstPosition = book.drawn + (spoil % 16 == 3 ? 1 : 0);
        group.claims = new IRedPacketEscrow.Claim[](count);
        for (uint256 i = 0; i < count; ++i) {
            group.claims[i] = _claim(book, who + i, spoil >> i);
        }
        uint256 left = book.links.length - (book.links.length == 0 ? 0 : book.drawn);
        group.links = new bytes20[](left);
        for (uint256 i = 0; i < left; ++i) {
            group.links[i] = book.links[book.drawn + i];
        }
        uint256 key = spoil % 16 == 5 ? KEYS : DEALER;
        group.dealerSignature = _deal(key, book.id, group.firstPosition, group.claims, group.links);
    }

    function _claim(Book storage book, uint256 who, uint256 spoil)
        private
        view
        returns (IRedPacketEscrow.Claim memory one)
    {
        if (book.terms.guests != 0) {
            one.index = who % GUESTS;
            one.account = spoil % 8 == 7 ? everyone[1] : guests[one.index];
            one.evidence = _proof(one.index);
        } else {
            one.account = spoil % 8 == 7 ? address(escrow) : everyone[who % everyone.length];
            one.evidence = _linkClaim(book.id, spoil % 8 == 6 ? everyone[1] : one.account);
        }
    }

    function _some(uint256 who) private view returns (address[] memory list) {
        list = new address[](1);
        list[0] = everyone[who % PEOPLE];
    }

    function _left(Book storage book) private view returns (uint256) {
        return book.terms.total - book.claimed - book.refunded;
    }

    // --- the books ---

    /// @dev Foundry records the logs of reverted calls too: only after a success are they facts.
    function _read() private {
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(escrow)) _note(logs[i]);
        }
    }

    function _note(Cheats.Log memory log) private {
        Book storage book = books[place[log.topics[1]] - 1];
        address account = address(uint160(uint256(log.topics[2])));
        if (log.topics[0] == IRedPacketEscrow.PacketClaimed.selector) {
            (uint16 position, uint64 value, bytes20 link) = abi.decode(log.data, (uint16, uint64, bytes20));
            _noteDraw(book, account, position, value, link);
            book.claimed += value;
            _accept("PacketClaimed");
        } else if (log.topics[0] == IRedPacketEscrow.ShareOwed.selector) {
            (uint16 position, uint64 value, bytes20 link,) = abi.decode(log.data, (uint16, uint64, bytes20, bytes));
            _noteDraw(book, account, position, value, link);
            book.owed += value;
            _accept("ShareOwed");
        } else if (log.topics[0] == IRedPacketEscrow.ShareCollected.selector) {
            uint64 value = abi.decode(log.data, (uint64));
            _notePayout(book);
            book.owed -= value;
            book.claimed += value;
        } else if (log.topics[0] == IRedPacketEscrow.PacketRefunded.selector) {
            book.refunded += abi.decode(log.data, (uint64));
            book.owed = 0;
            if (account != book.terms.creator) broken = "a refund went elsewhere";
        } else if (log.topics[0] == IRedPacketEscrow.ClaimSkipped.selector) {
            _accept("ClaimSkipped");
        }
    }

    function _noteDraw(Book storage book, address account, uint256 position, uint256 value, bytes20 link) private {
        ++drawn;
        if (position != book.drawn++) broken = "a position was skipped or used twice";
        if (had[book.id][account]) broken = "an account had two shares";
        had[book.id][account] = true;
        if (account == address(escrow)) broken = "the escrow paid itself";
        if (book.terms.guests != 0 && !_isGuest(account)) broken = "a stranger to the list had a share";
        if (book.terms.lucky) {
            if (link != book.links[position]) broken = "a link served another position";
            if (value == 0 || value > book.terms.maxShare) broken = "a share left its bounds";
        } else if (value != book.terms.total / book.terms.shares) {
            broken = "an equal share was not equal";
        }
        _notePayout(book);
    }

    function _notePayout(Book storage book) private {
        if (block.timestamp >= book.terms.expiry) broken = "a share was drawn after expiry";
        if (token.isFrozen(book.terms.creator)) broken = "a frozen creator's packet paid";
        if (token.pausedUntil() != 0) broken = "a share was drawn in a pause";
    }

    function _isGuest(address account) private view returns (bool) {
        for (uint256 i = 0; i < GUESTS; ++i) {
            if (guests[i] == account) return true;
        }
        return false;
    }
}
