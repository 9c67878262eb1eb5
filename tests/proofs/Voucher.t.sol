// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CityVoucher} from "../../contracts/CityVoucher.sol";
import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {VM} from "../invariants/Cheats.sol";
import {Purse} from "./Purse.sol";

/// @title One act on a campaign from any state: issued = spent - refunded + open + returned
/// @dev This contract is the checkout. What leaves the campaign is what the purse pays out or gives back.
contract VoucherProof {
    uint256 private constant CAMPAIGNS = 2; // the slots of the contract's mappings
    uint256 private constant HOLDINGS = 3;
    uint256 private constant LISTS = 4;
    address internal constant HOLDER = address(0xB0B);
    address internal constant MERCHANT = address(0x5409);
    uint64 internal constant FACE = 2000; // a product of two unknowns is what solvers do not end with

    CityVoucher internal voucher;
    Purse internal purse;

    function setUp() external {
        purse = new Purse();
        purse.set(true);
        voucher = new CityVoucher(address(purse));
    }

    function check_issueMovesMoneyFromUnissuedToOpen(
        ICityVoucher.Campaign memory terms,
        uint64 unissued,
        uint64 open,
        uint64 left,
        uint32 had,
        uint32 count
    ) external {
        terms.face = FACE;
        VM.assume(uint256(unissued) + open <= type(uint64).max);
        bytes32 id = _enter(terms, unissued, open, left, had);
        bytes32 list = keccak256(bytes.concat(keccak256(abi.encode(HOLDER, uint256(count)))));
        VM.store(address(voucher), keccak256(abi.encode(list, keccak256(abi.encode(id, LISTS)))), bytes32(uint256(1)));
        try voucher.issue(terms, ICityVoucher.Winner(list, HOLDER, count, "")) {
            ICityVoucher.CampaignState memory state = voucher.stateOf(id);
            ICityVoucher.Holding memory holding = voucher.holdingOf(id, HOLDER);
            uint256 given = uint256(unissued) - state.unissued;
            assert(state.open - uint256(open) == given && holding.left - uint256(left) == given && given != 0);
            assert(holding.count == count && had < count && count <= terms.perPerson);
            assert(block.timestamp < terms.end);
        } catch {}
    }

    function check_spendPaysWhatLeavesTheHolder(
        ICityVoucher.Campaign memory terms,
        uint64 unissued,
        uint64 open,
        uint64 left,
        uint64 price,
        uint64 value
    ) external {
        VM.assume(left <= open);
        terms.merchants = keccak256(bytes.concat(keccak256(abi.encode(MERCHANT, uint256(0)))));
        bytes32 id = _enter(terms, unissued, open, left, 1);
        try voucher.spend(terms, HOLDER, MERCHANT, price, value, ICityVoucher.Shop(0, "")) returns (bytes32 spent) {
            ICityVoucher.CampaignState memory state = voucher.stateOf(id);
            assert(spent == id && purse.paid() == value && state.unissued == unissued);
            assert(uint256(state.open) + value == open && uint256(voucher.holdingOf(id, HOLDER).left) + value == left);
            assert(terms.start <= block.timestamp && block.timestamp < terms.end && price >= terms.minimumSpend);
            assert(terms.divisible || value == terms.face);
        } catch {}
    }

    function check_restoredMoneyIsTheHoldersOrAfterTheEndTheSponsors(
        ICityVoucher.Campaign memory terms,
        uint64 unissued,
        uint64 open,
        uint64 left,
        uint64 value
    ) external {
        bytes32 id = _enter(terms, unissued, open, left, 1);
        try voucher.restore(terms, HOLDER, value) {
            ICityVoucher.CampaignState memory state = voucher.stateOf(id);
            bool ended = block.timestamp >= terms.end;
            uint256 kept = ended ? 0 : value;
            assert(purse.pulled() == value && purse.returned() + kept == value && state.unissued == unissued);
            assert(state.open == uint256(open) + kept && voucher.holdingOf(id, HOLDER).left == uint256(left) + kept);
        } catch {
            assert(uint256(open) + value > type(uint64).max || uint256(left) + value > type(uint64).max);
        }
    }

    function check_closeGivesBackWhatIsUnissuedAndOpenOnce(
        ICityVoucher.Campaign memory terms,
        uint64 unissued,
        uint64 open
    ) external {
        bytes32 id = _enter(terms, unissued, open, 0, 0);
        try voucher.close(terms) {
            ICityVoucher.CampaignState memory state = voucher.stateOf(id);
            assert(state.unissued | state.open == 0 && purse.returned() == uint256(unissued) + open);
            assert(block.timestamp >= terms.end);
            (bool again,) = address(voucher).call(abi.encodeCall(voucher.close, (terms)));
            assert(!again);
        } catch {
            assert(block.timestamp < terms.end || unissued | open == 0);
        }
    }

    function _enter(ICityVoucher.Campaign memory terms, uint64 unissued, uint64 open, uint64 left, uint32 count)
        private
        returns (bytes32 id)
    {
        id = voucher.campaignId(terms);
        uint256 state = unissued | (uint256(open) << 64);
        uint256 holding = left | (uint256(count) << 64);
        VM.store(address(voucher), keccak256(abi.encode(id, CAMPAIGNS)), bytes32(state));
        bytes32 slot = keccak256(abi.encode(HOLDER, keccak256(abi.encode(id, HOLDINGS))));
        VM.store(address(voucher), slot, bytes32(holding));
    }
}
