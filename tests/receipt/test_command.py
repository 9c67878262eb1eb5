"""`pswallet receipt` on a merchant's own machine: one line, three exit codes, two languages, no gateway."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pswallet.chain import signing
from pswallet.cli import app
from pswallet.receipt import Added, errors, shortened, slip_of, slips, verify, write
from tests.parts import Chain
from tests.receipt import street
from tests.receipt.conftest import Fair
from tests.receipt.street import FAR, MEI, SHOP, order_of


class Counter:
    """A till's terminal: the published addresses in a file, and nothing of ours running."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder, self.language = folder, language
        self.deployment = folder / "deployment.json"

    def run(self, *words: str | Path) -> tuple[int, str]:
        """Run a command; return its exit code and what it said."""
        return self.run_alone(*words, "--deployment", self.deployment)

    def run_alone(self, *words: str | Path) -> tuple[int, str]:
        """Run a command that needs no contract's address."""
        environment = {"LANG": self.language, "LC_ALL": "", "LANGUAGE": "", "LC_MESSAGES": ""}
        result = CliRunner().invoke(app, ["receipt", *map(str, words)], env=environment)
        return result.exit_code, result.output.strip()

    def keep(self, name: str, data: bytes) -> Path:
        """Put a file on the counter."""
        (self.folder / name).write_bytes(data)
        return self.folder / name


@pytest.fixture
def counter(tmp_path: Path, deployed) -> Counter:
    counter = Counter(tmp_path, "en_GB.UTF-8")
    deployed.save(counter.deployment)
    return counter


def test_a_hash_from_elsewhere_verifies_in_one_line(counter: Counter, fair: Fair):
    file = counter.keep("receipt.json", write(fair["alone"]))
    code, said = counter.run("verify", file, "--block-hash", fair.block.header["hash"])
    assert code == 0
    assert said.startswith(f"✓ {MEI.address} paid ¥28.80 to {SHOP.address} for order A-1 at till T01 on 20")
    assert said.endswith(f"{fair.block.header['hash']}; signed by the payer's key)")
    assert "\n" not in said
    counter.language = "zh_CN.UTF-8"
    code, said = counter.run("verify", file, "--block-hash", fair.block.header["hash"])
    assert code == 0
    assert f"向 {SHOP.address} 支付 ¥28.80，订单 A-1，收银台 T01" in said


def test_a_false_receipt_ends_with_1_and_its_reason(counter: Counter, fair: Fair):
    file = counter.keep("receipt.json", write(fair["cancelled"]))
    code, said = counter.run("verify", file, "--block-hash", fair.block.header["hash"])
    assert (code, said.split(" (")[0]) == (1, f"✗ not valid: receipt-cancelled: {errors.ReceiptCancelled.title}")
    counter.language = "zh_HK.UTF-8"
    code, said = counter.run("verify", file, "--block-hash", fair.block.header["hash"])
    assert (code, said.split(" (")[0]) == (1, "✗ 無效：receipt-cancelled：付款人取消了這個訂單的付款")
    assert (
        counter.run("verify", counter.keep("cut.json", file.read_bytes()[:-1]), "--block-hash", "0x" + "00" * 32)[0]
        == 1
    )


def test_what_cannot_be_checked_ends_with_2(counter: Counter, fair: Fair):
    file, known = counter.keep("receipt.json", write(fair["alone"])), fair.block.header["hash"]
    for words in (
        (file,),
        (file, "--rpc", "http://127.0.0.1:9"),
        (file, "--rpc", "http://127.0.0.1:9", "--block-hash", known),
        (file, "--block-hash", "0x12"),
        (file, "--block-hash", "soon"),
        (file, "--headers", counter.folder / "none"),
        (counter.folder / "none", "--block-hash", known),
    ):
        code, said = counter.run("verify", *words)
        assert (code, said[:18]) == (2, "? could not check:"), words
    counter.deployment.write_text("{}")
    assert counter.run("verify", file, "--block-hash", known)[0] == 2
    counter.deployment.unlink()
    assert counter.run("verify", file, "--block-hash", known)[0] == 2


