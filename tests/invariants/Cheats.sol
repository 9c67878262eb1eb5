// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The few cheat codes of Foundry that our tests use
interface Cheats {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function deployCode(string calldata artifact) external returns (address);
    function deployCode(string calldata artifact, bytes calldata arguments) external returns (address);
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function etch(address account, bytes calldata code) external;
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function getRecordedLogs() external returns (Log[] memory);
    function load(address account, bytes32 slot) external view returns (bytes32 word);
    function prank(address sender) external;
    function recordLogs() external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function startPrank(address sender) external;
    function stopPrank() external;
    function store(address account, bytes32 slot, bytes32 word) external;
    function toString(uint256 value) external pure returns (string memory);
    function warp(uint256 timestamp) external;
    function writeLine(string calldata file, string calldata line) external view; // to the chain it changes nothing
}

/// @dev Where Foundry listens for them.
Cheats constant VM = Cheats(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @dev Where the default profile keeps contract `name`: other profiles test the very same bytes.
function artifact(string memory name) pure returns (string memory) {
    return string.concat("build/forge/", name, ".sol/", name, ".json");
}

/// @dev `value` folded into `low` … `high`.
function bound(uint256 value, uint256 low, uint256 high) pure returns (uint256) {
    return low + value % (high - low + 1);
}
