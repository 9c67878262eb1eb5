// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stablecoin} from "../../contracts/Stablecoin.sol";
import {AccountWord} from "../../contracts/libraries/AccountWord.sol";
import {TierWord} from "../../contracts/libraries/TierWord.sol";

/// @title The token with its words laid open, so that a proof may begin in any state
contract OpenLedger is Stablecoin {
    /// @notice Move `value` as every payment, mint (`from` zero) and redemption (`to` zero) does.
    function update(address from, address to, uint256 value) external {
        _update(from, to, value);
    }

    function setWord(address account, AccountWord word) external {
        _account(account).word = word;
    }

    function setTierWord(uint256 tier, TierWord word) external {
        _tier(tier).word = word;
    }

    function setSupply(uint64 supply, uint64 attested, uint64 expiry) external {
        (_storage().supply, _storage().reserve, _storage().reserveExpiry) = (supply, attested, expiry);
    }

    function setPausedUntil(uint64 expiry) external {
        _storage().pausedUntil = expiry;
    }

    function wordOf(address account) external view returns (AccountWord) {
        return _account(account).word;
    }
}
