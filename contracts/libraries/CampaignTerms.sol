// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICityVoucher} from "../interfaces/ICityVoucher.sol";

/// @title What the sponsor of a campaign signs for: its EIP-712 hash and the rules that it must keep
library CampaignTerms {
    uint256 private constant LONGEST = 400 days;

    bytes32 private constant TYPEHASH = keccak256(
        "Campaign(address sponsor,uint64 budget,uint64 face,uint32 perPerson,uint64 start,uint64 end,uint64 minimumSpend,bool divisible,bytes32 merchants,address issuer,bytes32 lottery,bytes32 salt)"
    );

    /// @dev The EIP-712 struct hash. Calldata holds the encoding already: a word with dirty bits would give the id of a
    /// campaign that cannot exist, because `open` logs each field and reading refuses dirty bits.
    function structHash(ICityVoucher.Campaign calldata campaign) internal pure returns (bytes32 hash) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), campaign, 0x180)
            hash := keccak256(words, 0x1a0)
        }
    }

    /// @dev Revert with the first rule that is broken.
    function check(ICityVoucher.Campaign calldata campaign) internal view {
        (uint64 budget, uint64 face) = (campaign.budget, campaign.face);
        if (face == 0 || budget == 0 || campaign.perPerson == 0 || budget % face != 0) {
            revert ICityVoucher.BudgetNotDivisible(budget, face);
        }
        (uint64 start, uint64 end) = (campaign.start, campaign.end);
        if (end <= block.timestamp || end <= start || end > block.timestamp + LONGEST) {
            revert ICityVoucher.CampaignDatesInvalid(start, end);
        }
        if (campaign.issuer == address(0) || campaign.merchants == 0) revert ICityVoucher.CampaignIncomplete();
    }
}
