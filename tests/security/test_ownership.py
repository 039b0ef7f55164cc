"""A SIREN is public: nothing of a firm's file reaches whoever types its number, nor the other way round."""

from functools import partial
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from backend.companies.models import Fact
from backend.matchmaking.decisions import told_decisions
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import (
    declined_questions,
    facts_beside,
    known_facts,
    official_facts,
    read_once,
    read_together,
)
from backend.matchmaking.results import facts_of, latest_result
from backend.matchmaking.services import confirm_address, correct_submission
from backend.matchmaking.state_aid import ledger_of
from backend.notifications.models import Notification
from tests.factories import ARC, CCLO, DAY, link_to, make_officer
from tests.security.firms import (
    OTHER_SIREN,
    OTHER_SIRET,
    SIREN,
    SIRET,
    Firm,
    reads,
    shown_of,
    stranger,
    victim,
)

pytestmark = pytest.mark.django_db
FIGURES = {"headcount": 417.0, "turnover": [61_000_000, 62_000_000], "balance_sheet": [51_000_000, 52_000_000]}
UNKNOWN = {"siret": "", "siren": ""}


@pytest.fixture
def firm() -> Firm:
    firm = victim()
    firm.files(facts=FIGURES)
    return firm


def takes_the_number(client, other: Firm, way: str, **changes) -> Submission:
    """File with the number of the firm, or with another one that is corrected on the firm's page."""
    if way == "filing":
        return other.files(**changes)
    file = other.files(siret=OTHER_SIRET, siren=OTHER_SIREN, **changes)
    correct(client, file, SIRET)
    file.refresh_from_db()
    assert file.sheet.company.siren == SIREN
    return file


def correct(client, file: Submission, number: str) -> None:
    """Change the number of a file on the page where firms correct what they filed."""
    page = client.get(reverse("correct", args=[link_to(file)]))
    forms = page.context["forms"]
    sent = {f.html_name: f.value() for form in forms.values() for f in form if f.value() not in (None, False)}
    answer = client.post(reverse("correct", args=[link_to(file)]), {**sent, "firm-number": number})
    assert answer.status_code == 302, answer.context["forms"]["firm"].errors


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("way", "confirmed", "shares"),
    [
        ("filing", False, ()),
        ("correcting", True, tuple(FIGURES)),
        *product(("filing",), (False, True), ((), tuple(FIGURES))),
        *product(("correcting",), (False, True), ((), tuple(FIGURES))),
    ],
)
def test_a_stranger_with_the_number_of_a_firm_reads_nothing_of_it(client, firm, way, confirmed, shares):
    hidden = firm.is_reviewed()
    other = stranger()
    file = takes_the_number(client, other, way, confirmed=confirmed, without=shares)
    assert shown_of(firm, reads(client, file)) == []
    assert read_together(file) == ()
    assert not any(name.startswith("scheme:") for name in facts_of(file))
    assert not FIGURES.items() & facts_of(file).items()
    assert ledger_of(file, on=DAY).lines == ()
    assert told_decisions(file) == {}
    offered = {match.scheme_id for match in latest_result(file, on=DAY).matches.possible()}
    assert offered & set(hidden)


@pytest.mark.parametrize("way", ["filing", "correcting"])
def test_what_an_officer_says_of_a_stranger_is_never_shown_to_the_firm(client, firm, way):
    before = [match.scheme_id for match in latest_result(firm.file, on=DAY).matches.all()]
    other = stranger()
    takes_the_number(client, other, way, facts={"headcount": 3.0})
    other.is_reviewed()
    assert shown_of(other, reads(client, firm.file)) == []
    assert told_decisions(firm.file) == {}
    assert facts_of(firm.file).items() >= FIGURES.items()
    assert [match.scheme_id for match in latest_result(firm.file, on=DAY).matches.all()] == before
    firm.is_reviewed()
    for email in Notification.objects.all():
        of_whom = other if email.recipient == firm.email else firm
        assert shown_of(of_whom, f"{email.subject} {email.text} {email.html} {email.reply_to}") == []
    assert shown_of(other, reads(client, firm.file)) == []
    assert shown_of(firm, reads(client, other.file)) == []


