// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IBatch} from "../../contracts/interfaces/IBatch.sol";
import {IStablecoin} from "../../contracts/interfaces/IStablecoin.sol";
import {GasBurner} from "../../contracts/mocks/GasBurner.sol";
import {Cheats, VM, artifact} from "../invariants/Cheats.sol";
import {TokenWorld} from "../invariants/TokenWorld.sol";
import {Spec} from "./Spec.sol";

/// @title What a signature moves, once: permits, authorizations, redemptions, and the batch that carries them
contract SignaturesSpec is TokenWorld, Spec {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    bytes32 private constant REDEEM =
        keccak256("Redeem(address from,uint256 value,bytes32 bankReference,uint256 validAfter,uint256 validBefore)");
    address private constant CARRIER = address(0xCA881E8);
    uint256 private constant FOREVER = 2 ** 40;

    function setUp() external {
        _build();
    }

    // --- permits ---

    function test_permitAllowsOnce() external {
        bytes memory act = _permit(3, START);
        require(token.nonces(everyone[3]) == 0, "nonce");
        _accepted(CARRIER, address(token), act);
        require(token.allowance(everyone[3], CARRIER) == 9 && token.nonces(everyone[3]) == 1, "allowed");
        VM.prank(CARRIER);
        (bool again,) = address(token).call(act);
        require(!again, "accepted twice");
        VM.warp(START + 1);
        _refused(
            CARRIER, address(token), act, abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, START)
        );
    }

    // --- authorizations ---

    function test_authorizationPaysOnceAndIsNamedDirectlyBeforeItsTransfer() external {
        bytes memory act = _authorization(3, 12, bytes32(uint256(5)), KEYS + 3);
        Cheats.Log[] memory logs = _accepted(CARRIER, address(token), act);
        require(logs.length == 2, "two events");
        _said(
            logs[0],
            address(token),
            abi.encode(IERC3009.AuthorizationUsed.selector, everyone[3], bytes32(uint256(5))),
            ""
        );
        _saidTransfer(logs[1], address(token), everyone[3], everyone[5], 12);
        _refused(CARRIER, address(token), act, _used(3, bytes32(uint256(5))));
    }

    function test_authorizationOfAnotherKeyMovesNothing() external {
        _refused(CARRIER, address(token), _authorization(3, 12, "n", KEYS + 4), _invalid());
    }

    function test_authorizationMeetsTheLimits() external {
        _refused(
            CARRIER,
            address(token),
            _authorization(1, 121, "n", KEYS + 1),
            abi.encodeWithSelector(IStablecoin.PaymentLimitExceeded.selector, everyone[1], 121, 120)
        );
        require(!token.authorizationState(everyone[1], "n"), "used up");
    }

    function test_noncesAreAnyInAnyOrderEachItsOwnBit() external {
        uint256[6] memory nonces = [uint256(256), 0, 255, 1, 257, type(uint256).max];
        for (uint256 i = 0; i < nonces.length; ++i) {
            require(!token.authorizationState(everyone[3], bytes32(nonces[i])), "used before");
            _accepted(CARRIER, address(token), _authorization(3, 1, bytes32(nonces[i]), KEYS + 3));
            require(token.authorizationState(everyone[3], bytes32(nonces[i])), "not used");
            require(!token.authorizationState(everyone[4], bytes32(nonces[i])), "another's");
        }
        for (uint256 i = 0; i < nonces.length; ++i) {
            require(token.authorizationState(everyone[3], bytes32(nonces[i])), "forgotten");
            _refused(
                CARRIER,
                address(token),
                _authorization(3, 1, bytes32(nonces[i]), KEYS + 3),
                _used(3, bytes32(nonces[i]))
            );
        }
        require(!token.authorizationState(everyone[3], bytes32(uint256(2))), "a neighbour");
        require(!token.authorizationState(everyone[3], bytes32(uint256(258))), "a neighbour of the next word");
    }

    function test_firstUnusedNonceOfAKeyIsFound() external {
        require(token.nonces(everyone[3], 7) == 7 << 64, "fresh");
        _accepted(CARRIER, address(token), _authorization(3, 1, bytes32(uint256(7 << 64)), KEYS + 3));
        _accepted(CARRIER, address(token), _authorization(3, 1, bytes32(uint256(7 << 64) + 1), KEYS + 3));
        require(token.nonces(everyone[3], 7) == (7 << 64) + 2, "third");
        require(token.nonces(everyone[3], 8) == 8 << 64, "another key");
    }

    function test_cancelledNoncePaysNothing() external {
        bytes32 hash = keccak256(abi.encode(CANCEL, everyone[3], bytes32("n")));
        (uint8 v, bytes32 r, bytes32 s) = _split(_signed(KEYS + 3, token.DOMAIN_SEPARATOR(), hash));
        _accepted(
            CARRIER, address(token), abi.encodeCall(IERC3009Cancel.cancelAuthorization, (everyone[3], "n", v, r, s))
        );
        _refused(CARRIER, address(token), _authorization(3, 1, "n", KEYS + 3), _used(3, "n"));
    }

    // --- redemptions ---

    function test_redemptionBurnsOutsideTheYearAndInsideTheDay() external {
        Cheats.Log[] memory logs = _accepted(CARRIER, address(token), _redeem(3, 7, "bank", 0, FOREVER, KEYS + 3));
        require(logs.length == 2, "two events");
        _said(
            logs[0],
            address(token),
            abi.encode(IStablecoin.Redeemed.selector, everyone[3], bytes32("bank")),
            abi.encode(7)
        );
        _saidTransfer(logs[1], address(token), everyone[3], address(0), 7);
        uint24 today = uint24((START + 8 hours) / 1 days);
        _same(
            abi.encode(token.accountOf(everyone[3])),
            abi.encode(IStablecoin.AccountState(393, 7, 0, today, 7, 4, false))
        );
        require(token.totalSupply() == 2393 && token.balanceOf(address(0)) == 0, "supply");
    }

    function test_redemptionPassesTheYearsLimitAndNoOther() external {
        VM.prank(everyone[4]);
        token.transfer(everyone[5], 330);
        _accepted(CARRIER, address(token), _redeem(4, 70, "bank", 0, FOREVER, KEYS + 4));
        _refused(
            CARRIER,
            address(token),
            _redeem(3, 241, "bank", 0, FOREVER, KEYS + 3),
            abi.encodeWithSelector(IStablecoin.DailyLimitExceeded.selector, everyone[3], 241, 240)
        );
        token.freeze(_one(everyone[3]));
        _refused(
            CARRIER,
            address(token),
            _redeem(3, 1, "bank", 0, FOREVER, KEYS + 3),
            abi.encodeWithSelector(IStablecoin.AccountIsFrozen.selector, everyone[3])
        );
        token.pause();
        _refused(
            CARRIER,
            address(token),
            _redeem(5, 1, "bank", 0, FOREVER, KEYS + 5),
            abi.encodeWithSelector(IStablecoin.PaymentsPaused.selector, START + 72 hours)
        );
    }

    function test_redemptionIsTheOwnersOnceAndInTime() external {
        _refused(CARRIER, address(token), _redeem(3, 7, "bank", 0, FOREVER, KEYS + 4), _invalid());
        bytes4 time = ERC3009.ERC3009InvalidAuthorizationTime.selector;
        _refused(
            CARRIER,
            address(token),
            _redeem(3, 7, "bank", START, FOREVER, KEYS + 3),
            abi.encodeWithSelector(time, START, FOREVER)
        );
        _refused(
            CARRIER, address(token), _redeem(3, 7, "bank", 0, START, KEYS + 3), abi.encodeWithSelector(time, 0, START)
        );
        _refused(
            CARRIER,
            address(token),
            _redeem(3, 0, "bank", 0, FOREVER, KEYS + 3),
            abi.encodeWithSelector(IStablecoin.ZeroAmount.selector)
        );
        bytes memory act = _redeem(3, 7, "bank", START - 1, START + 1, KEYS + 3);
        _accepted(CARRIER, address(token), act);
        _refused(CARRIER, address(token), act, _used(3, "bank"));
        require(token.authorizationState(everyone[3], "bank"), "used");
    }

    function test_systemContractsMoneyIsNotRedeemed() external {
        bytes memory act = abi.encodeCall(IStablecoin.redeem, (address(till), 1, "bank", 0, FOREVER, ""));
        _refused(CARRIER, address(token), act, abi.encodeWithSelector(IStablecoin.SystemAccount.selector, till));
    }

    // --- the batch ---

    function test_failedCallOfABatchCostsOnlyItself() external {
        IBatch.Call[] memory calls = new IBatch.Call[](3);
        calls[0] = IBatch.Call(address(token), 200_000, _authorization(3, 1, "a", KEYS + 3));
        calls[1] = IBatch.Call(address(token), 200_000, _authorization(3, 241, "b", KEYS + 3));
        calls[2] = IBatch.Call(address(token), 200_000, _authorization(3, 2, "c", KEYS + 3));
        Cheats.Log[] memory logs = _accepted(CARRIER, address(batch), abi.encodeCall(IBatch.execute, (calls)));
        bytes memory reason = abi.encodeWithSelector(IStablecoin.DailyLimitExceeded.selector, everyone[3], 242, 240);
        require(token.balanceOf(everyone[5]) == 403, "paid");
        uint256 failures = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(batch)) continue;
            ++failures;
            _said(logs[i], address(batch), abi.encode(IBatch.CallFailed.selector, 1), abi.encode(reason));
        }
        require(failures == 1, "one failure");
    }

    function test_callOfABatchGetsItsGasOrNoneDoes() external {
        GasBurner burner = GasBurner(VM.deployCode(artifact("GasBurner")));
        IBatch.Call[] memory calls = new IBatch.Call[](1);
        calls[0] = IBatch.Call(address(burner), 100_000, abi.encodeCall(GasBurner.measure, ()));
        (bool success, bytes memory reason) = address(batch).call{gas: 90_000}(abi.encodeCall(IBatch.execute, (calls)));
        require(!success, "starved");
        _same(reason, abi.encodeWithSelector(IBatch.InsufficientGas.selector, 0, 100_000));
        _accepted(CARRIER, address(batch), abi.encodeCall(IBatch.execute, (calls)));
        require(burner.given() > 99_000 && burner.given() <= 100_000, "its cap");
    }

    function test_reasonOfAFailedCallIsCut() external {
        GasBurner burner = GasBurner(VM.deployCode(artifact("GasBurner")));
        IBatch.Call[] memory calls = new IBatch.Call[](1);
        calls[0] = IBatch.Call(address(burner), 500_000, abi.encodeCall(GasBurner.bloat, (5000)));
        Cheats.Log[] memory logs = _accepted(CARRIER, address(batch), abi.encodeCall(IBatch.execute, (calls)));
        require(abi.decode(logs[0].data, (bytes)).length == 256, "length");
    }

    // --- parts ---

    function _permit(uint256 who, uint256 deadline) private view returns (bytes memory) {
        bytes32 hash = keccak256(abi.encode(PERMIT, everyone[who], CARRIER, 9, token.nonces(everyone[who]), deadline));
        (uint8 v, bytes32 r, bytes32 s) = _split(_signed(KEYS + who, token.DOMAIN_SEPARATOR(), hash));
        return abi.encodeCall(IERC20Permit.permit, (everyone[who], CARRIER, 9, deadline, v, r, s));
    }

    /// @dev A payment to the sponsor, `everyone[5]`.
    function _authorization(uint256 who, uint256 value, bytes32 nonce, uint256 key)
        private
        view
        returns (bytes memory)
    {
        bytes32 hash = keccak256(abi.encode(TRANSFER, everyone[who], everyone[5], value, 0, FOREVER, nonce));
        (uint8 v, bytes32 r, bytes32 s) = _split(_signed(key, token.DOMAIN_SEPARATOR(), hash));
        return abi.encodeCall(
            IERC3009.transferWithAuthorization, (everyone[who], everyone[5], value, 0, FOREVER, nonce, v, r, s)
        );
    }

    function _redeem(uint256 who, uint256 value, bytes32 bankReference, uint256 begin, uint256 end, uint256 key)
        private
        view
        returns (bytes memory)
    {
        bytes32 hash = keccak256(abi.encode(REDEEM, everyone[who], value, bankReference, begin, end));
        bytes memory signature = _signed(key, token.DOMAIN_SEPARATOR(), hash);
        return abi.encodeCall(IStablecoin.redeem, (everyone[who], value, bankReference, begin, end, signature));
    }

    function _split(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }

    function _used(uint256 who, bytes32 nonce) private view returns (bytes memory) {
        return abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, everyone[who], nonce);
    }

    function _invalid() private pure returns (bytes memory) {
        return abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
