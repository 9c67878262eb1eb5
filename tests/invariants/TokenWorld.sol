// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Batch} from "../../contracts/Batch.sol";
import {Roles} from "../../contracts/Roles.sol";
import {Stablecoin} from "../../contracts/Stablecoin.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {OpenTill} from "../../contracts/mocks/OpenTill.sol";
import {VM, artifact} from "./Cheats.sol";

/// @title A token behind its proxy with a few people, a till and a batch; this contract holds every role
abstract contract TokenWorld {
    uint256 internal constant PEOPLE = 6;
    uint256 internal constant KEYS = 0xA11CE;
    /// @dev 2030-12-30 12:00 in Shenzhen: a turn of the year is near.
    uint256 internal constant START = 1_924_833_600;

    Stablecoin internal token;
    Batch internal batch;
    OpenTill internal till;
    /// @dev The people, then the addresses that may succeed them, then the till and the batch: all that ever hold money.
    address[] internal everyone;

    function _build() internal {
        VM.warp(START);
        // `new` would compile every contract into this one a second time.
        AccessManager manager = AccessManager(VM.deployCode(artifact("AccessManager"), abi.encode(this)));
        bytes memory data = abi.encodeCall(IStablecoin.initialize, (address(manager), _limits()));
        address implementation = VM.deployCode(artifact("Stablecoin"));
        token = Stablecoin(address(new ERC1967Proxy(implementation, data)));
        Roles.Permission[] memory table = Roles(VM.deployCode(artifact("Roles"))).permissions();
        for (uint256 i = 0; i < table.length; ++i) {
            if (table[i].selectors.length > 0) {
                manager.setTargetFunctionRole(address(token), table[i].selectors, table[i].role);
            }
            manager.grantRole(table[i].role, address(this), 0);
        }
        batch = Batch(VM.deployCode(artifact("Batch")));
        till = OpenTill(VM.deployCode(artifact("OpenTill")));
        token.setSystem(address(till));
        token.attestReserve(1e9);
        _people();
    }

    function _people() private {
        IStablecoin.TierAssignment[] memory tiers = new IStablecoin.TierAssignment[](PEOPLE);
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](PEOPLE);
        for (uint256 i = 0; i < 2 * PEOPLE; ++i) {
            everyone.push(VM.addr(KEYS + i));
            if (i >= PEOPLE) continue;
            tiers[i] = IStablecoin.TierAssignment(everyone[i], uint8(1 + i));
            mints[i] = IStablecoin.Mint(everyone[i], 400, bytes32(i));
        }
        everyone.push(address(till));
        everyone.push(address(batch));
        token.setTiers(tiers);
        token.mintMany(mints);
    }

    /// @dev Small, and in each tier another limit is the first to be met: life, payment, one factor, day, year, day.
    function _limits() private pure returns (IStablecoin.TierLimits[] memory limits) {
        limits = new IStablecoin.TierLimits[](6);
        limits[0] = _tier(500, 1000, 2000, 250, type(uint24).max, true);
        limits[1] = _tier(600, 120, 2000, 3000, type(uint24).max, false);
        limits[2] = _tier(700, 140, 210, 410, 200, false);
        limits[3] = _tier(800, 1000, 240, 3000, type(uint24).max, false);
        limits[4] = _tier(900, 1000, 2000, 330, type(uint24).max, false);
        limits[5] = _tier(1000, 200, 300, 3000, type(uint24).max, false);
    }

    function _tier(uint48 balance, uint48 payment, uint48 day, uint48 year, uint48 oneFactor, bool lifetime)
        private
        pure
        returns (IStablecoin.TierLimits memory)
    {
        return IStablecoin.TierLimits(balance, payment, day, year, oneFactor, lifetime);
    }
}
