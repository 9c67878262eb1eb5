// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A token that pays or refuses as it is told and counts what passes through it
contract Purse {
    error Refused();

    uint256 public received;
    uint256 public paid;
    uint256 public returned;
    uint256 public pulled;
    bool private pays;

    function set(bool pays_) external {
        pays = pays_;
    }

    function receiveWithAuthorization(
        address,
        address,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        uint8,
        bytes32,
        bytes32
    ) external {
        received += value;
    }

    function transfer(address, uint256 value) external returns (bool) {
        if (!pays) revert Refused();
        paid += value;
        return true;
    }

    function transferFrom(address, address, uint256 value) external returns (bool) {
        pulled += value;
        return true;
    }

    function returnTo(address, uint256 value) external {
        returned += value;
    }

    function isFrozen(address) external pure returns (bool) {
        return false;
    }

    function pausedUntil() external pure returns (uint64) {
        return 0;
    }
}
