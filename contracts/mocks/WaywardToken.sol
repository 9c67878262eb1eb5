// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A token that answers false, bloats its reverts, or calls back into whoever moves it
/// @dev Only what an escrow and a checkout ask of its token; it keeps no balances.
contract WaywardToken {
    error TooLong(bytes filler);

    /// @notice What the next transfers answer.
    bool public answer = true;
    /// @notice How many bytes of filler a transfer reverts with; 0: it does not.
    uint256 public bloat;
    /// @notice What the next transfer or receipt calls its caller with; empty: nothing.
    bytes public callback;
    /// @notice Whether the callback went through, and what it returned.
    bool public reentered;
    bytes public returned;

    /// @notice Choose how to misbehave.
    function misbehave(bool answer_, uint256 bloat_, bytes calldata callback_) external {
        (answer, bloat, callback) = (answer_, bloat_, callback_);
    }

    /// @notice ERC-20, in appearance.
    function transfer(address, uint256) external returns (bool) {
        if (bloat != 0) revert TooLong(new bytes(bloat));
        _callBack();
        return answer;
    }

    /// @notice ERC-20, in appearance: no allowance is asked for.
    function transferFrom(address, address, uint256) external returns (bool) {
        _callBack();
        return answer;
    }

    /// @notice ERC-20, in appearance.
    function approve(address, uint256) external pure returns (bool) {
        return true;
    }

    /// @notice ERC-3009, in appearance: takes every signature.
    function receiveWithAuthorization(address, address, uint256, uint256, uint256, bytes32, uint8, bytes32, bytes32)
        external
    {
        _callBack();
    }

    /// @notice As IStablecoin's, in appearance.
    function returnTo(address, uint256) external {
        _callBack();
    }

    /// @notice Nobody is frozen here.
    function isFrozen(address) external pure returns (bool) {
        return false;
    }

    /// @notice Nothing is paused here.
    function pausedUntil() external pure returns (uint64) {
        return 0;
    }

    function _callBack() private {
        bytes memory data = callback;
        if (data.length == 0) return;
        delete callback;
        (reentered, returned) = msg.sender.call(data);
    }
}
