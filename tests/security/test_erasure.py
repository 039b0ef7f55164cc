"""A firm asks to be erased: nothing of it is left anywhere, and nothing else changes."""

import logging
from collections import Counter

import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import ForeignObject
from django.db.models.functions import TruncMonth

from backend.companies.models import Company, Establishment
from backend.matchmaking import engine
from backend.matchmaking.alerts import subscribe
from backend.matchmaking.models import Language, Need, Review, Submission, UnmetNeed
from backend.matchmaking.services import confirm_address, correct_submission, decline_question
from backend.matchmaking.state_aid import declare_aid, declare_complete
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.privacy.models import RetentionRun
from backend.privacy.own_data import own_data
from backend.privacy.rows import rows_of
from backend.privacy.treatments import ERASED, TREATMENTS
from tests.factories import CCLO, COMMUNES, DAY, decide, first_matches, make_lead, make_officer, make_submission
from tests.neighbour import ours
from tests.security.erased import RARE, TRACES, file_everything, search_tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm() -> Submission:
    return file_everything(learnt=False)


@pytest.fixture
def beside() -> Submission:
    """Another firm, of the same place, with a decision of its own."""
    submission = make_submission(confirmed=True, text="Nous cherchons des locaux.")
    decide(submission, first_matches(submission)[0].scheme, make_officer(), "other", comment="Trop loin.")
    return submission


def statistics() -> dict[str, object]:
    """What is counted of files: by place, month and need; decisions; needs that nothing answers."""
    files = Submission.objects.counted()
    return {
        "files": Counter(files.annotate(month=TruncMonth("filed_at")).values_list("epci", "month")),
        "needs": Counter(Need.objects.filter(submission__in=files).values_list("sub_need", "ticked", "added")),
        "reviews": Counter(Review.objects.values_list("officer", "scheme", "verdict", "reason")),
        "standing": Counter(Review.objects.standing().values_list("verdict", "reason")),
        "unmet": Counter(UnmetNeed.objects.values_list("sub_need", "reason")),
    }


def rows_as_text(submission: Submission) -> dict[str, list[str]]:
    """Return every row that holds something of a file, as the database writes it."""
    found = {}
    with connection.cursor() as cursor:
        for name, keys in rows_of(submission).items():
            row = TREATMENTS[name]
            cursor.execute(
                f"SELECT kept::text FROM {row.table} AS kept WHERE {row.key}::text = ANY (%s) ORDER BY 1",  # noqa: S608
                [[str(key) for key in keys]],
            )
            found[name] = [text for (text,) in cursor.fetchall()]
    return found


def test_nothing_of_the_firm_is_left_in_any_table_nor_logged_nor_learnt(beside, caplog):
    """What was learnt while its words taught is gone at once; what the release taught holds until the next time."""
    released, unheard = Language.objects.latest(), needs_heard()
    firm = file_everything()
    assert RARE in words_of(needs_heard())
    assert needs_heard() != unheard
    assert Language.objects.latest().n_corrections > released.n_corrections
    assert set(search_tables()) == set(TRACES)
    assert {name for name, keys in rows_of(firm).items() if not keys} <= {
        "file_links", "moves", "admin_log", "links", "calls", "suppressions", "reviewed_results", "results",
        "counted_files", "counted_needs", "sole_blockers", "drafts_beside",
    }  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        erase_submission(submission=firm)
    assert search_tables() == {}
    assert not [trace for trace in TRACES.values() if trace in caplog.text]
    assert Language.objects.latest() == released
    assert not Language.objects.filter(n_corrections__gt=0).exists()
    assert needs_heard() == unheard


def test_the_firm_beside_it_and_statistics_are_untouched_and_decisions_stay_without_their_words(firm, beside):
    make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    before, counted, lead = rows_as_text(beside), statistics(), make_lead()
    assert sum(map(len, before.values())) > 30
    everybodys = set(ours(Submission).counted())
    assert {firm, beside} <= set(ours(Submission).visible_to(lead))
    counts = erase_submission(submission=firm)
    beside.refresh_from_db()
    assert rows_as_text(beside) == before
    assert statistics() == counted
    assert firm not in ours(Submission).visible_to(lead)  # an erased file is nobody's to read
    assert beside in ours(Submission).visible_to(lead)
    assert set(ours(Submission).counted()) == everybodys
    assert erase_submission(submission=firm) == {}
    run = RetentionRun.objects.get()  # the proof names nobody
    assert run.counts == counts
    assert counts["facts"] > 5
    assert counts["submissions"] == counts["contacts"] == counts["companies"] == 1
    reviews = {review.reason: review for review in Review.objects.filter(submission=firm)}
    assert reviews["other"].comment == ERASED
    assert reviews["partner_first"].partner == ERASED
    assert reviews["wrong_criterion"].task.text == ERASED


