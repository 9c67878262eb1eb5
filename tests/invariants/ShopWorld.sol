// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ICityVoucher} from "../../contracts/interfaces/ICityVoucher.sol";
import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {VM, artifact} from "./Cheats.sol";
import {TokenWorld} from "./TokenWorld.sol";

/// @title The token's world with a checkout and its vouchers; orders, budgets, campaigns and signatures made by hand
abstract contract ShopWorld is TokenWorld {
    uint256 internal constant OFFERS = 0x0FFE45;
    uint256 internal constant ISSUER = 0x155E4;
    /// @dev Of the people: two merchants of every campaign's list, and the two who help to pay.
    uint256 internal constant TEA = 4;
    uint256 internal constant BOOKS = 1;
    uint256 internal constant PLATFORM = 3;
    uint256 internal constant DISTRICT = 5;

    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant SPONSORSHIP_TYPEHASH = keccak256("Sponsorship(bytes32 order,bytes32 budget)");
    bytes32 private constant REFUND_TYPEHASH = keccak256("Refund(bytes32 order,uint32 number,uint64 value)");
    bytes32 private constant CASHIER_TYPEHASH =
        keccak256("Cashier(address merchant,address cashier,uint64 cap,uint32 number)");
    bytes32 private constant WINNERS_TYPEHASH = keccak256("Winners(bytes32 campaign,bytes32 list)");
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    IMerchantCheckout internal checkout;
    ICityVoucher internal voucher;

    function _open() internal {
        _build();
        checkout = IMerchantCheckout(VM.deployCode(artifact("MerchantCheckout"), abi.encode(token)));
        voucher = ICityVoucher(checkout.voucher());
        token.setSystem(address(checkout));
        token.setSystem(address(voucher));
        for (uint256 i = 0; i < PEOPLE; ++i) {
            VM.prank(everyone[i]);
            token.approve(address(checkout), type(uint256).max);
        }
    }

    // --- lists ---

    function _leaf(address account, uint256 number) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, number))));
    }

    function _merchants() internal view returns (bytes32) {
        return Hashes.commutativeKeccak256(_leaf(everyone[TEA], TEA), _leaf(everyone[BOOKS], BOOKS));
    }

    /// @dev The place of a merchant that is on the list, or a false one.
    function _shop(uint256 merchant) internal view returns (ICityVoucher.Shop memory) {
        uint256 other = merchant == TEA ? BOOKS : TEA;
        return ICityVoucher.Shop(merchant, abi.encode(_leaf(everyone[other], other)));
    }

    // --- signatures ---

    /// @dev A payer's money for the checkout or the vouchers, its nonce being the id of what it pays.
    function _money(uint256 key, address to, uint256 value, uint256 until, bytes32 id)
        internal
        view
        returns (bytes memory)
    {
        bytes32 hash = keccak256(abi.encode(RECEIVE_TYPEHASH, VM.addr(key), to, value, 0, until, id));
        return _sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash)));
    }

    function _sponsorship(uint256 key, bytes32 order, bytes32 budget) internal view returns (bytes memory) {
        return _here(key, keccak256(abi.encode(SPONSORSHIP_TYPEHASH, order, budget)));
    }

    function _refund(uint256 key, bytes32 order, uint256 number, uint256 value) internal view returns (bytes memory) {
        return _here(key, keccak256(abi.encode(REFUND_TYPEHASH, order, number, value)));
    }

    function _cashier(uint256 key, address merchant, address cashier, uint256 cap, uint256 number)
        internal
        view
        returns (bytes memory)
    {
        return _here(key, keccak256(abi.encode(CASHIER_TYPEHASH, merchant, cashier, cap, number)));
    }

    function _winners(uint256 key, bytes32 campaign, bytes32 list) internal view returns (bytes memory) {
        bytes32 hash = keccak256(abi.encode(WINNERS_TYPEHASH, campaign, list));
        return _sign(key, keccak256(abi.encodePacked(hex"1901", _domain("CityVoucher", address(voucher)), hash)));
    }

    function _here(uint256 key, bytes32 hash) private view returns (bytes memory) {
        bytes32 domain = _domain("MerchantCheckout", address(checkout));
        return _sign(key, keccak256(abi.encodePacked(hex"1901", domain, hash)));
    }

    function _domain(string memory name, address place) private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), block.chainid, place));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
