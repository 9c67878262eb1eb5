// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMerchantCheckout} from "../../contracts/interfaces/IMerchantCheckout.sol";
import {Cheats, VM} from "../invariants/Cheats.sol";
import {ShopSpec} from "./ShopSpec.sol";

/// @title A budget opens once by its funder's signature, and pays what its signer signs for: to its last fen and second
contract BudgetsSpec is ShopSpec {
    function test_budgetOpensOnceAndSaysItsTerms() external {
        IMerchantCheckout.Budget memory budget = _budget(100);
        bytes32 id = checkout.budgetId(budget);
        Cheats.Log[] memory logs = _does(_openBudget(budget));
        require(logs.length == 1, "one event");
        bytes memory topics = abi.encode(IMerchantCheckout.BudgetOpened.selector, id, budget.funder);
        _said(logs[0], address(checkout), topics, abi.encode(budget));
        (uint64 left, address signer, uint32 end) = checkout.budgetOf(budget.funder, id);
        require(left == 100 && signer == VM.addr(OFFERS) && end == END, "budget");
        _mayNot(_openBudget(budget), abi.encodeWithSelector(IMerchantCheckout.BudgetAlreadyOpen.selector, id));
    }

    function test_budgetHasASignerMoneyAndAnEndToCome() external {
        bytes memory reason = abi.encodeWithSelector(IMerchantCheckout.BudgetInvalid.selector);
        IMerchantCheckout.Budget memory budget = _budget(100);
        budget.signer = address(0);
        _mayNot(_openBudget(budget), reason);
        _mayNot(_openBudget(_budget(0)), reason);
        _does(_openBudget(_budget(1)));
        budget = _budget(2);
        budget.end = uint32(START);
        _mayNot(_openBudget(budget), reason);
        budget.end = uint32(START + 1);
        _does(_openBudget(budget));
    }

    function test_onlyItsFunderOpensABudgetAndOnlyAsSigned() external {
        IMerchantCheckout.Budget memory budget = _budget(100);
        bytes memory reason =
            abi.encodeWithSelector(IMerchantCheckout.FunderSignatureInvalid.selector, everyone[PLATFORM]);
        bytes memory signature = _sign(KEYS + DISTRICT, checkout.budgetId(budget));
        _mayNot(abi.encodeCall(IMerchantCheckout.openBudget, (budget, signature)), reason);
        signature = _sign(KEYS + PLATFORM, checkout.budgetId(budget));
        budget.total = 101;
        _mayNot(abi.encodeCall(IMerchantCheckout.openBudget, (budget, signature)), reason);
        _mayNot(abi.encodeCall(IMerchantCheckout.openBudget, (budget, "")), reason);
    }

    function test_contractOpensABudgetByItsOwnSignatureOfAnyLength() external {
        for (uint256 length = 64; length < 67; ++length) {
            IMerchantCheckout.Budget memory budget = _budget(100);
            budget.funder = _wallet(new bytes(length));
            bytes memory reason =
                abi.encodeWithSelector(IMerchantCheckout.FunderSignatureInvalid.selector, budget.funder);
            _mayNot(abi.encodeCall(IMerchantCheckout.openBudget, (budget, new bytes(length + 1))), reason);
            _does(abi.encodeCall(IMerchantCheckout.openBudget, (budget, new bytes(length))));
            _has(budget, 100);
        }
    }

    function test_budgetPaysToItsLastFenAndNoFurther() external {
        IMerchantCheckout.Budget memory budget = _opened(_budget(30));
        bytes memory reason =
            abi.encodeWithSelector(IMerchantCheckout.BudgetExceeded.selector, checkout.budgetId(budget), 31, 30);
        _mayNot(_of(budget, 31, "a"), reason);
        _does(_of(budget, 10, "b"));
        _has(budget, 20);
        _does(_of(budget, 20, "c"));
        _has(budget, 0);
        reason = abi.encodeWithSelector(IMerchantCheckout.BudgetExceeded.selector, checkout.budgetId(budget), 1, 0);
        _mayNot(_of(budget, 1, "d"), reason);
    }

    function test_budgetPaysUntilTheLastSecondBeforeItsEnd() external {
        IMerchantCheckout.Budget memory budget = _budget(30);
        budget.end = uint32(EXPIRY - 2);
        _opened(budget);
        VM.warp(EXPIRY - 3);
        _does(_of(budget, 10, "a"));
        VM.warp(EXPIRY - 2);
        bytes32 id = checkout.budgetId(budget);
        _mayNot(_of(budget, 10, "b"), abi.encodeWithSelector(IMerchantCheckout.BudgetEnded.selector, id, EXPIRY - 2));
    }

    function test_budgetThatIsNotOpenForThatFunderPaysNothing() external {
        IMerchantCheckout.Budget memory budget = _budget(30);
        bytes memory reason =
            abi.encodeWithSelector(IMerchantCheckout.BudgetNotOpen.selector, checkout.budgetId(budget));
        _mayNot(_of(budget, 10, "a"), reason);
        _opened(budget);
        IMerchantCheckout.Part[] memory parts = _parts(_part(budget, 10, 0));
        parts[0].funder = everyone[DISTRICT];
        _mayNot(_pay(_order(5, parts), parts), reason);
        _does(_of(budget, 10, "a"));
    }

    function test_budgetPaysOnlyWhatItsSignerSigned() external {
        IMerchantCheckout.Budget memory budget = _opened(_budget(30));
        IMerchantCheckout.Budget memory other = _opened(_districts(30));
        IMerchantCheckout.Part[] memory parts = _parts(_part(budget, 10, 0), _part(other, 10, 0));
        IMerchantCheckout.Order memory order = _order(5, parts);
        IMerchantCheckout.Voucher[] memory none = new IMerchantCheckout.Voucher[](0);
        bytes memory reason =
            abi.encodeWithSelector(IMerchantCheckout.SponsorshipInvalid.selector, checkout.budgetId(budget));
        _mayNot(_payWith(order, parts, _sponsorships(KEYS + PLATFORM, order, parts), none), reason);
        order.ref = "R2";
        bytes[] memory ofAnother = _sponsorships(OFFERS, order, parts);
        order.ref = "R1";
        _mayNot(_payWith(order, parts, ofAnother, none), reason);
        bytes[] memory swapped = _sponsorships(OFFERS, order, parts);
        (swapped[0], swapped[1]) = (swapped[1], swapped[0]);
        _mayNot(_payWith(order, parts, swapped, none), reason);
        _does(_pay(order, parts));
        _has(budget, 20);
        _has(other, 20);
    }

    function test_funderMustHaveTheMoneyAndAllowIt() external {
        IMerchantCheckout.Budget memory budget = _opened(_budget(300));
        _freeze(PLATFORM);
        _mayNot(_of(budget, 1, "a"), abi.encodeWithSignature("AccountIsFrozen(address)", everyone[PLATFORM]));
        VM.prank(everyone[DISTRICT]);
        token.approve(address(checkout), 9);
        bytes memory reason =
            abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", checkout, 9, 10);
        _mayNot(_of(_opened(_districts(30)), 10, "a"), reason);
    }

    /// @dev An order to which the budget pays `value` fen, and the buyer 5.
    function _of(IMerchantCheckout.Budget memory budget, uint64 value, bytes32 ref)
        private
        view
        returns (bytes memory)
    {
        IMerchantCheckout.Part[] memory parts = _parts(_part(budget, value, 0));
        IMerchantCheckout.Order memory order = _order(5, parts);
        order.ref = ref;
        return _pay(order, parts);
    }
}
