"""The note to the committee: what stands out, from ten files of five firms on, and no small number at all."""

from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from backend.accounts.models import Membership, Organisation
from backend.common.days import add_working_days, working_days_between
from backend.companies.models import Company
from backend.journal.models import AuditEvent
from backend.matchmaking.models import Submission
from backend.matchmaking.standing import Standing
from backend.privacy.erasing import erase_submission
from backend.schemes.models import SubNeed
from backend.steering.actions import decide_action, end_action
from backend.steering.disclosure import LEAST_FILES
from backend.steering.models import FileFact, NeedFact, PublishedMonth
from backend.steering.nightly import rebuild
from backend.steering.note import note_of
from backend.steering.published import first_day, publish
from backend.steering.scopes import Filters, scope_of
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, DAY, archive_serving, make_lead, make_officer, make_submission
from tests.steering.rows import ask, at_noon, count_file
from tests.web.conftest import text_of
from tests.web.pdf_ua import failures

pytestmark = pytest.mark.django_db
NEED, SIRENS = "cyber.diagnostic", ("552100554", "732829320", "443061841", "542065479", "383474814")


def files(n, *, firms=5, days_ago=1, need=NEED, standing=""):
    """Count files of so many firms, as of some days ago; the last of them has the others."""
    day = DAY - timedelta(days=days_ago)
    family = SubNeed.objects.get(key=need).need_id
    made = [count_file(filed_on=day, needs=(family,), siren=SIRENS[min(place, firms - 1)]).pk for place in range(n)]
    for fact in FileFact.objects.filter(pk__in=made):
        ask(fact, need, standing=standing)
    return Submission.objects.filter(pk__in=made).order_by("pk")


def signals(on=DAY):
    """Publish the month of a day again, and return what stands out at its end."""
    PublishedMonth.objects.all().delete()
    publish(on=first_day(on))
    return note_of(scope_of(make_lead()), on=on).signals


def test_a_need_that_is_surely_unmet_stands_out_and_is_rounded():
    made = files(LEAST_FILES + 2)
    assert Company.objects.filter(sheets__submission__in=made).distinct().count() == 5
    (said,) = signals()
    assert said == "Cybersécurité : environ 10 demandes, plus d’une sur deux sans dispositif, conseil à part."
    files(8)
    assert publish(on=first_day(DAY)) == 0
    assert note_of(scope_of(make_lead()), on=DAY).signals == (said,)  # nothing moves before the next month
    assert signals() == ("Cybersécurité : environ 20 demandes, plus d’une sur deux sans dispositif, conseil à part.",)


def test_a_part_of_a_need_stands_out_where_the_need_does_not():
    files(LEAST_FILES + 2)
    other = "cyber.equipement"
    assert SubNeed.objects.get(key=other).need == SubNeed.objects.get(key=NEED).need
    files(LEAST_FILES + 4, need=other, standing=NeedFact.MET[0])
    (said,) = signals()
    label = SubNeed.objects.get(key=NEED).label
    assert said == f"{label} : environ 10 demandes, plus d’une sur deux sans dispositif, conseil à part."


def test_sub_needs_of_a_file_are_one_file():
    half = LEAST_FILES // 2 + 1
    unmet, met = files(half), files(half, standing=NeedFact.MET[0])
    others = SubNeed.objects.filter(need__sub_needs=NEED).exclude(pk=NEED)
    NeedFact.objects.bulk_create(NeedFact(file_id=file.pk, sub_need=other) for file in unmet for other in others)
    rows = NeedFact.objects.all()
    assert rows.exclude(standing__in=NeedFact.POSSIBLE).count() >= 3 * half
    assert rows.filter(standing__in=NeedFact.MET).count() == len(met) == half
    assert signals() == ()


@pytest.mark.parametrize(("n", "firms"), [(LEAST_FILES - 1, 5), (LEAST_FILES + 5, 4)])
def test_few_files_or_few_firms_are_not_spoken_of(n, firms):
    files(n, firms=firms)
    assert signals() == ()


def test_where_no_need_is_surely_unmet_the_files_that_have_an_unmet_one_are_counted():
    files(LEAST_FILES - 1)
    files(LEAST_FILES, standing=NeedFact.MET[0])
    assert signals() == ()
    files(1)
    assert signals() == ("Environ 10 demandes ont un besoin sans dispositif, conseil à part.",)


