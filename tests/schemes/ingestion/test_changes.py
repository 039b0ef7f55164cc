"""What sources change: taken by a rule or by two people, refused once, asked again when it changes again."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from backend.matchmaking.alerts import due, subscribe, tell
from backend.matchmaking.rematching import rematch
from backend.schemes.catalogue.drafts import propose, withdraw, write_draft
from backend.schemes.catalogue.publishing import publish, put_in_force, refuse
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.ingestion.changes.following import Answer, ChangeError, decide, end_counterpart, settle
from backend.schemes.ingestion.changes.incoming import draft_record, put_back, set_aside
from backend.schemes.ingestion.importers.reading import Notice
from backend.schemes.models import Counterpart, FieldDecision, Proposal, Scheme, SetAside, SourceChange
from tests.factories import DAY, make_officer, make_submission
from tests.matchmaking.subscribers import read
from tests.schemes.ingestion.following import (
    VALIDITY,
    accept_all,
    answer,
    bring,
    counterpart,
    follow,
    imported,
    link,
    make_ours,
    ours,
    pending,
)
from tests.schemes.ingestion.importers.made_up import make_programme, with_texts
from tests.schemes.people import get_scheme, make_approver, make_draft, make_editor, publish_change
from tests.undone import undone

pytestmark = pytest.mark.django_db
NEXT = {"start": "01/01/2026", "end": "30/06/2027"}
STAFF = {"minEmployees": "10", "maxEmployees": "249"}
OTHER_PAGE = "https://exemple.example/aide-2027"


def waiting():
    return set(SourceChange.objects.described().waiting().values_list("source_key", flat=True))


# -- which of ours a record describes


def test_a_sheet_made_from_a_record_follows_it_once_published():
    bring(make_programme())
    draft = draft_record(imported())
    assert draft["confidence"] == "to_verify"
    scheme = make_ours()
    row = counterpart()
    assert (row.ours, row.compared) == (scheme, imported().current)
    assert waiting() == set()


def test_a_draft_takes_the_record_out_of_the_queue_and_its_end_puts_it_back():
    bring(make_programme())
    author = make_editor()
    record = {**draft_record(imported()), "confidence": "verified"}
    draft = write_draft(author=author, record=record, imported=imported().current)
    assert waiting() == set()
    withdraw(proposal=draft, author=author)
    assert waiting() == {"essai"}


def test_a_key_of_ours_that_is_taken_is_not_taken_twice():
    key = get_scheme().source_key
    bring(make_programme(key))
    assert draft_record(imported(key))["key"] == f"{key}-2"


def test_a_record_describes_one_sheet_at_most_and_a_sheet_several_records():
    bring(make_programme("a"), make_programme("b"))
    row = link(imported("a"), get_scheme())
    link(imported("b"), get_scheme())
    with pytest.raises(ChangeError, match="correspond déjà"):
        link(imported("a"), get_scheme("accise-electricite-industrie"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Counterpart.objects.create(
            imported=row.imported,
            ours=row.ours,
            compared=row.compared,
            compared_at=row.compared_at,
            made_by=row.made_by,
            made_at=row.made_at,
        )
    end_counterpart(counterpart=row, editor=make_editor())
    assert link(imported("a"), get_scheme("accise-electricite-industrie"))


@pytest.mark.parametrize("is_backwards", [True, False])
def test_only_a_record_of_another_source_describes_one_of_ours(is_backwards):
    bring(make_programme("a"), make_programme("b"))
    source, scheme = (get_scheme(), imported("a")) if is_backwards else (imported("a"), imported("b"))
    with pytest.raises(ChangeError, match="notre catalogue"):
        link(source, scheme)


def test_a_record_that_changed_while_it_was_read_is_read_again_first():
    bring(make_programme())
    before = imported()
    bring(make_programme(titre="Autre"))
    with pytest.raises(ChangeError, match="pendant que vous lisiez"):
        link(before, get_scheme())


# -- by rule


def test_a_page_that_moved_is_taken_by_rule():
    follow()
    report = bring(make_programme(url=OTHER_PAGE))
    assert (report.by_rule, report.to_decide) == (["essai"], [])
    revision = ours().current
    assert (revision.url, revision.number) == (OTHER_PAGE, 3)  # the second one says that its record shows it open
    proposal = revision.proposal
    assert (proposal.author, proposal.decided_by, proposal.state) == (None, None, "published")
    assert "par règle" in proposal.decider
    (decision,) = FieldDecision.objects.all()
    assert (decision.verdict, decision.by, decision.field) == ("by_rule", None, "url")
    assert waiting() == set()


def test_anything_else_waits_for_a_person():
    follow(validity=VALIDITY)
    for changes in (
        {"url": "https://ailleurs.example/aide"},
        {"url": OTHER_PAGE, "promesse": "Essayez-la deux fois"},
        {"titre": "Aide d’un autre nom"},
        {"company": STAFF},
        {"montant du financement": "10 000 €"},
    ):
        with undone():
            report = bring(make_programme(**{"validity": VALIDITY, **changes}))
            assert (report.by_rule, report.to_decide) == ([], ["essai"]), changes
            assert ours().current.number == 1, changes
            assert waiting() == {"essai"}, changes


def test_a_person_s_own_words_are_never_taken_over_by_rule():
    follow()
    publish_change(ours(), url="https://exemple.example/la-notre")
    report = bring(make_programme(url=OTHER_PAGE))
    assert report.to_decide == ["essai"]
    assert ours().current.url == "https://exemple.example/la-notre"
    (change,) = pending().values()
    assert change.ours == ("https://exemple.example/la-notre",)


def test_a_rule_changes_neither_a_sheet_that_somebody_writes_nor_one_that_is_not_published():
    follow()
    with undone():
        make_draft(scheme=ours())
        assert bring(make_programme(url=OTHER_PAGE)).to_decide == ["essai"]
    Scheme.objects.filter(pk=ours().pk).update(state="archived")
    assert bring(make_programme(url=OTHER_PAGE)).to_decide == ["essai"]


def test_what_a_rule_took_and_a_person_undid_is_not_taken_again():
    follow()
    before = ours().current.url
    bring(make_programme(url=OTHER_PAGE))
    publish_change(ours(), url=before)
    assert bring(make_programme(url=OTHER_PAGE)).by_rule == []
    report = bring(make_programme(url=f"{OTHER_PAGE}/bis"))
    assert (report.by_rule, report.to_decide) == ([], ["essai"])


def test_a_dry_run_takes_nothing():
    follow()
    report = bring(make_programme(url=OTHER_PAGE), dry_run=True)
    assert report.by_rule == ["essai"]
    assert ours().current.number == 1
    assert not FieldDecision.objects.exists()


def test_what_says_the_same_again_asks_and_writes_nothing():
    follow()
    assert (bring(make_programme()).unchanged, waiting()) == (["essai"], set())
    assert Proposal.objects.filter(scheme=ours(), observed=None).count() == 1


def test_dates_of_a_linked_record_are_in_force_at_once_and_the_rest_goes_its_way():
    follow(validity=VALIDITY)
    report = bring(make_programme(titre="Aide d’un autre nom", validity=NEXT))
    assert (str(ours().current.closes_on), ours().current.name) == ("2027-06-30", "Aide d’essai")
    assert (report.to_decide, set(pending())) == (["essai"], {"Nom"})


def test_the_sheets_own_needs_and_check_are_no_work_when_the_source_files_it_elsewhere():
    follow()
    bring(make_programme(**{"description longue": "Un texte pour les curieux."}))
    assert imported().current.number == 2
    assert waiting() == set()
    assert counterpart().compared == imported().current


# -- by people


def test_what_is_accepted_becomes_one_proposal_that_a_second_person_publishes():
    follow(validity=VALIDITY)
    bring(make_programme(titre="Aide d’essai, édition 2027", validity=VALIDITY, promesse="Deux fois."))
    editor = make_editor()
    draft = answer(nom="accepted", résumé="accepted", editor=editor)
    assert (draft.author, draft.state, draft.scheme, draft.imported) == (editor, "draft", ours(), imported().current)
    assert ours().current.number == 1
    assert waiting() == set()
    assert set(SourceChange.objects.proposed()) == {SourceChange.objects.get(pk=imported().pk)}
    with pytest.raises(PermissionDenied):
        publish(proposal=propose(proposal=draft, author=editor), approver=editor)
    revision = publish(proposal=Proposal.objects.get(pk=draft.pk), approver=make_approver())
    assert (revision.name, "Deux fois." in revision.summary) == ("Aide d’essai, édition 2027", True)
    assert waiting() == set()


def test_what_is_refused_is_not_asked_again_until_the_source_changes_it_again():
    follow()
    bring(make_programme(titre="Deuxième nom"))
    assert answer(nom="rejected") is None
    decision = FieldDecision.objects.get()
    assert (decision.verdict, decision.why) == ("rejected", "Notre fiche a raison.")
    assert (waiting(), pending()) == (set(), {})
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois."))
    assert set(pending()) == {"Résumé"}
    bring(make_programme(titre="Troisième nom", promesse="Deux fois."))
    assert set(pending()) == {"Nom", "Résumé"}
    assert pending()["Nom"].before == ("Deuxième nom",)


def test_what_is_left_for_later_waits():
    follow()
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois."))
    answer(nom="rejected")
    assert (waiting(), set(pending())) == ({"essai"}, {"Résumé"})


@pytest.mark.cases(1)
@pytest.mark.parametrize("how", ["refused", "withdrawn"])
def test_a_proposal_that_came_to_nothing_leaves_its_changes_to_be_decided_again(how):
    follow()
    bring(make_programme(titre="Deuxième nom"))
    editor = make_editor()
    draft = propose(proposal=answer(nom="accepted", editor=editor), author=editor)
    assert waiting() == set()
    if how == "refused":
        refuse(proposal=draft, approver=make_approver(), comment="Non.")
    else:
        withdraw(proposal=draft, author=editor)
    assert waiting() == {"essai"}
    assert pending()["Nom"].before == ("Aide d’essai",)
    answer(nom="rejected")
    assert (waiting(), pending()) == (set(), {})


def test_a_change_that_our_sheet_made_by_itself_is_not_asked():
    follow()
    bring(make_programme(titre="Deuxième nom"))
    publish_change(ours(), name="Deuxième nom")
    assert pending() == {}
    assert settle(counterpart()) == ""
    assert waiting() == set()


@pytest.mark.slow
def test_old_decisions_do_not_hide_what_the_source_changed_since():
    follow()
    bring(make_programme(titre="Deux"))
    answer(nom="rejected")
    bring(make_programme(titre="Trois"))
    publish_change(ours(), name="Trois")
    settle(counterpart())
    bring(make_programme(titre="Deux"))
    assert pending()["Nom"].before == ("Trois",)


def test_a_person_says_one_of_three_things_and_of_a_refusal_why_once_for_all():
    follow()
    bring(make_programme(titre="Deuxième nom"))
    for verdict in ("by_rule", "prise", ""):
        with pytest.raises(ChangeError, match="n’est pas une décision"):
            answer(nom=verdict)
    row, (change,) = counterpart(), pending().values()
    with pytest.raises(ChangeError, match="dites pourquoi"):
        decide(
            counterpart=row,
            editor=make_editor(),
            imported=row.imported.current,
            ours=row.ours.current,
            answers={change.key: Answer("rejected", "  ")},
        )
    assert not FieldDecision.objects.exists()
    answer(nom="rejected")
    with pytest.raises(DatabaseError), transaction.atomic():
        FieldDecision.objects.update(why="Autre")


def test_what_would_make_a_sheet_that_contradicts_itself_is_refused_and_nothing_is_kept():
    follow(**{"montant du financement": "De 2 000 à 5 000 €"})
    publish_change(ours(), amount={"text": "De 2 000 à 5 000 €", "floor_eur": 2000})
    record = read_record(imported().current)
    lower = {**record, "amount": {**record["amount"], "text": "1 000 € au plus", "ceiling_eur": 1000}}
    revision = write_revision(lower, scheme=imported())
    put_in_force(scheme=imported(), revision=revision, state="draft")
    with pytest.raises(ChangeError, match=r"repris tels quels.*plancher dépasse le plafond"):
        answer(montant="accepted")
    assert not FieldDecision.objects.exists()
    assert waiting() == {"essai"}


@pytest.mark.slow
def test_conditions_are_decided_one_by_one():
    follow(company=STAFF)
    bring(make_programme(company={"minEmployees": "20", "maxEmployees": "249", "excludeMicroentrepreneur": True}))
    found = [change for change in pending().values() if change.label == "Critères d’éligibilité"]
    assert found
    accept_all()
    kinds = [row["kind"] for row in read_record(ours().current)["criteria"]]
    assert "micro_entrepreneur" in kinds
    assert waiting() == set()


# -- records that leave, and come back


def test_a_record_that_left_its_file_is_decided_and_comes_back():
    bring(make_programme(), make_programme("autre"))
    make_ours()
    report = bring(make_programme("autre"))
    assert report.to_decide == ["essai"]
    assert waiting() == {"essai", "autre"}
    assert set(pending()) == {"Présence dans la source"}
    draft = answer(présence_dans_la_source="accepted")
    assert draft.record["window"]["state"] == "closed"
    assert waiting() == {"autre"}
    bring(make_programme(), make_programme("autre"))
    assert counterpart().gone_at is None


def test_of_a_file_that_is_not_whole_what_is_absent_neither_leaves_nor_comes_back_and_what_is_there_does():
    part = Notice("Le fichier n’est pas entier.", is_partial=True)
    bring(make_programme(), make_programme("autre"))
    make_ours()
    report = bring(part, make_programme("autre"))
    assert (report.gone, report.to_decide, counterpart().gone_at) == ([], [], None)
    bring(make_programme("autre"))
    since = counterpart().gone_at
    assert since
    bring(part, make_programme("autre"))
    assert counterpart().gone_at == since
    bring(part, make_programme())
    assert counterpart().gone_at is None


@pytest.mark.slow
def test_a_record_whose_absence_was_refused_is_asked_once_more_only_if_it_leaves_again():
    bring(make_programme(), make_programme("autre"))
    make_ours()
    bring(make_programme("autre"))
    answer(présence_dans_la_source="rejected")
    bring(make_programme("autre"))
    assert waiting() == {"autre"}
    bring(make_programme(), make_programme("autre"))
    bring(make_programme("autre"))
    assert waiting() == {"essai", "autre"}


# -- two people, and an import, at once


def test_what_happens_while_an_editor_reads_is_told_and_nothing_of_the_decision_is_kept():
    follow()
    bring(make_programme(titre="Deuxième nom"))
    row, (change,) = counterpart(), pending().values()
    read = {"counterpart": row, "imported": row.imported.current, "ours": row.ours.current}
    editor, other = make_editor(), make_editor()
    refused = {change.key: Answer("rejected", "La nôtre est meilleure.")}
    for happens, sentence, kept in (
        (lambda: bring(make_programme(titre="Troisième nom")), "source a encore changé", []),
        (lambda: publish_change(ours(), summary="Autre résumé."), "Notre fiche a changé", []),
        (lambda: end_counterpart(counterpart=counterpart(), editor=other), "défaite", []),
        (lambda: decide(**read, editor=other, answers=refused), "Quelqu’un d’autre", ["La nôtre est meilleure."]),
    ):
        with undone():
            happens()
            with pytest.raises(ChangeError, match=sentence):
                decide(**read, editor=editor, answers={change.key: Answer("accepted")})
            assert list(FieldDecision.objects.values_list("why", flat=True)) == kept, sentence
            assert not Proposal.objects.open().exists(), sentence


def test_only_editors_decide():
    follow()
    bring(make_programme("autre"), make_programme(titre="Deuxième nom"))
    row, (change,) = counterpart(), pending().values()
    read = {"imported": row.imported.current, "ours": row.ours.current}
    for someone in (make_officer(), make_editor(is_active=False)):
        for act in (
            lambda by: decide(counterpart=row, editor=by, answers={change.key: Answer("accepted")}, **read),
            lambda by: link(imported("autre"), ours(), by),
            lambda by: end_counterpart(counterpart=row, editor=by),
            lambda by: set_aside(schemes=SourceChange.objects.all(), editor=by, why="Non."),
            lambda by: put_back(scheme=imported("autre"), editor=by),
        ):
            with pytest.raises(PermissionDenied):
                act(someone)
    assert not FieldDecision.objects.exists()
    assert not SetAside.objects.exists()


# -- new records


def test_every_new_record_waits_without_a_row_of_its_own(django_assert_num_queries):
    bring(*(make_programme(f"essai-{n}") for n in range(5)))
    assert len(waiting()) == 5
    assert not SetAside.objects.exists()
    assert not Counterpart.objects.exists()
    with django_assert_num_queries(1):
        assert SourceChange.objects.described().waiting().count() == 5


def test_the_queue_is_read_at_once_and_not_row_by_row():
    """A subquery asked for each of 20,000 rows looks so dear that PostgreSQL compiles the query, for seconds."""
    plan = SourceChange.objects.described().waiting().order_by().explain()
    conditions = next(line for line in plan.splitlines() if "Filter" in line)
    assert "hashed SubPlan" in conditions
    assert not re.search(r"\((?!hashed )SubPlan", conditions)


def test_what_was_set_aside_is_not_asked_again_until_it_says_something_else():
    bring(make_programme("a"), make_programme("b"))
    rows = SourceChange.objects.filter(source_key="a")
    assert set_aside(schemes=rows, editor=make_editor(), why="Pas pour des entreprises d’ici.") == 1
    assert set_aside(schemes=rows, editor=make_editor(), why="Encore.") == 0
    assert waiting() == {"b"}
    bring(make_programme("a"), make_programme("b"))
    assert waiting() == {"b"}
    bring(make_programme("a", validity=NEXT), make_programme("b"))
    assert waiting() == {"a", "b"}


def test_what_was_set_aside_by_mistake_is_put_back():
    bring(make_programme())
    editor = make_editor()
    set_aside(schemes=SourceChange.objects.described(), editor=editor, why="Non.")
    put_back(scheme=imported(), editor=editor)
    assert waiting() == {"essai"}
    assert (SetAside.objects.get().back_by, SetAside.objects.get().why) == (editor, "Non.")
    with pytest.raises(ChangeError, match="pas mise de côté"):
        put_back(scheme=imported(), editor=editor)
    assert set_aside(schemes=SourceChange.objects.described(), editor=editor, why="Si.") == 1


def test_what_follows_one_of_ours_is_never_set_aside():
    follow()
    bring(make_programme(titre="Deuxième nom"))
    assert set_aside(schemes=SourceChange.objects.described(), editor=make_editor(), why="Non.") == 0


def test_what_came_after_the_page_was_shown_is_not_set_aside_with_the_rest():
    bring(make_programme("a"))
    last = imported("a").current_id
    bring(make_programme("a"), make_programme("b"))
    assert set_aside(schemes=SourceChange.objects.described(), editor=make_editor(), why="Non.", until=last) == 1
    assert waiting() == {"b"}


def test_setting_aside_says_why():
    bring(make_programme())
    with pytest.raises(ChangeError, match="Dites pourquoi"):
        set_aside(schemes=SourceChange.objects.described(), editor=make_editor(), why=" ")


# -- what it does to firms


def test_a_publication_by_rule_or_by_people_is_told_to_the_firms_that_asked():
    follow(description="Une aide.", validity=VALIDITY)
    scheme = publish_change(ours(), needs={"numerique.robot": 1.0}, criteria=[])
    rematch(on=DAY)
    submission = make_submission(confirmed=True)
    read(submission)
    alert = subscribe(submission=submission, frequency="immediate", paused_until=None, on=DAY)
    assert tell(pk=alert.pk, on=DAY) is False
    assert due(on=DAY) == []
    bring(make_programme(url=OTHER_PAGE, description="Une aide.", validity=VALIDITY))
    assert ours().current.number == scheme.current.number + 1
    rematch(on=DAY)
    assert due(on=DAY) == []  # an address is no news
    amount = {"montant du financement": "20 000 €"}
    bring(make_programme(url=OTHER_PAGE, description="Une aide.", validity=VALIDITY, **amount))
    accept_all()
    rematch(on=DAY)
    assert due(on=DAY) == [alert.pk]
    assert tell(pk=alert.pk, on=DAY) is True


@pytest.mark.slow
def test_a_text_that_only_repeats_the_data_makes_no_condition_of_ours():
    follow(company=STAFF)
    bring(with_texts("Le projet doit être innovant.", company=STAFF))
    draft = answer(critères_d_éligibilité="accepted")
    assert all("from_text" not in row for row in draft.record["criteria"])
