"""Verdicts on schemes, what each of the twelve reasons does, and the end of a review."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backend.companies.models import Fact
from backend.matchmaking.listing import Scope, rows_of
from backend.matchmaking.models import FollowUp, Match, Result, Review, ReviewEnd
from backend.matchmaking.news import news_of, watched
from backend.matchmaking.results import compute_result, latest_result, replay
from backend.matchmaking.reviews import ReviewError, end_review, reopen_review
from backend.matchmaking.services import correct_submission
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.states import states_of
from backend.notifications.models import Notification
from backend.schemes.models import CatalogueTask, Scheme
from tests.factories import (
    ARC,
    CC2V,
    CCLO,
    CCPE,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    publish_revision,
    take_back,
)
from tests.neighbour import ours
from tests.undone import undone

pytestmark = pytest.mark.django_db
KEPT, REJECTED, WITHDRAWN = Review.Verdict.KEPT, Review.Verdict.REJECTED, Review.Verdict.WITHDRAWN
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def scheme(submission):
    return first_matches(submission)[0].scheme


def sent(kind):
    return list(ours(Notification).filter(kind=kind).order_by("pk"))


def end(submission, officer, message="Bonjour"):
    submission.refresh_from_db()
    return end_review(submission=submission, officer=officer, on=DAY, message=message)


def shown_to_firm(submission, *, on=DAY):
    """Return the keys a firm sees proposed, and those it sees set aside."""
    result = latest_result(submission, on=on)
    page, rows = shortlist_of(submission, result), rows_of(submission, result, scope=Scope.NEED, words="", word="")
    proposed = {card.match.scheme_id for card in page.cards} | {row.match.scheme_id for row in rows}
    return proposed, {card.match.scheme_id for card in page.set_aside}


# -- rows


def test_each_decision_is_a_row_and_the_last_one_counts(submission, scheme, officer):
    decide(submission, scheme, officer)
    decide(submission, scheme, officer, "not_worth_it")
    last = take_back(submission, scheme, officer)
    assert ours(Review).count() == 3
    assert submission.reviews.latest_by_scheme() == {last.scheme_id: last}


def test_a_decision_remembers_what_was_suggested(submission, officer):
    match = first_matches(submission)[0]
    assert decide(submission, match.scheme, officer).match == match


def test_the_database_refuses_to_rewrite_what_was_answered_decided_and_told(submission, scheme, officer):
    decided = Review.objects.filter(pk=decide(submission, scheme, officer).pk)
    end(submission, officer)
    for rows, change in (
        (decided, {"verdict": "rejected", "reason": "other", "comment": "x"}),
        (decided, {"comment": "autre"}),
        (decided, {"partner": "x"}),
        (Result.objects.all(), {"facts": {}}),
        (Match.objects.all(), {"rank": 1000}),
        (ours(ReviewEnd), {"message": "Autre chose"}),
    ):
        with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
            rows.update(**change)


def test_the_database_refuses_a_reason_without_what_it_asks_for(submission, officer):
    match = first_matches(submission)[0]
    case = {"submission": submission, "scheme": match.scheme, "match": match, "officer": officer}
    for fields in (
        {"reason": ""},
        {"reason": "other", "comment": ""},
        {"reason": "better_alternative"},
        {"reason": "partner_first"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.create(**case, decided_at=timezone.now(), verdict=REJECTED, **fields)


# -- who decides


def test_only_the_officers_in_charge_decide(submission, scheme):
    for person in (make_lead(), make_officer(CCLO), make_officer(is_active=False)):
        for act in (decide, take_back):
            with pytest.raises(PermissionDenied):
                act(submission, scheme, person)
        with pytest.raises(PermissionDenied):
            end(submission, person)
        with pytest.raises(PermissionDenied):
            reopen_review(submission=submission, officer=person)


def test_an_officer_of_any_of_the_four_decides_on_the_pool():
    submission = make_submission(without=("commune",), confirmed=True)
    scheme = first_matches(submission)[0].scheme
    for epci in (ARC, CCLO, CC2V, CCPE):
        with undone():
            assert decide(submission, scheme, make_officer(epci)).verdict == KEPT, epci


def test_the_first_who_decides_follows_the_file(submission, scheme, officer):
    decide(submission, scheme, officer)
    decide(submission, scheme, make_officer(), "not_worth_it")
    submission.refresh_from_db()
    assert submission.officer == officer


# -- what each reason asks for


LACKING = [
    ({"reason": "parce que"}, "choisissez une raison dans la liste"),
    ({"reason": "other"}, "dites laquelle en quelques mots"),
    ({"reason": "other", "comment": "  "}, "dites laquelle en quelques mots"),
    ({"reason": "wrong_fact"}, "Dites quel fait"),
    ({"reason": "wrong_fact", "fact": "balance_sheet"}, "Dites quel fait"),  # not known: nothing can be wrong
    ({"reason": "better_alternative"}, "Dites quel autre dispositif"),
    ({"reason": "partner_first", "partner": " "}, "Dites quel partenaire"),
    ({"reason": "outside_perimeter"}, "choisissez une raison dans la liste"),  # the file's, not the scheme's
]


def test_a_reason_says_what_it_asks_for_and_nothing_is_changed(submission, scheme, officer):
    facts = submission.sheet.values()
    for because, sentence in LACKING:
        with pytest.raises(ReviewError, match=sentence):
            decide(submission, scheme, officer, **because)
    with pytest.raises(ReviewError, match="Dites quel autre dispositif"):  # none is better than itself
        decide(submission, scheme, officer, "better_alternative", alternative=scheme)
    for state in (Scheme.State.DRAFT, Scheme.State.ARCHIVED):
        Scheme.objects.filter(pk=scheme.pk).update(state=state)
        with pytest.raises(ReviewError, match="n’est pas publié"):
            decide(submission, scheme, officer)
    assert not ours(Review).exists()
    assert submission.sheet.values() == facts


# -- what each reason does


def test_a_wrong_criterion_becomes_a_task_of_the_catalogue(submission, scheme, officer):
    criterion = scheme.current.criteria.first()
    review = decide(submission, scheme, officer, "wrong_criterion", criterion=criterion, comment="C’est 250, pas 50.")
    task = CatalogueTask.objects.waiting().get()
    assert (task.scheme, task.revision, task.criterion) == (scheme, scheme.current, criterion)
    assert (task.text, task.reported_by, review.task) == ("C’est 250, pas 50.", officer, task)


def test_a_wrong_fact_is_unknown_until_somebody_says_what_is_right(submission, scheme, officer):
    decide(submission, scheme, officer, "wrong_fact", fact="headcount")
    assert "headcount" not in submission.sheet.values()
    row = submission.sheet.facts.filter(name="headcount").order_by("pk").last()
    assert (row.value, row.origin, row.author) == (None, Fact.Origin.OFFICER, officer)
    assert "headcount" not in latest_result(submission, on=DAY).facts


HIDING = ["already_has_it", "asked_and_refused", "not_interested"]


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", HIDING)
def test_what_a_firm_has_had_refused_or_does_not_want_is_hidden_in_all_its_files(submission, scheme, officer, reason):
    assert scheme.pk in shown_to_firm(submission)[0]
    decide(submission, scheme, officer, reason)
    assert scheme.pk in shown_to_firm(submission)[0]  # not told yet
    end(submission, officer)
    later = make_submission(confirmed=True, email=submission.contact.email.upper())
    for file in (submission, later):
        proposed, aside = shown_to_firm(file)
        assert scheme.pk not in proposed
        assert scheme.pk in aside
    for others in ({"email": "autre.adresse@tolerie.example"}, {"siret": "", "siren": ""}, {"confirmed": False}):
        assert scheme.pk in shown_to_firm(make_submission(**{"confirmed": True, **others}))[0]


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", ["not_worth_it", "wrong_criterion"])
def test_other_reasons_hold_for_the_file_alone(submission, scheme, officer, reason):
    decide(submission, scheme, officer, reason)
    end(submission, officer)
    assert scheme.pk in shown_to_firm(submission)[1]
    assert scheme.pk in shown_to_firm(make_submission(confirmed=True))[0]


@pytest.mark.slow
def test_an_officer_may_keep_what_another_file_hides(submission, scheme, officer):
    decide(submission, scheme, officer, "already_has_it")
    end(submission, officer)
    later = make_submission(confirmed=True)
    decide(later, scheme, officer)
    end(later, officer)
    assert scheme.pk in shown_to_firm(later)[0]


def test_a_refusal_is_read_as_an_outcome(submission, scheme, officer):
    decide(submission, scheme, officer, "asked_and_refused", comment="Refusé en 2025 : dossier tardif.")
    said = states_of(submission, told=False).own[scheme.pk].counts
    assert (said.state, said.who) == ("refused", str(officer))
    assert not ours(FollowUp).exists()


def test_a_started_project_is_a_fact_and_every_scheme_is_matched_again(submission, scheme, officer):
    needs_no_start = {
        match.scheme_id
        for match in submission.results.get().matches.exclude(eligibility="ineligible")
        if any(row.definition["kind"] == "project_not_started" for row in match.revision.criteria.all())
    }
    assert needs_no_start
    decide(submission, scheme, officer, "project_started")
    assert submission.sheet.current()["project.started"].value is True
    assert submission.sheet.current()["project.started"].author == officer
    again = latest_result(submission, on=DAY).matches.filter(scheme__in=needs_no_start)
    assert {match.eligibility for match in again} == {"ineligible"}


def test_a_deadline_that_is_too_close_hides_until_the_scheme_reopens(submission, scheme, officer):
    publish_revision(scheme, window_state="dated", opens_on=None, closes_on=DAY + timedelta(days=3))
    decide(submission, scheme, officer, "deadline_too_close")
    end(submission, officer)
    assert scheme.pk in shown_to_firm(submission)[1]
    publish_revision(scheme, summary="Autre résumé.")  # the same window: still hidden
    assert scheme.pk in shown_to_firm(submission)[1]
    publish_revision(scheme, closes_on=date(2027, 6, 30))
    proposed, aside = shown_to_firm(submission)
    assert scheme.pk in proposed
    assert scheme.pk not in aside


def test_what_an_officer_finds_useful_or_not_is_a_label_to_learn_from(submission, scheme, officer):
    for reason, useful in (("", True), ("not_worth_it", False)):
        with undone():
            decide(submission, scheme, officer, reason)
            label = ours(Review).labels().get()
            assert (label.useful, label.match.scheme, bool(label.match.parts)) == (useful, scheme, True)
    for reason in HIDING:  # these say nothing of usefulness
        with undone():
            decide(submission, scheme, officer, reason)
            assert not ours(Review).labels().exists(), reason


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", HIDING)
def test_what_is_hidden_is_never_news(submission, scheme, officer, reason):
    decide(submission, scheme, officer, reason)
    end(submission, officer)
    worse = correct_submission(submission=submission, facts={"project.started": True, "naf": "01.11Z"}, on=DAY)
    better = correct_submission(submission=submission, facts={"project.started": False, "naf": "25.62B"}, on=DAY)
    of = watched(states_of(submission, told=True))
    assert scheme.pk not in {one.match.scheme_id for one in news_of(worse, better, of)}


def test_a_better_alternative_is_kept_in_its_place(submission, officer):
    scheme, other = (match.scheme for match in first_matches(submission, 2))
    rejected = decide(submission, scheme, officer, "better_alternative", alternative=other)
    kept = submission.reviews.latest_by_scheme()[other.pk]
    assert (kept.verdict, kept.because_of, rejected.alternative) == (KEPT, rejected, other)
    end(submission, officer)
    page = shortlist_of(submission, latest_result(submission, on=DAY))
    assert [card.match.scheme_id for card in page.cards if card.verdict == KEPT] == [other.pk]
    assert scheme.pk in {card.match.scheme_id for card in page.set_aside}


def test_a_missing_partner_becomes_a_step_to_do_that_names_it(submission, scheme, officer):
    decide(submission, scheme, officer, "partner_first", partner="un laboratoire de l’UTC")
    step = ours(FollowUp).to_do().get()
    assert (step.step, step.note, step.scheme) == ("partner", "un laboratoire de l’UTC", scheme)


def test_another_reason_is_listed_for_those_who_lead(submission, scheme, officer):
    review = decide(submission, scheme, officer, "other", comment="Le guichet ne répond plus.")
    assert list(ours(Review).unexplained()) == [review]


# -- by hand, and undone


def test_a_scheme_added_by_hand_keeps_its_own_verdict_and_says_who_added_it(submission, officer):
    match = submission.results.get().matches.filter(addresses=False, eligibility="ineligible").first()
    review = decide(submission, match.scheme, officer)
    assert review.by_hand
    end(submission, officer)
    card = shortlist_of(submission, latest_result(submission, on=DAY)).cards[0]
    assert (card.verdict, card.match.eligibility, card.review.officer) == (KEPT, "ineligible", officer)


def test_a_scheme_published_since_can_be_added_at_once(submission, officer):
    draft = first_matches(submission)[0].scheme
    Scheme.objects.filter(pk=draft.pk).update(state=Scheme.State.DRAFT)
    compute_result(submission=submission, on=DAY)
    Scheme.objects.filter(pk=draft.pk).update(state=Scheme.State.PUBLISHED)
    assert decide(submission, draft, officer).scheme == draft


def test_taking_back_nothing_says_so(submission, scheme, officer):
    with pytest.raises(ReviewError, match="pas d’avis à retirer"):
        take_back(submission, scheme, officer)
    assert not decide(submission, scheme, officer).by_hand  # it was proposed
    take_back(submission, scheme, officer)
    with pytest.raises(ReviewError, match="pas d’avis à retirer"):
        take_back(submission, scheme, officer)


@pytest.mark.parametrize(
    ("reason", "because"), [("wrong_fact", {"fact": "headcount"}), ("project_started", {})], ids=str
)
def test_a_verdict_taken_back_gives_the_fact_its_value_again(submission, scheme, officer, reason, because):
    before = submission.sheet.values()
    decide(submission, scheme, officer, reason, **because)
    assert submission.sheet.values() != before
    take_back(submission, scheme, officer)
    assert submission.sheet.values() == before


def test_a_fact_that_was_corrected_since_keeps_its_correction(submission, scheme, officer):
    decide(submission, scheme, officer, "wrong_fact", fact="headcount")
    correct_submission(submission=submission, facts={"headcount": 48.0}, on=DAY, author=officer)
    take_back(submission, scheme, officer)
    assert submission.sheet.values()["headcount"] == 48.0


def test_a_started_project_that_was_known_already_stays_known(submission, scheme, officer):
    correct_submission(submission=submission, facts={"project.started": True}, on=DAY)
    decide(submission, scheme, officer, "project_started")
    take_back(submission, scheme, officer)
    assert submission.sheet.values()["project.started"] is True


def test_a_verdict_taken_back_closes_its_task_and_cancels_its_step(submission, scheme, officer):
    decide(submission, scheme, officer, "wrong_criterion")
    take_back(submission, scheme, officer)
    assert not CatalogueTask.objects.waiting().exists()
    assert CatalogueTask.objects.get().closed_by == officer
    decide(submission, scheme, officer, "partner_first", partner="un laboratoire")
    take_back(submission, scheme, officer)
    assert not ours(FollowUp).to_do().exists()


def test_a_verdict_taken_back_takes_the_alternative_back_with_it(submission, officer):
    scheme, other = (match.scheme for match in first_matches(submission, 2))
    decide(submission, scheme, officer, "better_alternative", alternative=other)
    take_back(submission, scheme, officer)
    assert submission.reviews.latest_by_scheme()[other.pk].verdict == WITHDRAWN


def test_an_alternative_that_was_decided_on_since_stays_as_decided(submission, officer):
    scheme, other = (match.scheme for match in first_matches(submission, 2))
    decide(submission, scheme, officer, "better_alternative", alternative=other)
    decide(submission, other, officer, "not_worth_it")
    take_back(submission, scheme, officer)
    assert submission.reviews.latest_by_scheme()[other.pk].verdict == REJECTED


# -- the end


def test_a_review_ends_once(submission, scheme, officer):
    decide(submission, scheme, officer)
    ended = end(submission, officer, "")
    submission.refresh_from_db()
    assert (submission.reviewed_at, submission.reviewed_by) == (ended.ended_at, officer)
    with pytest.raises(ReviewError, match="déjà terminée"):
        end(submission, officer, "Encore")
    assert len(sent("reviewed")) == 1


def test_a_review_opened_again_keeps_what_the_firm_was_told_until_it_ends(submission, scheme, officer):
    decide(submission, scheme, officer, "not_worth_it")
    end(submission, officer)
    reopen_review(submission=submission, officer=officer)
    take_back(submission, scheme, officer)
    assert scheme.pk in shown_to_firm(submission)[1]
    end(submission, officer)
    assert scheme.pk in shown_to_firm(submission)[0]
    assert len(sent("reviewed")) == 2


def test_a_review_in_which_nothing_was_decided_nor_written_does_not_end(submission, scheme, officer):
    for message in ("", "  \n"):
        with pytest.raises(ReviewError, match="Retenez ou écartez au moins un dispositif"):
            end(submission, officer, message)
    decide(submission, scheme, officer)
    take_back(submission, scheme, officer)
    with pytest.raises(ReviewError, match="Retenez ou écartez au moins un dispositif"):
        end(submission, officer, "")
    decide(submission, scheme, officer, "not_worth_it")
    assert end(submission, officer, "").message == ""  # one decision is enough, as a message is


def test_the_one_email_names_the_officer_who_can_be_answered(submission, officer):
    kept, rejected = (match.scheme for match in first_matches(submission, 2))
    decide(submission, kept, officer)
    decide(submission, rejected, officer, "already_has_it")
    end(submission, officer, "Je vous appelle jeudi.")
    (email,) = sent("reviewed")
    assert email.recipient == submission.contact.email
    assert email.reply_to == officer.email
    for body in (email.text, email.html):
        assert "Je vous appelle jeudi." in body
        assert officer.get_full_name() in body
        assert "03 53 01 10 12" in body
    assert kept.current.name in email.text


# -- replay


def test_an_old_answer_is_had_again_after_everything_changed(submission, officer):
    old = submission.results.get()
    publish_revision(Scheme.objects.get(source_key="hdf-pme-plus-volet1"), window_state="closed")
    correct_submission(submission=submission, facts={"headcount": 5000.0}, ticked=["energie.facture"], on=NEXT_DAY)
    assert latest_result(submission, on=NEXT_DAY) != old
    for result in ours(Result).all():
        assert replay(result) == []


@pytest.mark.alone("every result is replayed, and the second firm's lack matches")
def test_the_command_replays_and_says_what_differs(submission, capsys):
    call_command("replay", submission.reference)
    assert "1 résultats rejoués, 0 différences" in capsys.readouterr().out
    publish_revision(Scheme.objects.get(source_key="hdf-pme-plus-volet1"), window_state="closed")
    call_command("replay", last=5)
    assert "0 différences" in capsys.readouterr().out


def test_a_result_that_was_tampered_with_is_noticed(submission):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the table is still busy with what this test wrote
        cursor.execute("ALTER TABLE matchmaking_match DISABLE TRIGGER matchmaking_match_append_only")
        cursor.execute("UPDATE matchmaking_match SET typed = 'eligible' WHERE typed = 'ineligible'")
    with pytest.raises(CommandError):
        call_command("replay", submission.reference)


@pytest.mark.parametrize("reference", ["x", "D-2026-²", "D-2026-99999999999999"])
def test_a_reference_that_cannot_be_is_refused(reference):
    with pytest.raises(CommandError, match="n’est pas un numéro de demande"):
        call_command("replay", reference)
