// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Keeps one hash a subject and day: what was published can be checked, and never be changed
/// @notice Holds no money and no personal data. Subjects are the hashes of their names ("points", "trail").
interface IAnchor {
    /// @notice The hash of `subject` for `day` (days since 1970-01-01 in Asia/Shanghai) is `root`; `total` is what it sums up to, 0 where nothing is summed.
    event Anchored(bytes32 indexed subject, uint32 indexed day, bytes32 root, uint64 total);

    /// @notice That day of the subject has a hash already.
    error AlreadyAnchored(bytes32 subject, uint32 day);
    /// @notice The day is not over yet, or the hash is zero.
    error AnchorInvalid(uint32 day);

    /// @notice Keep a day's hash for ever. Role ANCHORER.
    function anchor(bytes32 subject, uint32 day, bytes32 root, uint64 total) external;

    /// @notice A day's hash; zero if none was kept.
    function rootOf(bytes32 subject, uint32 day) external view returns (bytes32);
}
