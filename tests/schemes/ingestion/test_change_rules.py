"""The list of fields that our sheets take by themselves: short, reviewed, and never what decides."""

import pytest
import yaml

from backend.schemes.ingestion.changes.fields import Change, Step
from backend.schemes.ingestion.changes.rules import (
    DECIDING,
    PATH,
    RulesError,
    read_rules,
    rules_in_force,
    same_site,
    same_writing,
)
from tests.conftest import ROOT

NBSP = "\N{NO-BREAK SPACE}"


def change(field, was, now):
    parts = {"label": "", "before": (), "after": (), "ours": (), "is_taken": False, "ours_as_before": True}
    return Change(steps=(Step(field, was, now),), **parts)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("https://porteur.example/a", "https://porteur.example/b?x=1", True),
        ("http://porteur.example/a", "https://porteur.example/a", True),
        ("https://porteur.example/a", "http://porteur.example/a", False),
        ("https://porteur.example/a", "https://PORTEUR.example/b", True),
        ("https://porteur.example/a", "https://www.porteur.example/a", False),
        ("https://porteur.example/a", "https://porteur.example.autre.example/a", False),
        ("https://porteur.example/a", "https://porteur.example@autre.example/a", False),
        ("https://porteur.example/a", "https://autre@porteur.example/a", False),
        ("https://porteur.example/a", "https://porteur.example:8443/a", False),
        ("https://porteur.example/a", "ftp://porteur.example/a", False),
        ("", "", False),
    ],
)
def test_a_page_may_move_within_its_host(was, now, expected):
    assert same_site(was, now) is expected


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("L'aide  « Pass »", f"L’aide “{NBSP}pass{NBSP}”{NBSP}", True),
        ("PRÊT – 2026", "Prêt - 2026", True),
        ("10 000 €", f"10{NBSP}000{NBSP}€", True),
        ("10 000 €", "10000 €", False),
        ("1,5 M€", "15 M€", False),
        ("moins de 50", "moins de 250", False),
        ("agréé", "agrée", False),
        ("Ouvert.", "Ouvert", False),
    ],
)
def test_typing_is_mended_and_nothing_else(was, now, expected):
    assert same_writing(was, now) is expected


def test_the_reviewed_list_names_nothing_that_decides_and_says_why():
    rules = rules_in_force()
    assert rules.fields
    assert all(why and field.partition(".")[0] not in DECIDING for field, (_only, why) in rules.fields.items())
    assert yaml.safe_load((ROOT / PATH).read_text())["fields"].keys() == rules.fields.keys()


def test_a_field_of_the_list_changes_only_as_the_list_says():
    rules = rules_in_force()
    assert rules.allow(change("url", "https://a.example/1", "https://a.example/2"))
    assert not rules.allow(change("url", "https://a.example/1", None))
    assert not rules.allow(change("url", None, "https://a.example/2"))
    assert not rules.allow(change("url", "https://a.example/1", "https://b.example/1"))
    assert not rules.allow(change("amount", {"text": "a"}, {"text": "A"}))
    assert not rules.allow(change("presence", True, None))


@pytest.mark.parametrize("field", sorted([*DECIDING, "criterion:abc", "window.closes_on"]))
def test_what_decides_can_never_be_on_the_list(tmp_path, field):
    with pytest.raises(RulesError, match="une personne doit toujours"):
        read_rules(write(tmp_path, {field: {"only": "same_writing", "why": "Parce que."}}))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"titre": {"only": "same_writing", "why": "x"}}, "n’est pas un champ"),
        ({"name": {"only": "anything", "why": "x"}}, "attendu : same_site, same_writing"),
        ({"name": {"only": "same_writing", "why": " "}}, "dites pourquoi"),
        ({"name": {"only": "same_writing"}}, "dites pourquoi"),
    ],
)
def test_a_list_that_cannot_be_used_says_what_is_wrong(tmp_path, fields, told):
    with pytest.raises(RulesError, match=told):
        read_rules(write(tmp_path, fields))


def write(folder, fields):
    path = folder / "safe-fields.yaml"
    path.write_text(yaml.safe_dump({"version": "essai", "fields": fields}, allow_unicode=True), encoding="utf-8")
    return path
