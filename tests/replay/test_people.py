"""The invented people and shops: well-formed, different from one another, the same for a seed."""

from datetime import date

from pswallet.accounts.rules import normal_phone
from pswallet.kyc.rules.documents import Flaw, IdKind, read_document
from pswallet.merchants.rules.credit_code import read_credit_code
from pswallet.merchants.rules.mcc import CATEGORIES
from pswallet.replay.facts import LUOHU
from pswallet.replay.people import business_of, category_of, id_number_of, key_of, phone_of

TODAY = date(2026, 11, 22)


def test_every_phone_is_one_and_nobody_elses():
    phones = [phone_of("person", number) for number in range(0, LUOHU.people, 997)]
    phones += [phone_of("shop", 0), phone_of("shop", LUOHU.shops - 1), phone_of("office", 1)]
    assert [normal_phone(phone) for phone in phones] == phones
    assert len(set(phones)) == len(phones)


def test_every_shop_has_papers_and_a_credit_code_of_its_own():
    shops = range(LUOHU.shops)
    papers = [read_document(IdKind.RESIDENT_ID, id_number_of(shop), today=TODAY) for shop in shops]
    assert not [paper for paper in papers if isinstance(paper, Flaw)]
    codes = [business_of(shop).credit_code for shop in shops]
    assert [read_credit_code(code) for code in codes] == codes
    assert len(set(codes)) == len({id_number_of(shop) for shop in shops}) == LUOHU.shops
    assert {category_of(shop) for shop in shops} <= set(CATEGORIES)


def test_a_seed_gives_each_role_and_number_a_key_of_its_own_and_always_the_same():
    keys = [key_of(seed, role, number).address for seed in (1, 2) for role in ("person", "shop") for number in (0, 1)]
    assert len(set(keys)) == 8
    assert key_of(1, "person", 0).secret == key_of(1, "person", 0).secret