def test_the_trade_that_was_read_in_the_words_goes_with_them():
    files = [make_submission(confirmed=True, text="Je suis coiffeuse à Noyon.", email=f"{n}@a.example") for n in "ab"]
    for file in files:
        decide(file, first_matches(file)[0].scheme, make_officer())
    told = [[line for theme in own_data(file) for line in theme.lines if "96.02A" in line.value] for file in files]
    assert [(line.label, line.value, line.origin) for lines in told for line in lines] == [
        ("Activité de ce résultat", "Coiffure (96.02A)", "compris de vos mots")
    ] * 2
    erase_submission(submission=files[0])
    assert [list(file.results.values_list("spoken_activities", flat=True)) for file in files] == [[[]], [["96.02A"]]]


def test_a_number_or_an_address_that_another_file_names_stays_with_it(firm):
    other = make_submission(confirmed=True, siret=TRACES["siret"], siren=TRACES["siren"], email="autre@forges.example")
    same_address = make_submission(confirmed=True, siren="", siret="", email=TRACES["address"])
    erase_submission(submission=firm)
    left = Notification.objects.filter(recipient=TRACES["address"])
    assert {mail.about[0] for mail in left} == {same_address.topic}
    assert not Notification.objects.about(firm.topic).exists()
    assert Company.objects.get(siren=TRACES["siren"]) == other.sheet.company
    assert Establishment.objects.get(siret=TRACES["siret"]) == other.sheet.establishment
    erase_submission(submission=other)
    assert not Company.objects.filter(siren=TRACES["siren"]).exists()


def needs_heard():
    """Return what is heard where the rare word stands as its firm wrote it: alone it is too little."""
    return engine.understand(f"Notre {RARE} tombe en panne", ()).needs


def words_of(needs):
    return {word for need in needs for word in need.evidence}


def begin_draft(**content) -> str:
    session = SessionStore()
    session["draft"] = {"key": "x", "steps": {}, **content}
    session.save()
    return session.session_key


def test_a_draft_goes_with_its_address_or_the_firm_that_it_chose_in_the_register_and_no_other_does(firm, beside):
    another_site = TRACES["siren"] + "00021"
    assert beside.sheet.company.siren != TRACES["siren"]
    by_address = [
        begin_draft(steps={"contact": {"email": [typed]}})
        for typed in (TRACES["address"].upper(), "x" + TRACES["address"])
    ]
    by_number = [
        begin_draft(registered={"siret": siret} if siret else {})
        for siret in (TRACES["siret"], another_site, str(beside.sheet.establishment), TRACES["siret"][:8], "")
    ]
    erase_submission(submission=firm)
    left = set(Session.objects.filter(pk__in=[*by_address, *by_number]).values_list("pk", flat=True))
    assert left == {*by_address[1:], *by_number[2:]}


LATE = {
    "a correction": lambda file: correct_submission(submission=file, facts={"headcount": 12.0}, on=DAY),
    "a question": lambda file: decline_question(submission=file, question="headcount", on=DAY),
    "an aid": lambda file: declare_aid(submission=file, on=DAY, granted_on=DAY, amount_eur=None),
    "aids": lambda file: declare_complete(submission=file, complete=True, on=DAY),
    "an alert": lambda file: subscribe(submission=file, frequency="weekly", paused_until=None, on=DAY),
    "a confirmation": lambda file: confirm_address(submission=file),
    "a withdrawal": lambda file: withdraw_consent(submission=file),
}


def test_what_was_on_its_way_while_a_file_was_erased_writes_nothing(firm):
    on_its_way = [Submission.objects.get(pk=firm.pk) for _ in LATE]
    erase_submission(submission=firm)
    for (what, write), file in zip(LATE.items(), on_its_way, strict=True):
        refused = False
        try:
            with transaction.atomic():
                write(file)
        except PermissionDenied:
            refused = True
        assert refused, what


# Tables without a person of a firm: the catalogue, the territory, accounts, what the service says of itself.
WITHOUT_A_FIRM = {
    "matchmaking_unmetneed", "matchmaking_needcorrection",  # a need, and why nothing answered it
    "matchmaking_preferencecorrection",  # of a text that is gone
    "matchmaking_weightset", "matchmaking_activation", "matchmaking_ranker", "matchmaking_rematch",
    "matchmaking_schemechange", "matchmaking_shard",
    "matchmaking_reviewpolicy",  # what a territory lead decided for a need
    "matchmaking_answercount",  # a day, a need, an intercommunality and a number
    "notifications_stopreason",  # a month, a list, a reason and a number
    "journal_auditevent",  # a number, a code and who did it: kept for its own time
    "privacy_treatment", "privacy_retentionrun",
    "companies_registeredestablishment", "companies_registercopy",  # of the State's, no person: renewed by each load
}  # fmt: skip


def test_every_table_that_may_hold_something_of_a_firm_has_a_treatment():
    """A new table fails here until somebody says in ``treatments.py`` what erasing does to it."""
    treated = {row.table for row in TREATMENTS.values()}
    apps_of_firms = {"companies", "matchmaking", "notifications", "links", "journal", "privacy", "sessions"}
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in apps_of_firms
        or any(
            isinstance(field, ForeignObject) and field.related_model._meta.app_label in ("companies", "matchmaking")
            for field in model._meta.get_fields()
            if getattr(field, "related_model", None) and not field.auto_created
        )
    }
    assert tables - treated - WITHOUT_A_FIRM == set()
