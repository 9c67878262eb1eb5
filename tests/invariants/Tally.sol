// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VM} from "./Cheats.sol";

/// @title Counts which acts of a handler were accepted, so that a campaign can show that it was no row of refusals
abstract contract Tally {
    string[] private acts;
    mapping(string act => uint256) private accepted;

    /// @notice Write a line `handler act accepted` for each act into the file that the environment names, if it does.
    /// @dev `view`, or a campaign would call it as an act.
    function tell(string calldata handler) external view {
        string memory file = VM.envOr("PSWALLET_TALLY", string(""));
        if (bytes(file).length == 0) return;
        for (uint256 i = 0; i < acts.length; ++i) {
            VM.writeLine(file, string.concat(handler, " ", acts[i], " ", VM.toString(accepted[acts[i]])));
        }
    }

    function _accept(string memory act) internal {
        if (++accepted[act] == 1) acts.push(act);
    }
}
