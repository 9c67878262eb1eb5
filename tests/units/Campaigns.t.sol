// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {ShopSpec} from "./ShopSpec.sol";

/// @title A campaign: opened with its whole money, given to who is listed, and closed with the rest to its sponsor
contract CampaignsSpec is ShopSpec {
    function test_campaignOpensWithItsWholeMoneyAndSaysItsTerms() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        bytes32 id = voucher.campaignId(campaign);
        Cheats.Log[] memory logs = _may(_openCampaign(campaign));
        require(logs.length == 3, "three events");
        _said(logs[0], address(token), abi.encode(IERC3009.AuthorizationUsed.selector, everyone[DISTRICT], id), "");
        _saidTransfer(logs[1], address(token), everyone[DISTRICT], address(voucher), 200);
        bytes memory topics = abi.encode(ICityVoucher.CampaignOpened.selector, id, everyone[DISTRICT]);
        _said(logs[2], address(voucher), topics, abi.encode(campaign));
        _stands(campaign, 200, 0);
        bytes4 reason = ERC3009.ERC3009UsedAuthorization.selector;
        _isRefused(_openCampaign(campaign), abi.encodeWithSelector(reason, everyone[DISTRICT], id));
    }

    function test_budgetIsAMultipleOfTheFace() external {
        (bytes4 reason, ICityVoucher.Campaign memory campaign) = (ICityVoucher.BudgetNotDivisible.selector, _campaign());
        campaign.perPerson = 0;
        _isRefused(_openCampaign(campaign), abi.encodeWithSelector(reason, 200, 20));
        uint64[2][5] memory wrong =
            [[uint64(0), 20], [uint64(200), 0], [uint64(199), 20], [uint64(19), 20], [uint64(0), 0]];
        for (uint256 i = 0; i < wrong.length; ++i) {
            campaign = _campaign();
            (campaign.budget, campaign.face) = (wrong[i][0], wrong[i][1]);
            _isRefused(_openCampaign(campaign), abi.encodeWithSelector(reason, wrong[i][0], wrong[i][1]));
        }
        (campaign.budget, campaign.face, campaign.perPerson) = (1, 1, 1);
        _may(_openCampaign(campaign));
    }

    function test_endIsToComeAfterTheStartAndWithin400Days() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        (campaign.budget, campaign.start, campaign.end) = (20, uint64(START - 1 days), uint64(START));
        _hasWrongDates(campaign);
        campaign.end = uint64(START + 400 days + 1);
        _hasWrongDates(campaign);
        (campaign.start, campaign.end) = (END, END);
        _hasWrongDates(campaign);
        campaign.start = END + 1;
        _hasWrongDates(campaign);
        campaign.start = END - 1;
        _may(_openCampaign(campaign));
        (campaign.start, campaign.end) = (uint64(START), uint64(START + 1));
        _may(_openCampaign(campaign));
        campaign.end = uint64(START + 400 days);
        _may(_openCampaign(campaign));
    }

    function test_campaignNeedsAnIssuerAndMerchants() external {
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.CampaignIncomplete.selector);
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.issuer = address(0);
        _isRefused(_openCampaign(campaign), reason);
        campaign = _campaign();
        campaign.merchants = 0;
        _isRefused(_openCampaign(campaign), reason);
    }

    function test_onlyItsSponsorsMoneyOpensACampaignAndOnlyAsSigned() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        bytes memory reason = abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);
        bytes32 id = voucher.campaignId(campaign);
        bytes memory money = _money(KEYS + PLATFORM, address(voucher), 200, END, id);
        _isRefused(abi.encodeCall(ICityVoucher.open, (campaign, money)), reason);
        money = _money(KEYS + DISTRICT, address(voucher), 200, END, id);
        campaign.divisible = false;
        _isRefused(abi.encodeCall(ICityVoucher.open, (campaign, money)), reason);
        _freeze(DISTRICT);
        bytes4 frozen = IStablecoin.AccountIsFrozen.selector;
        _isRefused(_openCampaign(campaign), abi.encodeWithSelector(frozen, everyone[DISTRICT]));
    }

    function test_vouchersAndCheckoutKnowEachOtherAndTheirToken() external {
        require(voucher.checkout() == address(checkout) && checkout.voucher() == address(voucher), "each other");
        require(voucher.token() == address(token) && checkout.token() == address(token), "token");
        try VM.deployCode(artifact("CityVoucher"), abi.encode(everyone[0])) {
            revert("a person is no token");
        } catch {}
    }

    // --- lists ---

    function test_issuerListsWinnersAndNobodyElse() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        _may(_openCampaign(campaign));
        bytes32 id = voucher.campaignId(campaign);
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.IssuerSignatureInvalid.selector, id);
        _isRefused(_list(campaign, "list", _winners(KEYS + DISTRICT, id, "list")), reason);
        _isRefused(_list(campaign, "list", _winners(ISSUER, id, "another")), reason);
        _isRefused(_list(campaign, "list", ""), reason);
        require(!voucher.isListed(id, "list"), "listed before");
        Cheats.Log[] memory logs = _may(_list(campaign, "list", _winners(ISSUER, id, "list")));
        require(logs.length == 1, "one event");
        _said(logs[0], address(voucher), abi.encode(ICityVoucher.WinnersListed.selector, id, bytes32("list")), "");
        require(voucher.isListed(id, "list") && !voucher.isListed(id, "another"), "not listed");
    }

    // --- who is given vouchers ---

    function test_winnerIsGivenItsVouchersAndItIsSaid() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        _may(_openCampaign(campaign));
        Cheats.Log[] memory logs = _may(_issue(campaign, _listed(campaign, everyone[BUYER], 2)));
        require(logs.length == 1, "one event");
        _saidIssued(logs[0], campaign, everyone[BUYER], 2, 40);
        _stands(campaign, 160, 40);
        _holds(campaign, 40, 2);
    }

    function test_onlyWhoStandsOnAListOfTheIssuerIsGivenVouchers() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        _may(_openCampaign(campaign));
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.NotAWinner.selector, everyone[BUYER]);
        ICityVoucher.Winner memory own = ICityVoucher.Winner(_leaf(everyone[BUYER], 1), everyone[BUYER], 1, "");
        _isRefused(_issue(campaign, own), reason); // a list that nobody signed
        ICityVoucher.Winner memory winner = _listed(campaign, everyone[0], 1);
        winner.account = everyone[BUYER];
        _isRefused(_issue(campaign, winner), reason);
        winner = _listed(campaign, everyone[BUYER], 1);
        winner.count = 2;
        _isRefused(_issue(campaign, winner), reason);
        winner.count = 1;
        campaign.salt = "another";
        _isRefused(_issue(campaign, winner), reason);
        campaign.salt = 0;
        _may(_issue(campaign, winner));
    }

    function test_winnerIsGivenOnlyWhatItHasNotHad() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 1);
        bytes memory reason = abi.encodeWithSelector(ICityVoucher.VouchersAlreadyIssued.selector, everyone[BUYER]);
        _isRefused(_issue(campaign, _listed(campaign, everyone[BUYER], 1)), reason);
        Cheats.Log[] memory logs = _may(_issue(campaign, _listed(campaign, everyone[BUYER], 2)));
        _saidIssued(logs[0], campaign, everyone[BUYER], 2, 20);
        _holds(campaign, 40, 2);
        _stands(campaign, 160, 40);
        _isRefused(_issue(campaign, _listed(campaign, everyone[BUYER], 1)), reason);
    }

    function test_personIsGivenItsLimitAndNoMore() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        _may(_openCampaign(campaign));
        bytes4 reason = ICityVoucher.VoucherLimitExceeded.selector;
        bytes memory act = _issue(campaign, _listed(campaign, everyone[BUYER], 3));
        _isRefused(act, abi.encodeWithSelector(reason, everyone[BUYER], 3, 2));
        _may(_issue(campaign, _listed(campaign, everyone[BUYER], 2)));
    }

    function test_budgetIsGivenToItsLastVoucherAndNoMore() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        campaign.budget = 40;
        _given(campaign, 1);
        bytes4 reason = ICityVoucher.CampaignExhausted.selector;
        bytes memory act = _issue(campaign, _listed(campaign, everyone[0], 2));
        _isRefused(act, abi.encodeWithSelector(reason, voucher.campaignId(campaign), 20));
        _may(_issue(campaign, _listed(campaign, everyone[0], 1)));
        _stands(campaign, 0, 40);
    }

    function test_vouchersAreGivenUntilTheLastSecondBeforeTheEnd() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        _may(_openCampaign(campaign));
        bytes memory act = _issue(campaign, _listed(campaign, everyone[BUYER], 1));
        VM.warp(END);
        bytes32 id = voucher.campaignId(campaign);
        _isRefused(act, abi.encodeWithSelector(ICityVoucher.CampaignEnded.selector, id, END));
        VM.warp(END - 1);
        _may(act);
    }

    function test_ofManyWinnersOneThatCannotBeGivenIsSkippedAndNamed() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        _may(_openCampaign(campaign));
        ICityVoucher.Winner[] memory winners = new ICityVoucher.Winner[](4);
        bytes32 list = Hashes.commutativeKeccak256(_leaf(everyone[BUYER], 1), _leaf(everyone[0], 2));
        winners[0] = ICityVoucher.Winner(list, everyone[BUYER], 1, abi.encode(_leaf(everyone[0], 2)));
        winners[1] = winners[0];
        winners[2] = ICityVoucher.Winner(list, everyone[1], 1, "");
        winners[3] = ICityVoucher.Winner(list, everyone[0], 2, abi.encode(_leaf(everyone[BUYER], 1)));
        bytes32 id = voucher.campaignId(campaign);
        _may(_list(campaign, list, _winners(ISSUER, id, list)));
        Cheats.Log[] memory logs = _may(abi.encodeCall(ICityVoucher.issueMany, (campaign, winners)));
        require(logs.length == 4, "four events");
        _saidIssued(logs[0], campaign, everyone[BUYER], 1, 20);
        bytes memory topics = abi.encode(ICityVoucher.WinnerSkipped.selector, id, everyone[BUYER]);
        _said(logs[1], address(voucher), topics, abi.encode(ICityVoucher.VouchersAlreadyIssued.selector));
        topics = abi.encode(ICityVoucher.WinnerSkipped.selector, id, everyone[1]);
        _said(logs[2], address(voucher), topics, abi.encode(ICityVoucher.NotAWinner.selector));
        _saidIssued(logs[3], campaign, everyone[0], 2, 40);
        _stands(campaign, 140, 60);
    }

    // --- the rest ---

    function test_restGoesToTheSponsorFromTheEndOnAndOnce() external {
        ICityVoucher.Campaign memory campaign = _given(_campaign(), 1);
        bytes32 id = voucher.campaignId(campaign);
        bytes memory act = abi.encodeCall(ICityVoucher.close, (campaign));
        VM.warp(END - 1);
        _isRefused(act, abi.encodeWithSelector(ICityVoucher.CampaignNotEnded.selector, id, END));
        VM.warp(END);
        _freeze(DISTRICT);
        Cheats.Log[] memory logs = _may(act);
        require(logs.length == 3, "three events");
        bytes memory topics = abi.encode(ICityVoucher.CampaignClosed.selector, id, everyone[DISTRICT]);
        _said(logs[0], address(voucher), topics, abi.encode(180, 20));
        _said(logs[1], address(token), abi.encode(IStablecoin.Returned.selector, everyone[DISTRICT]), abi.encode(200));
        _saidTransfer(logs[2], address(token), address(voucher), everyone[DISTRICT], 200);
        _stands(campaign, 0, 0);
        _isRefused(act, abi.encodeWithSelector(ICityVoucher.CampaignNotOpen.selector, id));
    }

    function test_lastFenGoesBackToo() external {
        ICityVoucher.Campaign memory campaign = _campaign();
        (campaign.budget, campaign.face) = (1, 1);
        _may(_openCampaign(campaign));
        VM.warp(END);
        _may(abi.encodeCall(ICityVoucher.close, (campaign)));
        require(token.balanceOf(everyone[DISTRICT]) == 400, "back");
    }

    // --- parts ---

    function _may(bytes memory act) private returns (Cheats.Log[] memory) {
        return _accepted(CARRIER, address(voucher), act);
    }

    function _isRefused(bytes memory act, bytes memory reason) private {
        _refused(CARRIER, address(voucher), act, reason);
    }

    function _hasWrongDates(ICityVoucher.Campaign memory campaign) private {
        bytes4 reason = ICityVoucher.CampaignDatesInvalid.selector;
        _isRefused(_openCampaign(campaign), abi.encodeWithSelector(reason, campaign.start, campaign.end));
    }

    function _list(ICityVoucher.Campaign memory campaign, bytes32 list, bytes memory signature)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(ICityVoucher.listWinners, (campaign, list, signature));
    }

    function _saidIssued(
        Cheats.Log memory log,
        ICityVoucher.Campaign memory campaign,
        address account,
        uint32 count,
        uint64 value
    ) private view {
        bytes memory topics = abi.encode(ICityVoucher.VoucherIssued.selector, voucher.campaignId(campaign), account);
        _said(log, address(voucher), topics, abi.encode(count, value));
    }
}