def test_headers_lead_to_a_hash_that_is_trusted(counter: Counter, fair: Fair):
    file = counter.keep("receipt.json", write(fair["alone"]))
    headers = counter.keep("headers.json", json.dumps([fair.block.header]).encode())
    assert counter.run("verify", file, "--headers", headers)[0] == 0
    assert counter.run("verify", file, "--headers", headers, "--block-hash", fair.block.header["hash"])[0] == 0
    assert counter.run("verify", file, "--headers", headers, "--block-hash", "0x" + "00" * 32)[0] == 2


def test_a_slip_is_printed_without_a_node_and_a_changed_one_is_not(counter: Counter, fair: Fair):
    receipt = fair["alone"]
    payment, short = verify(receipt, fair.token, fair.block.hash), shortened(receipt, "0x" + "12" * 32)
    data = slips.to_json(slip_of(receipt, payment, short, Added("大万擂茶铺")))
    out = counter.folder / "slip.pdf"
    code, said = counter.run_alone("pdf", counter.keep("slip.json", data), "-o", out)
    assert (code, said) == (0, hashlib.sha256(data).hexdigest())
    assert out.read_bytes().startswith(b"%PDF-1.7")
    changed = counter.keep("changed.json", data.replace("¥28.80".encode(), "¥88.80".encode()))
    code, said = counter.run_alone("pdf", changed, "-o", counter.folder / "changed.pdf")
    assert (code, said.split(" (")[0]) == (1, f"✗ not valid: receipt-malformed: {errors.ReceiptMalformed.title}")
    strange = counter.keep("strange.json", data.replace("铺".encode(), "🍵".encode()))
    code, said = counter.run_alone("pdf", strange, "-o", counter.folder / "changed.pdf")
    assert (code, "🍵" in said) == (2, True)
    assert not (counter.folder / "changed.pdf").exists()
    assert counter.run_alone("pdf", counter.folder / "none", "-o", out)[0] == 2


def test_from_a_paid_order_to_a_confirmed_receipt_with_a_node_alone(counter: Counter, chain: Chain):
    token = signing.token_domain(chain.deployment)
    street.settle_in(chain, MEI)
    paid = street.pay(token, MEI, order_of("C-1"))
    order = counter.keep("order.json", json.dumps(paid.order.to_json()).encode())
    node, out, picture = ("--rpc", chain.rpc.url), counter.folder / "receipt.json", counter.folder / "code.svg"
    said = ("--payer", MEI.address, "--signature", "0x" + paid.signature.hex(), "--valid-before", str(FAR))
    transaction = street.pay_alone(chain, paid)
    code, text = counter.run("make", order, *said, "--transaction", transaction, "--out", out, "--qr", picture, *node)
    assert (code, text[:10]) == (0, "PSWALLET1:")
    assert picture.read_bytes().startswith(b"<?xml")
    assert counter.run("verify", out, *node)[0] == 0
    code, line = counter.run("confirm", text, *node)
    assert code == 0
    assert line.startswith(f"✓ {MEI.address} paid ¥28.80")
    assert line.endswith("on the word of the node that was asked)")
    assert counter.run("confirm", text[:-8] + "AAAAAAAA", *node)[0] == 1
    assert counter.run("confirm", text, "--rpc", "http://127.0.0.1:9")[0] == 2
    slip = counter.folder / "slip.json"
    code, digest = counter.run("slip", out, "--out", slip, "--merchant", "大万擂茶铺", *node)
    assert (code, digest) == (0, hashlib.sha256(slip.read_bytes()).hexdigest())
    assert json.loads(slip.read_bytes())["check"] == text
    assert counter.run_alone("pdf", slip, "-o", counter.folder / "slip.pdf") == (0, digest)
    unknown = ("--transaction", "0x" + "12" * 32, "--out", out)
    assert counter.run("make", order, *said, *unknown, *node)[0] == 2
    assert counter.run("make", counter.keep("order.json", b"{}"), *said, *unknown, *node)[0] == 2