def test_a_need_whose_schemes_wait_for_an_answer_is_not_said_to_have_none():
    files(LEAST_FILES - 1, standing=Standing.TO_SPECIFY)
    assert signals() == ()
    files(3, standing=Standing.TO_SPECIFY)
    assert signals() == ("Environ 10 demandes ont un besoin à préciser : une réponse manque encore.",)


def test_files_that_wait_for_long_and_a_delay_that_is_not_kept_stand_out():
    make_officer(ARC)
    Organisation.objects.filter(epci__short_name=ARC).update(promised_days=3)
    met = NeedFact.MET[0]
    made = files(LEAST_FILES + 1, days_ago=60, standing=met)
    assert signals() == ("Environ 10 demandes attendent une réponse depuis 21 jours ouvrés au moins.",)
    erase_submission(submission=made.last())
    erase_submission(submission=made.first())
    assert signals() == ()
    files(2, days_ago=60, standing=met)
    Submission.objects.filter(erased_at=None).update(reviewed_at=at_noon(DAY), first_answered_at=at_noon(DAY))
    (said,) = signals()
    n = working_days_between(DAY - timedelta(days=60), DAY)
    assert said.endswith(f" : 3 jours ouvrés promis, {n} jours ouvrés pour la moitié des demandes.")


def file_them(n):
    """File demands of five firms before the month of the day; the last of them has the others."""
    made = [
        make_submission(
            needs=(NEED,),
            text="",
            confirmed=True,
            siret="",
            siren=SIRENS[min(place, 4)],
            company_name=f"Atelier secret {place}",
            email=f"atelier{place}@firm.example",
        ).pk
        for place in range(n)
    ]
    then = at_noon(DAY - timedelta(days=40))
    Submission.objects.filter(pk__in=made).update(filed_at=then, confirmed_at=then)


def test_the_page_and_the_document_tell_no_small_number_and_no_firm(client):
    archive_serving(NEED)
    file_them(LEAST_FILES + 2)
    lead = make_lead()
    rebuild(on=first_day(DAY))
    filters = Filters(sub_need=NEED, epci=ServedEpci.objects.get(short_name=CCLO))
    action = decide_action(
        user=lead, filters=filters, what="Un relais cyber", owner="CCI", due_on=DAY - timedelta(days=2), on=DAY
    )
    client.force_login(lead)
    page = client.get("/territoire/note/")
    document = client.get("/territoire/note/?pdf=1")
    reader = PdfReader(BytesIO(document.content))
    assert failures(reader) == []
    assert len(reader.pages) <= 2
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    for text in (text_of(page), " ".join("\n".join(each.extract_text() for each in reader.pages).split())):
        assert "plus d’une sur deux sans dispositif, conseil à part" in text
        assert text.index("plus d’une sur deux") < text.index("1 action est en retard")
        assert "Ce qui pourrait révéler un petit nombre n’est pas dit." in text  # also where something is
        assert "Un relais cyber" in text
        assert "contour : moins de 5" in text.replace("\xa0", " ")  # in the legend
        assert "les autres sont arrondis au multiple de 5 le plus proche" in text
        assert "Atelier secret" not in text
        assert "12" not in text.replace("2012", "")
    charts = page.content.decode().split('<svg class="chart"')[1:]
    assert len(charts) == 2
    for chart in charts:  # its figures stand under it, in no fold
        assert "<details" not in chart[: chart.index("<table")]
    assert AuditEvent.objects.filter(detail="note", actor=lead).count() == 1
    end_action(user=lead, action=action, result="Une permanence par mois.", on=DAY)
    assert "Une permanence par mois." in text_of(client.get("/territoire/note/"))


def test_who_leads_elsewhere_reads_the_signals_and_not_the_action(client):
    lead, there = make_lead(), make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    filters = Filters(sub_need=NEED, epci=ServedEpci.objects.get(short_name=CCLO))
    decide_action(
        user=lead, filters=filters, what="Un relais cyber", owner="CCI", due_on=add_working_days(DAY, 9), on=DAY
    )
    client.force_login(there)
    text = text_of(client.get("/territoire/note/"))
    assert "Rien qui puisse être dit." in text
    assert "Ce qui pourrait révéler un petit nombre n’est pas dit." in text
    assert "Un relais cyber" not in text
