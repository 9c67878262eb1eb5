// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {TokenWorld} from "../invariants/TokenWorld.sol";
import {Spec} from "./Spec.sol";

/// @title Money is issued for a bank entry once, within a fresh attestation, to whoever may receive it
/// @dev 2,400 fen are issued. This contract holds every role.
contract IssuanceSpec is TokenWorld, Spec {
    address private constant NOBODY = address(0xBEEF);

    function setUp() external {
        _build();
    }

    function test_attestationIsSaidAndLasts25Hours() external {
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.attestReserve, (3000)));
        uint256 expiry = START + 25 hours;
        _said(logs[0], address(token), abi.encode(IStablecoin.ReserveAttested.selector), abi.encode(3000, expiry));
        (uint64 value, uint64 until) = token.reserve();
        require(value == 3000 && until == expiry, "reserve");
        VM.warp(expiry);
        _mayNot(
            _mint(everyone[5], 1, "a"), abi.encodeWithSelector(IStablecoin.ReserveAttestationExpired.selector, expiry)
        );
        VM.warp(expiry - 1);
        _does(_mint(everyone[5], 1, "a"));
    }

    function test_mintIsSaidDirectlyBeforeItsTransfer() external {
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](2);
        mints[0] = IStablecoin.Mint(everyone[5], 11, "a");
        mints[1] = IStablecoin.Mint(everyone[4], 12, "b");
        Cheats.Log[] memory logs = _does(abi.encodeCall(IStablecoin.mintMany, (mints)));
        require(logs.length == 4, "four events");
        _said(
            logs[0], address(token), abi.encode(IStablecoin.Minted.selector, everyone[5], bytes32("a")), abi.encode(11)
        );
        _saidTransfer(logs[1], address(token), address(0), everyone[5], 11);
        _said(
            logs[2], address(token), abi.encode(IStablecoin.Minted.selector, everyone[4], bytes32("b")), abi.encode(12)
        );
        require(token.totalSupply() == 2423 && token.balanceOf(everyone[5]) == 411, "issued");
        require(token.isMinted("a") && token.isMinted("b") && !token.isMinted("c"), "entries");
        _mayNot(
            _mint(everyone[5], 1, "a"), abi.encodeWithSelector(IStablecoin.EntryAlreadyMinted.selector, bytes32("a"))
        );
    }

    function test_supplyMayReachTheReserveAndNoFenMore() external {
        token.attestReserve(2410);
        _mayNot(_mint(everyone[5], 11, "a"), abi.encodeWithSelector(IStablecoin.ReserveExceeded.selector, 2411, 2410));
        _does(_mint(everyone[5], 10, "a"));
        _mayNot(_mint(everyone[5], 1, "b"), abi.encodeWithSelector(IStablecoin.ReserveExceeded.selector, 2411, 2410));
    }

    function test_mintMeetsTheRecipientsState() external {
        _mayNot(_mint(everyone[5], 0, "a"), abi.encodeWithSelector(IStablecoin.ZeroAmount.selector));
        _mayNot(_mint(NOBODY, 1, "a"), abi.encodeWithSelector(IStablecoin.AccountNotRegistered.selector, NOBODY));
        _mayNot(
            _mint(everyone[0], 101, "a"),
            abi.encodeWithSelector(IStablecoin.BalanceLimitExceeded.selector, everyone[0], 501, 500)
        );
        token.pause();
        _mayNot(
            _mint(everyone[5], 1, "a"), abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours)
        );
    }

    // --- parts ---

    function _does(bytes memory act) private returns (Cheats.Log[] memory) {
        return _accepted(address(this), address(token), act);
    }

    function _mayNot(bytes memory act, bytes memory reason) private {
        _refused(address(this), address(token), act, reason);
    }

    function _mint(address to, uint64 value, bytes32 entry) private pure returns (bytes memory) {
        IStablecoin.Mint[] memory mints = new IStablecoin.Mint[](1);
        mints[0] = IStablecoin.Mint(to, value, entry);
        return abi.encodeCall(IStablecoin.mintMany, (mints));
    }
}
