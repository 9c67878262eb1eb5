"""Credit codes, where webhooks may go, and when they are tried again."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from pswallet.merchants.rules import Role, may_act
from pswallet.merchants.rules.credit_code import Flaw, read_credit_code
from pswallet.merchants.rules.deliveries import GIVEN_UP_AFTER, RETRIES_S, gives_up, wait_before
from pswallet.merchants.rules.mcc import CATEGORIES
from pswallet.merchants.rules.targets import LONGEST_URL, may_connect, url_flaw

VALID = (
    "91350100M000100Y43",
    "91440310MA5HAKK087",
    "92440310MA5GQR0142",
    "91440300MA5DWAN81B",
    "93440310MA5FARM323",
    "51440310MJL0000165",
)

# --- the unified social credit code -------------------------------------------------


@pytest.mark.parametrize("code", VALID)
def test_a_valid_code_is_read(code: str) -> None:
    assert read_credit_code(code) == code


def test_a_code_is_read_in_its_normal_form() -> None:
    assert read_credit_code(" ９１350100 m000100y43 ") == "91350100M000100Y43"


@pytest.mark.parametrize("code", VALID)
def test_any_other_last_character_is_wrong(code: str) -> None:
    others = [letter for letter in "0123456789ABCDEFGHJKLMNPQRTUWXY" if letter != code[-1]]
    assert {read_credit_code(code[:-1] + letter) for letter in others} == {Flaw.CHECK}


def test_the_organisations_own_check_must_hold() -> None:
    assert read_credit_code("91440310MA5HAKK187") is Flaw.BODY_CHECK


@pytest.mark.parametrize(
    "code",
    ["", "91350100M000100Y4", "91350100M000100Y4Z", "91350100M000100Y433", "9135O100M000100Y43", "91A50100M000100Y43"],
)
def test_what_has_another_form_is_none(code: str) -> None:
    """Z, I, O, S and V are no characters of a code; its region is six digits."""
    assert read_credit_code(code) is Flaw.FORMAT


def test_categories_are_four_digits() -> None:
    assert all(len(code) == 4 and code.isdigit() and what for code, what in CATEGORIES.items())


def test_each_role_may_what_the_lower_ones_may_and_no_more() -> None:
    allowed = [(role, needed) for role in Role for needed in Role if may_act(role, needed)]
    owner, manager, cashier = Role
    assert allowed == [
        (owner, owner),
        (owner, manager),
        (owner, cashier),
        (manager, manager),
        (manager, cashier),
        (cashier, cashier),
    ]


# --- where webhooks may go ------------------------------------------------------------

INSIDE = (
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
    "0.0.0.0", "192.0.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::10.0.0.1",
    "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1", "2002:a00:1::1", "2001:0:a00:1::1",
)  # fmt: skip
LOOPBACK = ("127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1")
PUBLIC = ("1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111")


@pytest.mark.parametrize("address", INSIDE)
def test_no_webhook_goes_into_a_network_that_is_not_public(address: str) -> None:
    assert not may_connect(ip_address(address), loopback=False)
    assert not may_connect(ip_address(address), loopback=True)


@pytest.mark.parametrize("address", LOOPBACK)
def test_the_loopback_is_for_the_sandbox(address: str) -> None:
    assert not may_connect(ip_address(address), loopback=False)
    assert may_connect(ip_address(address), loopback=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert may_connect(ip_address(address), loopback=False)


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("https://shop.example/hook?a=1", None),
        ("https://shop.example:8443/hook", None),
        ("https://1.1.1.1/hook", None),
        ("http://shop.example/hook", "scheme"),
        ("ftp://shop.example/hook", "scheme"),
        ("shop.example/hook", "scheme"),
        ("https:///hook", "host"),
        ("https://shop.example:0/", "host"),
        ("https://shop.example:99999/", "malformed"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://user:pass@shop.example/", "malformed"),
        ("https://shop.example@10.0.0.1/", "malformed"),
        ("https://shop.example/#part", "malformed"),
        ("https://shop.example\\@10.0.0.1/", "malformed"),
        ("https://shop.example/a b", "malformed"),
        ("https://店.example/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://127.0.0.1/", "address"),
        ("https://[::ffff:10.0.0.1]/", "address"),
        ("https://169.254.169.254/latest/meta-data", "address"),
    ],
)
def test_an_endpoint_is_an_https_url_of_a_public_host(url: str, flaw: str | None) -> None:
    assert url_flaw(url, sandbox=False) == flaw


def test_the_sandbox_takes_http_and_the_loopback_and_no_other_network() -> None:
    assert url_flaw("http://127.0.0.1:9000/hook", sandbox=True) is None
    assert url_flaw("http://localhost:9000/hook", sandbox=True) is None
    assert url_flaw("http://10.0.0.1/hook", sandbox=True) == "address"


def test_a_url_has_at_most_1024_characters() -> None:
    longest = "https://shop.example/".ljust(LONGEST_URL, "a")
    assert url_flaw(longest, sandbox=False) is None
    assert url_flaw(longest + "a", sandbox=False) == "malformed"


# --- when they are tried again ----------------------------------------------------------


def test_sixteen_retries_take_twenty_four_hours() -> None:
    assert len(RETRIES_S) == 16
    assert sum(RETRIES_S) == 24 * 3600
    assert list(RETRIES_S) == sorted(RETRIES_S)


@pytest.mark.parametrize("retry", range(1, 17))
def test_a_wait_is_at_most_a_tenth_shorter_or_longer(retry: int) -> None:
    stated = timedelta(seconds=RETRIES_S[retry - 1])
    assert wait_before(retry, chance=0.0) == stated * 0.9
    assert wait_before(retry, chance=0.5) == stated
    assert stated < (wait_before(retry, chance=0.999) or stated) < stated * 1.1


def test_there_is_no_seventeenth_retry() -> None:
    assert wait_before(17, chance=0.5) is None


def test_an_endpoint_is_given_up_after_five_days_and_not_a_moment_before() -> None:
    since = datetime(2026, 11, 20, tzinfo=UTC)
    assert not gives_up(since, now=since + GIVEN_UP_AFTER - timedelta(microseconds=1))
    assert gives_up(since, now=since + GIVEN_UP_AFTER)
