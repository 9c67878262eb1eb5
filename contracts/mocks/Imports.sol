// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// solhint-disable no-unused-import
// OpenZeppelin's own contracts that a deployment uses as they are: named here so that they are compiled.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
