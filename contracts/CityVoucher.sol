// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "./interfaces/ICityVoucher.sol";
import {IStablecoin} from "./interfaces/IStablecoin.sol";
import {CampaignTerms} from "./libraries/CampaignTerms.sol";
import {GuestList} from "./libraries/GuestList.sol";
import {Refusal} from "./libraries/Refusal.sol";
import {TokenCalls} from "./libraries/TokenCalls.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Campaign money: see {ICityVoucher}
/// @dev Invariants: the token balance is the sum of (unissued + open) over campaigns; issued = spent - refunded + open +
/// returned for each; no voucher fen reaches a person, or a merchant outside the list; the rest returns to the sponsor.
/// Reentrancy: only the immutable token is called, which calls nobody but, by STATICCALL, an ERC-1271 sponsor; state is
/// settled before each payout, and a campaign exists only after its money came.
contract CityVoucher is ICityVoucher, EIP712 {
    using CampaignTerms for Campaign;
    using Refusal for bytes;
    using TokenCalls for address;

    bytes32 private constant WINNERS_TYPEHASH = keccak256("Winners(bytes32 campaign,bytes32 list)");

    /// @inheritdoc ICityVoucher
    address public immutable token;
    /// @inheritdoc ICityVoucher
    address public immutable checkout;

    mapping(bytes32 campaign => CampaignState) private _campaigns;
    mapping(bytes32 campaign => mapping(address account => Holding)) private _holdings;
    mapping(bytes32 campaign => mapping(bytes32 list => bool)) private _lists;

    modifier onlyCheckout() {
        if (msg.sender != checkout) revert NotTheCheckout(msg.sender);
        _;
    }

    /// @dev Made by its checkout.
    // The last line is the check: neither zero nor a wrong address answers it.
    // slither-disable-next-line missing-zero-check,unused-return
    constructor(address token_) EIP712("CityVoucher", "1") {
        token = token_;
        checkout = msg.sender;
        IStablecoin(token_).pausedUntil();
    }

    /// @inheritdoc ICityVoucher
    function open(Campaign calldata campaign, bytes calldata signature) external returns (bytes32 id) {
        campaign.check();
        id = campaignId(campaign);
        // The token's nonce is the campaign's id: it passes once.
        // slither-disable-next-line reentrancy-benign,reentrancy-events
        token.receiveFrom(campaign.sponsor, campaign.budget, 0, campaign.end, id, signature);
        _campaigns[id] = CampaignState({unissued: campaign.budget, open: 0});
        emit CampaignOpened(id, campaign.sponsor, campaign);
    }

    /// @inheritdoc ICityVoucher
    function listWinners(Campaign calldata campaign, bytes32 list, bytes calldata signature) external {
        bytes32 id = campaignId(campaign);
        bytes32 hash = _hashTypedDataV4(keccak256(abi.encode(WINNERS_TYPEHASH, id, list)));
        // What failed does not matter here.
        // slither-disable-next-line unused-return
        (address recovered,,) = ECDSA.tryRecoverCalldata(hash, signature);
        if (recovered != campaign.issuer) revert IssuerSignatureInvalid(id);
        _lists[id][list] = true;
        emit WinnersListed(id, list);
    }

    /// @inheritdoc ICityVoucher
    function issue(Campaign calldata campaign, Winner calldata winner) external {
        bytes32 id = campaignId(campaign);
        _issue(campaign, id, winner).raise();
    }

    /// @inheritdoc ICityVoucher
    function issueMany(Campaign calldata campaign, Winner[] calldata winners) external {
        bytes32 id = campaignId(campaign);
        for (uint256 i = 0; i < winners.length; ++i) {
            bytes memory refusal = _issue(campaign, id, winners[i]);
            if (refusal.length != 0) emit WinnerSkipped(id, winners[i].account, bytes4(refusal));
        }
    }

    /// @inheritdoc ICityVoucher
    function spend(
        Campaign calldata campaign,
        address account,
        address merchant,
        uint64 price,
        uint64 value,
        Shop calldata shop
    ) external onlyCheckout returns (bytes32 id) {
        id = campaignId(campaign);
        if (block.timestamp < campaign.start) revert CampaignNotStarted(id, campaign.start);
        if (block.timestamp >= campaign.end) revert CampaignEnded(id, campaign.end);
        if (price < campaign.minimumSpend) revert MinimumSpendNotMet(price, campaign.minimumSpend);
        if (!campaign.divisible && value != campaign.face) revert VoucherNotDivisible(value, campaign.face);
        if (!GuestList.contains(campaign.merchants, merchant, shop.category, shop.proof)) {
            revert MerchantNotAllowed(merchant);
        }
        Holding storage holding = _holdings[id][account];
        uint64 left = holding.left;
        if (value > left) revert VoucherBalanceTooLow(account, value, left);
        unchecked {
            holding.left = left - value;
        }
        _campaigns[id].open -= value;
        emit VoucherSpent(id, account, merchant, value);
        if (!token.tryTransfer(merchant, value)) TokenCalls.raise();
    }

    /// @inheritdoc ICityVoucher
    function restore(Campaign calldata campaign, address account, uint64 value)
        external
        onlyCheckout
        returns (bytes32 id)
    {
        id = campaignId(campaign);
        bool ended = block.timestamp >= campaign.end;
        if (ended) {
            emit VoucherReturned(id, account, value);
        } else {
            _holdings[id][account].left += value;
            _campaigns[id].open += value;
            emit VoucherRestored(id, account, value);
        }
        token.move(checkout, address(this), value);
        if (ended) IStablecoin(token).returnTo(campaign.sponsor, value);
    }

    /// @inheritdoc ICityVoucher
    function close(Campaign calldata campaign) external {
        bytes32 id = campaignId(campaign);
        if (block.timestamp < campaign.end) revert CampaignNotEnded(id, campaign.end);
        CampaignState memory state = _campaigns[id];
        uint256 rest = uint256(state.unissued) + state.open;
        if (rest == 0) revert CampaignNotOpen(id);
        delete _campaigns[id];
        emit CampaignClosed(id, campaign.sponsor, state.unissued, state.open);
        IStablecoin(token).returnTo(campaign.sponsor, rest);
    }

    /// @inheritdoc ICityVoucher
    function stateOf(bytes32 campaign) external view returns (CampaignState memory) {
        return _campaigns[campaign];
    }

    /// @inheritdoc ICityVoucher
    function holdingOf(bytes32 campaign, address account) external view returns (Holding memory) {
        return _holdings[campaign][account];
    }

    /// @inheritdoc ICityVoucher
    function isListed(bytes32 campaign, bytes32 list) external view returns (bool) {
        return _lists[campaign][list];
    }

    /// @inheritdoc ICityVoucher
    function campaignId(Campaign calldata campaign) public view returns (bytes32) {
        return _hashTypedDataV4(campaign.structHash());
    }

    /// @dev Gives a winner what it has not had; the reason, if it cannot be.
    function _issue(Campaign calldata campaign, bytes32 id, Winner calldata winner)
        private
        returns (bytes memory refusal)
    {
        address account = winner.account;
        if (block.timestamp >= campaign.end) return abi.encodeWithSelector(CampaignEnded.selector, id, campaign.end);
        if (!_lists[id][winner.list] || !GuestList.contains(winner.list, account, winner.count, winner.proof)) {
            return abi.encodeWithSelector(NotAWinner.selector, account);
        }
        Holding memory holding = _holdings[id][account];
        if (winner.count <= holding.count) return abi.encodeWithSelector(VouchersAlreadyIssued.selector, account);
        if (winner.count > campaign.perPerson) {
            return abi.encodeWithSelector(VoucherLimitExceeded.selector, account, winner.count, campaign.perPerson);
        }
        CampaignState memory state = _campaigns[id];
        uint256 value = (winner.count - holding.count) * campaign.face;
        if (value > state.unissued) return abi.encodeWithSelector(CampaignExhausted.selector, id, state.unissued);
        _campaigns[id] = CampaignState(state.unissued - uint64(value), state.open + uint64(value));
        _holdings[id][account] = Holding(holding.left + uint64(value), uint32(winner.count));
        emit VoucherIssued(id, account, uint32(winner.count), uint64(value));
    }
}
