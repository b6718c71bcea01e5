"""Which request a fault befalls, and what is remembered of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from twitter_pipeline.sandbox.calls import CALLS
from twitter_pipeline.sandbox.faults import KINDS, ONLY_AT, Faults
from twitter_pipeline.sandbox.gemini import CALL
from twitter_pipeline.sandbox.panel import offered
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.sandbox.conftest import Running

CREATE = "POST /2/tweets"
ME = "GET /2/users/me"


@pytest.fixture(autouse=True)
def _no_faults_left(x: Running) -> Iterator[None]:
    yield
    x.control("DELETE", "faults")


def _named(*rules: dict[str, Any], requests: int, account: str = "") -> list[str]:
    """The names of the faults that befall so many requests, `-` for none."""
    faults = Faults([ME])
    faults.add(*({"call": ME, "kind": "drop", **rule} for rule in rules))
    met = (faults.next_for(ME, account) for _ in range(requests))
    return [fault.name if fault else "-" for fault in met]


def test_every_third_request_or_only_so_many_times() -> None:
    assert _named({"every": 3}, requests=7) == ["-", "-", "drop", "-", "-", "drop", "-"]
    assert _named({"every": 2, "after": 1, "times": 1}, requests=5) == ["-", "-", "drop", "-", "-"]


def test_a_probability_draws_the_same_from_the_same_seed() -> None:
    first = _named({"probability": 0.3, "seed": 7}, requests=500)
    assert first == _named({"probability": 0.3, "seed": 7}, requests=500)
    assert first != _named({"probability": 0.3, "seed": 8}, requests=500)
    assert 100 < first.count("drop") < 200
    assert _named({"probability": 1}, requests=2) == ["drop", "drop"]
    assert _named({"probability": 0}, requests=2) == ["-", "-"]
    assert _named({"probability": 1, "times": 1}, requests=2) == ["drop", "-"]


def test_what_an_account_meets_does_not_hang_on_the_others() -> None:
    def met(*accounts: str) -> list[bool]:
        faults = Faults([ME])
        faults.add({"call": ME, "kind": "drop", "probability": 0.5, "seed": 7})
        return [bool(faults.next_for(ME, account)) for account in accounts]

    alone, mixed = met(*["a"] * 40), met(*["a", "b"] * 40)
    assert (mixed[::2], mixed[1::2] != alone) == (alone, True)


def test_rules_of_one_seed_do_not_follow_each_other() -> None:
    rules = [{"name": name, "probability": 0.1, "seed": 7} for name in ("a", "b")]
    met = _named(*rules, requests=2000)
    assert min(met.count("a"), met.count("b")) > 100
    after_a = [met[at + 1] for at, name in enumerate(met[:-1]) if name == "a"]
    assert after_a.count("b") < len(after_a) / 3


def test_a_rule_that_always_holds_stays() -> None:
    faults = Faults([ME])
    faults.add({"call": ME, "kind": "drop", "times": "always", "after": 1})
    assert [bool(faults.next_for(ME)) for _ in range(4)] == [False, True, True, True]
    assert faults.waiting()[0]["times"] == "always"


def test_a_rule_that_passes_a_request_leaves_it_to_the_next() -> None:
    rules = {"name": "a", "every": 2}, {"name": "b", "times": 2}
    assert _named(*rules, requests=6) == ["b", "a", "b", "a", "-", "a"]


def test_rules_without_a_choice_stand_in_line() -> None:
    rules = {"name": "a", "after": 1}, {"name": "b"}
    assert _named(*rules, requests=4) == ["-", "a", "b", "-"]


def test_a_rule_can_be_for_one_account(x: Running, maker: Account) -> None:
    other = x.account()
    x.fault(CREATE, "status", account=maker.username, times="always")
    assert [account.tweet("for one").status_code for account in (other, maker, maker)] == [201, 503, 503]
    assert _named({"account": "a"}, requests=1, account="") == ["-"]


def test_a_list_is_taken_whole_or_not_at_all(x: Running, maker: Account) -> None:
    rules = [{"call": CREATE, "kind": "status", "status": 500}, {"call": ME, "kind": "status", "status": 502}]
    assert x.control("POST", "faults", [*rules, {"call": CREATE, "kind": "explode"}]).status_code == 400
    assert x.control("GET", "faults").json() == {"faults": []}
    added = x.control("POST", "faults", rules).json()["faults"]
    assert [fault["status"] for fault in added] == [500, 502]
    assert maker.get("/2/users/me").status_code == 502
    assert maker.tweet("first of a list").status_code == 500


def test_what_happened_is_counted_by_call_name_and_account(own_x: Running) -> None:
    a, b = own_x.account("a"), own_x.account("b")
    own_x.fault(CREATE, "status", times=3)
    own_x.fault(ME, "status", name="a name of one's own")
    for account in (a, a, b, b):
        account.tweet("once more")
    assert not a.get("/2/users/me").ok
    own_x.control("DELETE", "faults")
    assert own_x.control("GET", "faults/happened").json()["happened"] == [
        {"call": ME, "fault": "a name of one's own", "account": "a", "times": 1},
        {"call": CREATE, "fault": "status", "account": "a", "times": 2},
        {"call": CREATE, "fault": "status", "account": "b", "times": 1},
    ]
    own_x.control("DELETE", "state")
    assert own_x.control("GET", "faults/happened").json() == {"happened": []}


def test_the_judge_counts_deleted_posts_too_and_knows_what_befell_them(own_x: Running) -> None:
    maker = own_x.account()
    own_x.fault(CREATE, "delay", name="slow")
    gone, kept = data(maker.tweet("goes"))["id"], data(maker.tweet("stays"))["id"]
    maker.delete(f"/2/tweets/{gone}")
    assert [post["id"] for post in own_x.control("GET", "posts").json()["posts"]] == [kept]
    newest, oldest = own_x.control("GET", "posts?deleted=yes").json()["posts"]
    assert (newest["id"], newest["fault"], newest["deleted_at"]) == (kept, None, None)
    assert (oldest["id"], oldest["fault"], oldest["text"]) == (gone, "slow", "goes")
    assert oldest["deleted_at"] >= oldest["created_at"]
    assert own_x.control("GET", "posts?deleted=true").status_code == 400


def test_the_page_offers_every_kind_and_only_rules_that_are_taken() -> None:
    faults = Faults([*(call.name for call in CALLS), CALL])
    page = offered(faults.calls)
    for choice in page["choices"]:
        for call in json.loads(choice["calls"]) or faults.calls:
            for often in page["how_often"]:
                faults.add({"call": call, **json.loads(choice["rule"]), **json.loads(often["rule"])})
    assert {fault["kind"] for fault in faults.waiting()} == set(KINDS)


def test_kinds_are_bound_to_calls_that_exist() -> None:
    assert {name for names in ONLY_AT.values() for name in names} <= {CALL, *(call.name for call in CALLS)}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"call": CREATE, "kind": "drop", "times": "ever"}, "$.times"),
        ({"call": CREATE, "kind": "drop", "every": 0}, "$.every"),
        ({"call": CREATE, "kind": "drop", "probability": 1.5}, "$.probability"),
        ({"call": CREATE, "kind": "drop", "every": 2, "probability": 0.5}, "$.every"),
        ({"call": CREATE, "kind": "lag", "seconds": 2}, "$.kind"),
        ({"call": "GET /2/users/{id}/tweets", "kind": "lag"}, "$.seconds"),
        ({"call": "GET /2/users/{id}/tweets", "kind": "duplicate"}, "$.kind"),
        ({"call": ME, "kind": "stuck"}, "$.kind"),
        ({"call": CREATE, "kind": "drop", "name": ""}, "$.name"),
        ("drop", "$."),
    ],
)
def test_a_rule_without_sense_is_refused(x: Running, body: Any, field: str) -> None:
    answer = x.control("POST", "faults", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(field)
    assert x.control("GET", "faults").json() == {"faults": []}
