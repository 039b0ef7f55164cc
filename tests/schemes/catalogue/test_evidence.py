"""Where conditions and amounts were read: what may be written, what is shown, and what is counted."""

from datetime import date

import pytest
from django.core.management import call_command

from backend.schemes.catalogue.evidence import MAX_EXCERPT, evidence_of, is_strong, is_vouched_for
from backend.schemes.catalogue.evidence_counts import evidence_counts, leaves_of
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishing import publish
from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.catalogue.revising import RecordError, check_record, write_revision
from backend.schemes.models import Scheme, Source
from tests.factories import DAY
from tests.schemes.people import get_scheme, make_approver, make_proposal, make_record, publish_change
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
QUOTED = "Entreprises de moins de 250 salariés."


def source(**changes):
    return {"title": "Page inventée", "url": "https://exemple.example/robot", "dated": "2026-11", **changes}


def sourced(criterion=None, amount=None, **changes):
    row = {"kind": "headcount", "below": 250, "source": 1, **(criterion or {})}
    return make_record(criteria=[row], sources=[source(**changes)], amount=amount)


# -- what may be written


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            sourced({"excerpt": "a" * (MAX_EXCERPT + 1)}, licence="open"),
            "critère 1 : la phrase citée a 301 caractères",
        ),
        (sourced({"excerpt": QUOTED}), "critère 1 : la source 1 ne peut pas être citée"),
        (sourced({"excerpt": QUOTED}, tier="operator"), "critère 1 : la source 1 ne peut pas être citée"),
        (sourced({"excerpt": QUOTED, "source": None}, licence="open"), "une phrase sans source"),
        (sourced({"place": "Article 2", "source": None}), "un endroit ou une phrase sans source"),
        (sourced({"source": 2}), "critère 1 : il n’y a pas de source 2"),
        (sourced(amount={"text": "500 €", "source": 3}), "montant : il n’y a pas de source 3"),
        (sourced(amount={"text": "500 €", "source": 1, "excerpt": "500 euros"}), "montant : la source 1 ne peut pas"),
        (sourced(url="http://exemple.example/robot"), "source 1 : l’adresse « http://exemple.example/robot »"),
        (sourced(title="programs.json, fiche robot"), "source 1 : « programs.json, fiche robot » nomme un fichier"),
        (sourced(title="Fiche robot (index stocké)"), "nomme un fichier"),
        (sourced({"place": "robot.yaml, ligne 2"}), "critère 1 : l’endroit ou la phrase nomme un fichier"),
        (sourced(licence="mine"), "licence"),
        (sourced(tier="friend"), "tier"),
        (sourced(rank="high"), "source 1 : champs inconnus : rank"),
        (sourced({"page": 2}), "page"),
        (sourced(amount={"text": "500 €", "page": 2}), "amount : champs inconnus : page"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_evidence_that_nobody_could_check_is_refused(record, said):
    with pytest.raises(RecordError, match=said.replace("(", r"\(").replace(")", r"\)")):
        check_record(record)


@pytest.mark.parametrize("licence", ["open", "legal"])
def test_what_may_be_quoted_is_kept_and_read_back_as_it_was(licence):
    amount = {"text": "500 €", "source": 1, "place": "Montant", "excerpt": "500 euros au plus"}
    record = sourced({"excerpt": "a" * MAX_EXCERPT, "place": "Article 2"}, amount, tier="official", licence=licence)
    scheme = Scheme.objects.create(source_key=record["key"])
    back = read_record(write_revision(record, scheme=scheme))
    assert back == normalise(record)
    assert (back["criteria"][0]["place"], back["sources"][0]["licence"]) == ("Article 2", licence)
    assert back["amount"]["excerpt"] == "500 euros au plus"


def test_a_record_written_before_evidence_is_still_well_formed():
    record = make_record(sources=[{"title": "Vu", "url": "https://exemple.example/", "dated": None}])
    check_record(record)
    assert normalise(record)["sources"][0]["tier"] is None


# -- who vouches for a condition


@pytest.mark.parametrize(
    ("tier", "dated", "strong"),
    [
        ("official", "", True),
        ("operator", "", True),
        ("other", "2026-11-24", False),
        ("", "2026-11-24", False),
        ("state", "2025-11-24", True),
        ("state", "2025-11-23", False),
        ("state", "2026", True),
        ("state", "2025", False),  # it may have been January
        ("state", "2025-12", True),
        ("state", "", False),
    ],
)
def test_a_catalogue_of_the_state_vouches_for_a_year(tier, dated, strong):
    assert is_strong(tier=tier, dated=dated, on=date(2026, 11, 24)) is strong


def test_one_condition_of_a_third_party_is_enough_for_a_sheet_not_to_be_verified():
    strong, weak = source(tier="operator"), source(tier="other")
    rows = [{"kind": "headcount", "below": 250, "source": 1}, {"kind": "public_body", "source": 2}]
    with pytest.raises(PublishingError, match="« vérifiée » a, pour chaque condition"):
        make_proposal(sources=[strong, weak], criteria=rows)
    rows[1]["source"] = 1
    revision = publish(proposal=make_proposal(sources=[strong, weak], criteria=rows), approver=make_approver())
    assert is_vouched_for(revision.criteria.all(), revision.sources.all(), on=DAY)


def test_a_sheet_of_third_parties_alone_is_published_as_partly_verified_and_says_whom_to_ask(client):
    changes = {"sources": [source(tier="other")], "criteria": [], "confidence": "verified", "amount": None}
    with pytest.raises(PublishingError):
        make_proposal(**changes)
    scheme = publish_change(get_scheme("vie"), **{**changes, "confidence": "partly_verified"})
    assert scheme.state == Scheme.State.PUBLISHED
    assert "à vérifier auprès de : Business France." in text_of(client.get("/dispositifs/vie/"))


def test_a_verified_sheet_of_before_may_still_be_closed():
    scheme = get_scheme("vie")
    before = read_record(scheme.current)
    weak = {**before, "confidence": "verified", "sources": [source()], "relations": []}
    weak["criteria"] = [{**row, "source": 1, "excerpt": None} for row in before["criteria"]]
    weak["amount"] = before["amount"] and {**before["amount"], "source": None, "place": None, "excerpt": None}
    scheme.current = write_revision(weak, scheme=scheme)
    scheme.save()
    window = {**before["window"], "state": "closed", "closes_on": None, "opens_on": None}
    closed = publish_change(scheme, **{**weak, "window": window})
    assert closed.current.window_state == "closed"


# -- what people read


def test_a_condition_says_who_says_it_of_which_day_and_what(client):
    rows = [
        {"kind": "headcount", "below": 250, "source": 1, "place": "Qui peut en bénéficier", "excerpt": QUOTED},
        {"kind": "public_body", "expected": False, "source": 2},
        {"kind": "taxes_up_to_date", "source": None},
    ]
    sources = [source(tier="state", licence="open"), source(dated=None, tier="operator", title="Page du porteur")]
    amount = {"text": "500 €", "source": 2, "place": "Combien"}
    publish_change(get_scheme("vie"), sources=sources, criteria=rows, amount=amount, confidence="partly_verified")
    html = client.get("/dispositifs/vie/").content.decode()
    text = text_of(client.get("/dispositifs/vie/"))
    assert html.count('<details class="evidence">') == 3
    assert f": catalogue de l’État, novembre 2026 {QUOTED} Page inventée , Qui peut en bénéficier" in text
    assert ": l’organisme qui propose l’aide, page sans date Page du porteur , Combien" in text
    assert "Source non indiquée" in text
    assert 'href="https://exemple.example/robot"' in html


def test_a_source_that_says_nothing_is_told_as_such():
    said = evidence_of(Source(title="Vu", url="", dated="", tier="", licence=""))
    assert said.label == "page sans date"


def test_a_third_party_is_called_one():
    said = evidence_of(Source(title="Un guide", tier="other", dated="2025"))
    assert said
    assert said.label == "un autre organisme, 2025"
    assert evidence_of(None) is None


# -- what is counted


def test_each_condition_inside_a_group_counts_by_itself():
    group = {"kind": "any", "of": [{"kind": "a"}, {"kind": "not", "of": {"kind": "all", "of": [{"kind": "b"}] * 2}}]}
    assert [leaf["kind"] for leaf in leaves_of(group)] == ["a", "b", "b"]
    assert [leaf["kind"] for leaf in leaves_of({"kind": "c"})] == ["c"]


def test_the_counts_follow_the_published_sheets(capsys):
    Scheme.objects.exclude(source_key="vie").update(state=Scheme.State.ARCHIVED)
    either = {"kind": "any", "of": [{"kind": "public_body"}, {"kind": "headcount", "below": 250}]}
    rows = [
        {**either, "source": 1, "excerpt": QUOTED},
        {"kind": "taxes_up_to_date", "source": 1},
        {"kind": "in_difficulty", "expected": False, "source": 2},
        {"kind": "craft_register", "source": None},
    ]
    sources = [source(tier="state", licence="open"), source(tier="other", url=None)]
    publish_change(
        get_scheme("vie"),
        sources=sources,
        criteria=rows,
        amount={"text": "500 €", "source": 1},
        confidence="partly_verified",
    )
    counts = evidence_counts(on=DAY)
    assert (counts.n_conditions, counts.n_linked, counts.n_strong, counts.n_unsourced) == (5, 3, 3, 1)
    assert counts.by_tier == (("catalogue de l’État", 3), ("autre", 1))
    assert (counts.n_quotable, counts.n_quoted, counts.quoted_pct) == (3, 2, 67)
    assert (counts.n_amounts, counts.n_amounts_linked) == (1, 1)
    assert (counts.n_verified, counts.n_unproved, counts.n_internal) == (0, 0, 0)
    scheme = get_scheme("vie")
    scheme.current = write_revision({**read_record(scheme.current), "confidence": "verified"}, scheme=scheme)
    scheme.save()
    assert evidence_counts(on=DAY).n_unproved == 1
    call_command("check_catalogue")
    assert "Conditions : 5, dont 3 avec l’adresse d’une page (60 %)" in capsys.readouterr().out
