"""Put faults into the contracts and see the proofs fail: `tools/faults.py`; the table is in docs/proofs.md.

With numbers, tries those faults alone, in the copy as it was compiled last.

All faults are compiled once, in the copy `build/faults`, each behind a switch that reads `block.number`; a theorem's
`setUp` rolls to a marked number, which is written over in the compiled theorems before each run. Functions become
`view` for that. A fault is found if every theorem named beside it fails.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / "build/faults"
MARK = "fa17c0defa17"
PACKET, LEDGER, WORD = "RedPacketEscrow.sol", "Ledger.sol", "libraries/AccountWord.sol"
VOUCHER, CUT, ORDER = "CityVoucher.sol", "libraries/Apportioning.sol", "libraries/OrderWord.sol"

# Number, what is wrong, file, text, what stands in its place (@: 1 under the fault, else 0), theorems that then fail.
FAULTS = [
    (1, "a payment a fen above its limit", LEDGER, "value > limits.perPayment()", "value > limits.perPayment() + @",
     "noDebitIsAboveThePaymentsLimit"),
    (2, "a day a fen above its limit", LEDGER, "ofToday > limits.perDay()", "ofToday > limits.perDay() + @",
     "noDebitTakesTheDayAboveItsLimit"),
    (3, "a year a fen above its limit", LEDGER, "ofThisYear > limits.perYear()", "ofThisYear > limits.perYear() + @",
     "noPaymentTakesTheYearAboveItsLimit"),
    (4, "one factor a fen above its limit", LEDGER, "byOneFactor > limits.oneFactorPerDay()",
     "byOneFactor > limits.oneFactorPerDay() + @", "noDebitTakesOneFactorsDayAboveItsLimit"),
    (5, "a person a fen above the cap", LEDGER, "word.balance() + value > limit)",
     "word.balance() + value > limit + @)", "noPaymentLiftsAPersonAboveTheCap noMintLiftsAPersonAboveTheCap "
     "noPayoutLiftsAPersonAboveTheCap"),
    (6, "a lifetime's limit starts again each year", WORD, "if (!lifetime && ", "if ((!lifetime || @ == 1) && ",
     "lifetimesLimitNeverStartsAgain"),
    (7, "the day's counter goes on the next day", WORD, "~DAY_AND_ITS_COUNTERS;",
     "~(DAY_AND_ITS_COUNTERS ^ (@ * (uint256(type(uint64).max) << SPENT_TODAY)));",
     "turnOfTheDayEmptiesTheDaysCountersAndKeepsTheRest debitCountsOnWhatTheTurnOfTheDayLeft"),
    (8, "the year's counter goes on the next year", WORD, "Calendar.yearOf(today)) {",
     "Calendar.yearOf(today) && @ == 0) {",
     "yearsCounterEmptiesExactlyWhenTheYearIsAnother debitCountsOnWhatTheTurnOfTheDayLeft"),
    (9, "a redemption is not counted", WORD, "(value << SPENT_TODAY)", "((value * (1 - @)) << SPENT_TODAY)",
     "debitCountsOnWhatTheTurnOfTheDayLeft"),
    (10, "a payment counts for the day alone", WORD, "value * ONE_FEN_TODAY_AND_THIS_YEAR",
     "value * (ONE_FEN_TODAY_AND_THIS_YEAR - (@ << SPENT_THIS_YEAR))", "debitCountsOnWhatTheTurnOfTheDayLeft"),
    (11, "one factor's counter wraps into the tier", WORD, "if (total > type(uint24).max)",
     "if (total > type(uint24).max && @ == 0)", "oneFactorCounterNeverWraps debitKeepsTierAndFlagsAndWritesTheDay"),
    (12, "a frozen payer pays", LEDGER, "if (word.frozen()) revert AccountIsFrozen",
     "if (word.frozen() && @ == 0) revert AccountIsFrozen", "frozenPayerIsNeverDebited"),
    (13, "a frozen person is paid", LEDGER, "if (word.frozen()) revert RecipientIsFrozen",
     "if (word.frozen() && @ == 0) revert RecipientIsFrozen", "frozenPersonReceivesNoPayment"),
    (14, "a pause ends a second early", LEDGER, "if (block.timestamp < expiry) revert",
     "if (block.timestamp + @ < expiry) revert", "nothingIsPaidInAPause"),
    (15, "an unregistered payer pays", LEDGER, "if (tier == TierWords.NONE) revert AccountNotRegistered(from)",
     "if (tier == TierWords.NONE && @ == 0) revert AccountNotRegistered(from)",
     "unregisteredAccountNeitherSendsNorReceives"),
    (16, "a stranger pays into a SYSTEM contract", LEDGER, "if (msg.sender != to)",
     "if (@ == 0 && msg.sender != to)",
     "strangersPayNothingIntoASystemContract"),
    (17, "a debit takes a fen less", LEDGER, "account.word = word.debited(value)",
     "account.word = word.debited(value - @)",
     "paymentMovesItsValueAndNoOtherFen redemptionLowersBalanceAndSupplyAlike paymentToOneselfMovesNothing"),
    (18, "a credit gives a fen more", LEDGER, "account.word = word.credited(value)",
     "account.word = word.credited(value + @)", "paymentMovesItsValueAndNoOtherFen mintLiftsBalanceAndSupplyAlike "
     "payoutOfASystemContractMovesItsValueAndNoOtherFen"),
    (19, "a mint lifts the supply a fen more", LEDGER, "$.supply = uint64(issued)", "$.supply = uint64(issued + @)",
     "mintLiftsBalanceAndSupplyAlike mintStaysWithinAFreshAttestation"),
    (20, "a mint a fen above the attestation", LEDGER, "if (issued > $.reserve)",
     "if (issued > uint256($.reserve) + @)",
     "mintStaysWithinAFreshAttestation"),
    (21, "a mint in the attestation's last second", LEDGER, "if (block.timestamp >= $.reserveExpiry)",
     "if (block.timestamp >= uint256($.reserveExpiry) + @)", "mintStaysWithinAFreshAttestation"),
    (22, "a redemption lowers the supply a fen less", LEDGER, "supply -= uint64(value)", "supply -= uint64(value - @)",
     "redemptionLowersBalanceAndSupplyAlike"),
    (23, "a return gives a fen more", LEDGER, "_account(to).word.credited(value)",
     "_account(to).word.credited(value + @)",
     "returnNeverSticksAndMovesItsValueAlone"),
    (24, "a return sticks at a frozen account", LEDGER, "if (value == 0) revert ZeroAmount();\n        AccountWord own",
     "if (value == 0 || (@ == 1 && _account(to).word.frozen())) revert ZeroAmount();\n        AccountWord own",
     "returnNeverSticksAndMovesItsValueAlone"),
    (25, "anybody returns", LEDGER, "if (!_isSystem(msg.sender)) revert Not",
     "if (!_isSystem(msg.sender) && @ == 0) revert Not",
     "nobodyButASystemContractReturns"),
    (26, "a packet opens a fen short", PACKET, "PacketWords.open(total, shares",
     "PacketWords.open(total - uint64(@), shares",
     "packetOpensWithItsTotal"),
    (27, "a lucky packet a fen above its shares", "libraries/PacketTerms.sol", "if (maxShare * shares < total)",
     "if (maxShare * shares + @ < total)", "luckyPacketOpensOnlyIfItsSharesCanHoldTheTotal"),
    (28, "a draw keeps its share", "libraries/PacketWord.sol", "(1 << SHARES))", "((1 - @) << SHARES))",
     "drawTakesItsValueAndOneShare lastClaimKeepsTheSum claimOfTwoKeepsTheSum claimOfTenKeepsTheSum"),
    (29, "a draw takes a fen less", "libraries/PacketWord.sol", "((value << REMAINING)", "(((value - @) << REMAINING)",
     "drawTakesItsValueAndOneShare claimOfTwoKeepsTheSum claimOfTenKeepsTheSum"),
    (30, "a share that failed is not owed", PACKET, "packet.owed += value", "packet.owed += value * uint64(1 - @)",
     "lastClaimKeepsTheSum claimOfTwoKeepsTheSum claimOfTenKeepsTheSum"),
    (31, "a collected share is still owed", PACKET, "packet.owed -= value", "packet.owed -= value * uint64(1 - @)",
     "collectionKeepsTheSum"),
    (32, "a refund leaves what is owed", PACKET, "value += packet.owed", "value += packet.owed * (1 - @)",
     "refundGivesBackWhatIsLeftAndOwedOnce"),
    (33, "a refund may be had again", PACKET, "packet.word = PacketWords.ENDED",
     "packet.word = @ == 1 ? word : PacketWords.ENDED", "refundGivesBackWhatIsLeftAndOwedOnce"),
    (34, "a refund a second early", PACKET, "if (block.timestamp < terms.expiry)",
     "if (block.timestamp + @ < terms.expiry)", "refundGivesBackWhatIsLeftAndOwedOnce"),
    (35, "a share a fen too large", "libraries/DoubleMean.sol", "hi = twiceMean - lo;", "hi = twiceMean - lo + @;",
     "shareOf2LeavesEnoughForTheOthers shareOf4LeavesEnoughForTheOthers"),
    (36, "one factor is not counted", LEDGER, "word.withOneFactorToday(byOneFactor)",
     "word.withOneFactorToday(byOneFactor - value * @)", "debitCountsOneFactorUpToItsField"),
    (37, "a word loses a fen more", WORD, "AccountWord.unwrap(word) - value)", "AccountWord.unwrap(word) - value - @)",
     "creditThenDebitIsTheWordBefore moneyComesAndGoesWithoutTouchingAnotherField"),
    (38, "a part's return is counted a fen less", ORDER, "(value << _place(part))", "((value - @) << _place(part))",
     "wordCountsWhatComesBackAndNothingElse"),
    (39, "a refund gives the payer a fen more", CUT, "rest -= toPayer;", "rest -= toPayer; toPayer += @;",
     "cutOfOnePartIsTheRefundWithinWhatWasPaid"),
    (40, "an undeserved part goes back a fen short", CUT, "toParts[i] = uint64(left < rest ? left : rest);",
     "toParts[i] = uint64(left < rest ? left : rest - @);", "undeservedPartGoesBackBeforeOwnMoney"),
    (41, "a part is undeserved at its minimum", CUT, "if (spend < parts[i].minimumSpend)",
     "if (spend < parts[i].minimumSpend + @)", "ownMoneyGoesBackBeforeADeservedPart"),
    (42, "an issue leaves the budget as it was", VOUCHER, "state.unissued - uint64(value)",
     "state.unissued - uint64(value * (1 - @))", "issueMovesMoneyFromUnissuedToOpen"),
    (43, "a spent voucher stays its holder's", VOUCHER, "holding.left = left - value;",
     "holding.left = left - value * uint64(1 - @);", "spendPaysWhatLeavesTheHolder"),
    (44, "a voucher comes back after the end", VOUCHER, "bool ended = block.timestamp >= campaign.end;",
     "bool ended = block.timestamp >= campaign.end && @ == 0;",
     "restoredMoneyIsTheHoldersOrAfterTheEndTheSponsors"),
    (45, "a campaign is closed twice", VOUCHER, "delete _campaigns[id];", "if (@ == 0) delete _campaigns[id];",
     "closeGivesBackWhatIsUnissuedAndOpenOnce"),
]  # fmt: skip


def build() -> None:
    """Write the copy with every fault in it and compile it."""
    shutil.rmtree(TREE, ignore_errors=True)
    for name in ("contracts", "tests/proofs", "tests/invariants/Cheats.sol", "tools/solc", "foundry.toml"):
        (TREE / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, TREE / name)
    (TREE / "node_modules").symlink_to(ROOT / "node_modules")
    (TREE / "tests/proofs/Witness.t.sol").unlink()
    for number, _, file, right, wrong, _ in FAULTS:
        path = TREE / "contracts" / file
        text = path.read_text()
        if text.count(right) != 1:
            raise SystemExit(f"fault {number}: {right!r} stands {text.count(right)} times in {file}")
        path.write_text(text.replace(right, wrong.replace("@", f"uint256(block.number == {number} ? 1 : 0)")))
    for path in TREE.rglob("contracts/**/*.sol"):
        path.write_text(re.sub(r"\bpure\b", "view", path.read_text()))
    for path in TREE.glob("tests/proofs/*.sol"):
        text = re.sub(r"\bpure\b", "view", path.read_text())
        roll = f"VM.roll(uint256(0x{MARK}));"
        text = re.sub(r"(function setUp\(\) external \{)", rf"\1 {roll}", text)
        text = re.sub(r"(contract (?:Words|Share|Order)Proof \{)", rf"\1 function setUp() external {{ {roll} }}", text)
        path.write_text(text)
    cheats = TREE / "tests/invariants/Cheats.sol"
    cheats.write_text(
        cheats.read_text().replace("function warp", "function roll(uint256 number) external;\n    function warp")
    )
    subprocess.run(["forge", "build", "--ast", "--silent"], cwd=TREE, check=True)


def failing(number: int, theorems: str) -> set[str]:
    """Which of the theorems fail under the fault."""
    names = "|".join(theorems.split())
    command = [ROOT / ".venv-halmos/bin/halmos", "--forge-build-out", "build/run", "--no-status", "--early-exit",
               "--function", "check_", "--panic-error-codes", "0x01,0x11,0x12,0x21,0x32",
               "--solver-timeout-assertion", "60000", "--match-test", names]  # fmt: skip
    shutil.rmtree(TREE / "build/run", ignore_errors=True)
    shutil.copytree(TREE / "build/proofs", TREE / "build/run")
    for artifact in (TREE / "build/run").rglob("*Proof.json"):
        artifact.write_text(artifact.read_text().replace(MARK, f"{number:012x}"))
    done = subprocess.run(command, cwd=TREE, check=False, capture_output=True, text=True)
    return set(re.findall(r"\[FAIL\]\S* check_(\w+)", done.stdout))


def main() -> None:
    """Try the faults and say which theorems fail; exit with 1 if one named beside a fault holds."""
    os.environ["FOUNDRY_PROFILE"] = "proofs"
    numbers = {int(argument) for argument in sys.argv[1:]}
    if not numbers:
        build()
    holding = 0
    for number, what, _, _, _, theorems in FAULTS:
        if numbers and number not in numbers:
            continue
        failed = failing(number, theorems)
        held = set(theorems.split()) - failed
        holding += len(held)
        sys.stdout.write(f"{number:3} {what}: {' '.join(sorted(failed))}{' HOLDS: ' * bool(held)}{' '.join(held)}\n")
        sys.stdout.flush()
    sys.exit(1 if holding else 0)


if __name__ == "__main__":
    main()