def test_an_answer_to_anyone_says_nothing_of_a_firm(client, firm):
    firm.is_reviewed()
    body = {"id": "a", "siret": SIRET, "siren": SIREN, "commune": "60159", "needs": ["competences.recruter"]}
    answers = [
        client.post("/api/v1/match", sent, content_type="application/json")
        for sent in (body, {name: body[name] for name in ("commune", "needs")})
    ]
    assert [answer.status_code for answer in answers][1] == 200
    assert not any(shown_of(firm, answer.content.decode()) for answer in answers)


def test_a_number_that_is_given_up_leaves_nothing_of_the_firm(client, firm):
    """The same address filed twice: the second file reads the first one until it names another firm."""
    firm.is_reviewed()
    again = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle")
    file = again.files(without=("headcount", "turnover", "balance_sheet"))
    assert facts_of(file).items() >= FIGURES.items()
    old = latest_result(file, on=DAY)
    correct(client, file, OTHER_SIRET)
    file = Submission.objects.get(pk=file.pk)
    new = file.results.first()
    assert new != old
    assert (new.read_files, not FIGURES.keys() & new.facts.keys()) == ([], True)
    assert firm.file.results.first().read_files == []
    assert list(file.results.reading_only([])) == [result for result in file.results.all() if result.read_files == []]
    assert old not in file.results.reading_only([])
    of_officers = list(firm.words.values())
    assert not [
        word for word in of_officers if word in client.get(reverse("result", args=[link_to(file)])).content.decode()
    ]


# -- an accountant, or a shared mailbox


@pytest.mark.cases(1)
@pytest.mark.parametrize("number", [{"siret": OTHER_SIRET, "siren": OTHER_SIREN}, UNKNOWN])
def test_one_address_for_two_firms_joins_nothing(client, firm, number):
    firm.is_reviewed()
    other = stranger()
    other.email = firm.email
    file = other.files(without=tuple(FIGURES), **number)
    assert read_together(file) == read_together(firm.file) == ()
    assert not FIGURES.keys() & facts_of(file).keys()
    for one, another in ((firm, other), (other, firm)):
        pages = [
            client.get(reverse(name, args=[link_to(one.file)])).content.decode() for name in ("result", "correct")
        ]
        own = {one.email, one.contact, one.phone}
        assert not [word for page in pages for word in shown_of(another, page) if word not in own]


def test_one_address_without_any_number_joins_nothing(firm):
    first, second = victim(), victim()
    first.files(**UNKNOWN)
    second.files(**UNKNOWN)
    assert read_together(first.file) == read_together(second.file) == read_together(firm.file) == ()


# -- the firm itself


@pytest.fixture
def again(firm) -> Firm:
    """The same firm, at the same address written otherwise, with another project."""
    same = Firm(firm.name, firm.contact, firm.email.upper(), firm.phone, "triangle")
    same.files(without=("headcount", "turnover", "balance_sheet"), facts={"project.spend": 1_000.0}, confirmed=False)
    return same


def test_a_firm_is_read_together_once_both_addresses_are_confirmed(firm, again):
    assert read_together(again.file) == read_together(firm.file) == ()
    assert "headcount" not in facts_of(again.file)
    file = confirm_address(submission=again.file)
    assert [other.pk for other in read_together(file)] == [firm.file.pk]
    assert [other.pk for other in read_together(firm.file)] == [file.pk]
    assert facts_of(file).items() >= FIGURES.items()
    assert latest_result(file, on=DAY).read_files == [firm.file.pk]


def test_the_newest_fact_of_a_firm_wins_and_says_where_it_comes_from(client, firm, again):
    file = confirm_address(submission=again.file)
    correct_submission(submission=file, facts={"headcount": 512.0}, on=DAY)
    assert facts_of(firm.file)["headcount"] == 512.0
    assert latest_result(firm.file, on=DAY).facts["headcount"] == 512.0
    pages = reads(client, firm.file)
    assert f"repris de votre demande {file.reference}" in pages
    correct_submission(submission=firm.file, facts={"headcount": 417.0}, on=DAY)
    assert facts_of(file)["headcount"] == 417.0


def test_schemes_held_and_aids_are_of_the_firm_but_words_are_of_the_file(client, firm, again):
    had, refused = firm.is_reviewed()
    file = confirm_address(submission=again.file)
    assert sum(name.startswith("scheme:") for name in facts_of(file)) == 1
    assert [line.aid.title for line in ledger_of(file, on=DAY).lines] == [firm.words["aid"]]
    text = reads(client, file)
    in_words = {name: word for name, word in firm.words.items() if name != "aid"}
    page = client.get(reverse("result", args=[link_to(file)])).content.decode()
    assert not [word for word in in_words.values() if word in page]
    assert firm.word not in client.get(reverse("correct", args=[link_to(file)])).content.decode()
    assert "Déjà vu pour votre entreprise." in page
    assert {had, refused} <= told_decisions(file).keys()
    assert facts_of(file)["project.spend"] == 1_000.0
    assert firm.words["aid"] in text


@pytest.mark.slow
def test_the_same_aid_told_in_two_files_counts_once(firm, again):
    firm.is_reviewed()
    file = confirm_address(submission=again.file)
    again.is_reviewed()
    titles = [line.aid.title for line in ledger_of(file, on=DAY).lines]
    assert titles == [firm.words["aid"], again.words["aid"]]
    for aid in file.sheet.aids.all():
        file.sheet.aids.filter(pk=aid.pk).update(title=firm.words["aid"])
    lines = ledger_of(firm.file, on=DAY).lines
    assert [(line.aid.title, line.source) for line in lines] == [(firm.words["aid"], "")]


@pytest.mark.parametrize(("siret", "expected"), [(SIRET, "25.62B"), ("99999995600025", None)])
def test_what_is_of_a_site_is_read_for_the_same_site_only(firm, siret, expected):
    same = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle")
    file = same.files(siret=siret, without=("naf",))
    assert facts_of(file).get("naf") == expected


def test_a_page_saved_as_it_shows_copies_nothing_of_the_other_file(client, firm, again):
    file = confirm_address(submission=again.file)
    before = file.sheet.values()
    correct(client, file, SIRET)
    assert file.sheet.values() == before


def test_an_officer_without_the_other_file_does_not_read_its_number(client, firm):
    same = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle")
    file = same.files(epci=CCLO, without=tuple(FIGURES), siret="99999995600025")
    client.force_login(make_officer(CCLO))
    page = client.get(reverse("officer_file", args=[file.pk])).content.decode()
    assert "repris d’une autre demande de ce SIREN" in page
    assert firm.file.reference not in page
    assert f"/agent/{firm.file.pk}/" not in page
    client.force_login(make_officer(ARC))
    assert client.get(reverse("officer_file", args=[file.pk])).status_code == 404


def test_a_page_looks_up_at_once_what_each_part_would_read_alone(firm):
    """The register's facts and the questions that nobody can answer are a file's own; what is said is shared."""
    mine, other = firm.file, firm.files(facts={"headcount": 418.0})
    for file, register, declined in ((mine, 12, "export"), (other, 13, "robot")):
        say = partial(Fact.objects.create, sheet=file.sheet, recorded_at=timezone.now(), recorded_on=DAY)
        say(name="age_months", value=register, origin=Fact.Origin.REGISTER)
        say(name=f"{Fact.DECLINED}{declined}", value=True, origin=Fact.Origin.DECLARED)
    said = known_facts(mine), official_facts(mine), declined_questions(mine), read_together(mine)
    assert said[0]["headcount"].value == 418.0
    assert {name: fact.value for name, fact in said[1].items()} == {"age_months": 12}
    assert said[2] == {"export"}
    assert [read.pk for read in said[3]] == [other.pk]
    read_once(mine)
    assert (known_facts(mine), official_facts(mine), declined_questions(mine), read_together(mine)) == said


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ({"siret": SIRET}, {"headcount": 417.0, "naf": "25.62B"}),
        ({"siret": "99999995600025"}, {"headcount": 417.0, "naf": None}),  # of the same firm, another site
        ({"siret": "", "siren": SIREN}, {"headcount": 417.0, "naf": None}),  # a site that nobody named
        ({"siret": OTHER_SIRET, "siren": OTHER_SIREN}, {"headcount": None, "naf": None}),
        (UNKNOWN, {"headcount": None, "naf": None}),  # two firms of one address, perhaps
    ],
)
def test_the_next_file_of_an_address_reads_what_was_said_of_its_own_firm_and_site(firm, number, known):
    stranger().files(facts={"headcount": 999.0})  # the same number, another address
    nameless = Firm(firm.name, firm.contact, firm.email, firm.phone, "losange")
    nameless.files(**UNKNOWN, facts={"headcount": 5.0}, without=("naf",))
    third = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle")
    file = third.files(**number, without=("naf", "headcount"))
    found = facts_beside(sheet=file.sheet, email=firm.email)
    assert {name: found[name].value if name in found else None for name in known} == known
