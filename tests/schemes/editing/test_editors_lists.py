"""What editors search and filter, and a report beside the criterion it is about."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.schemes.catalogue.criteria import sentence
from backend.schemes.editing.closing import close_now
from backend.schemes.models import Scheme
from tests.factories import DAY
from tests.schemes.editing.test_previews import make_preview
from tests.schemes.people import get_scheme, make_editor, make_proposal, make_task, publish_change
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
SCHEMES, PROPOSALS, TASKS = (f"/administration/schemes/{name}/" for name in ("scheme", "proposal", "cataloguetask"))


@pytest.fixture
def desk():
    client = Client()
    client.force_login(make_editor())
    return client


def listed(client, **narrowed):
    response = client.get(SCHEMES, narrowed)
    assert response.status_code == 200
    return set(response.context["cl"].queryset.values_list("source_key", flat=True))


@pytest.mark.cases(2)
@pytest.mark.parametrize("typed", ["mediation du credit", "Médiation", "MEDIATION", "mediation-credit"])
def test_a_sheet_is_found_by_its_words_whatever_the_accents(desk, typed):
    assert "mediation-credit" in listed(desk, q=typed)


def test_what_is_wrong_is_read_first_with_its_condition_and_its_age(desk):
    scheme = get_scheme("aide-apprentissage-2026")
    task = make_task(scheme, criterion=scheme.current.criteria.get(position=2), text="C’est 500 maintenant.")
    for days, age in ((0, "aujourd’hui"), (1, "1 jour"), (60, "60 jours"), (100, "3 mois"), (1779, "4 ans")):
        type(task).objects.update(reported_at=timezone.now() - timedelta(days=days))
        page = desk.get(TASKS)
        assert page.context["cl"].list_display[0] == "wrong"
        assert f">{age}<" in page.content.decode()
    condition = " ".join(sentence(task.criterion.definition).split()[:10])
    assert f"C’est 500 maintenant. – {condition}" in text_of(page)


def test_who_takes_other_catalogues_in_is_said_in_plain_words(desk):
    page = text_of(desk.get("/administration/schemes/importrun/"))
    assert "L’administrateur du service lance les reprises depuis le serveur" in page
    assert "manage.py" not in page


def test_nonsense_finds_nothing_and_breaks_nothing(desk):
    for typed in ("zzzz", "«»", "%", "'", "a & b | !c"):
        listed(desk, q=typed)
    assert listed(desk, q="xylophone-quantique") == set()


def test_the_window_is_that_of_today(desk, settings):
    settings.FIXED_DAY = DAY
    close_now(scheme=get_scheme(), author=make_editor(), state="exhausted", note="", reason="Lu.")
    publish_change(get_scheme("vie"), window={"state": "dated", "opens_on": "2026-01-01", "closes_on": "2026-11-23",
                                              "recurring": None, "note": None})  # fmt: skip
    assert "mediation-credit" in listed(desk, ouverture="exhausted")
    assert "vie" in listed(desk, ouverture="closed")
    assert not {"vie", "mediation-credit"} & listed(desk, ouverture="open")
    assert listed(desk, ouverture="nonsense") == listed(desk)


def test_needs_operators_and_completeness_narrow_together(desk):
    publish_change(get_scheme(), operators=[{"name": "Banque d’essai", "siren": None, "roles": ["funder"]}])
    Scheme.objects.filter(source_key="mediation-credit").update(completeness=40, n_firms=3)
    Scheme.objects.filter(source_key="vie").update(completeness=90, n_firms=1)
    assert listed(desk, porteur="banque d'essai") == {"mediation-credit"}
    assert listed(desk, porteur="BANQUE d’essai") == {"mediation-credit"}
    assert "mediation-credit" in listed(desk, complete="0")
    assert "vie" in listed(desk, complete="80")
    assert listed(desk, porteur="banque d’essai", complete="80") == set()
    finance = listed(desk, besoin="finance")
    assert "mediation-credit" in finance
    assert "vie" not in finance


def test_the_operator_that_is_typed_keeps_the_other_filters(desk):
    html = desk.get(SCHEMES, {"complete": "0", "q": "credit"}).content.decode()
    assert '<input type="hidden" name="complete" value="0">' in html
    assert '<input type="hidden" name="q" value="credit">' in html


def test_the_list_asks_the_database_the_same_for_more_rows(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(40) as few:
        desk.get(SCHEMES, {"q": "mediation"})
    with django_assert_max_num_queries(len(few)):
        response = desk.get(SCHEMES)
    assert len(response.context["cl"].result_list) == 50


def test_what_waits_in_the_proposals_is_found(desk):
    close_now(scheme=get_scheme(), author=make_editor(), state="closed", note="", reason="Lu.")
    waiting = make_proposal(scheme=get_scheme("vie"))
    link = make_preview(make_proposal(key="un-autre"))
    link.remarks.create(text="Faux.", left_at=link.made_at, version=1)
    found = {
        value: {row.key for row in desk.get(PROPOSALS, {"faire": value}).context["cl"].queryset}
        for value in ("relire", "apres", "remarques")
    }
    assert found == {"relire": {waiting.key, "un-autre"}, "apres": {"mediation-credit"}, "remarques": {"un-autre"}}


# -- a report beside its criterion


def test_a_report_opens_the_sheet_at_its_criterion_with_its_words_beside(desk):
    scheme = publish_change(
        get_scheme(),
        criteria=[
            {"kind": "any", "of": [{"kind": "public_body"}, {"kind": "headcount", "below": 10}], "source": 1},
            {"kind": "headcount", "below": 250, "source": 1},
        ],
    )
    task = make_task(scheme, criterion=scheme.current.criteria.get(position=2), text="C’est 500 maintenant.")
    html = desk.get(f"{TASKS}{task.pk}/change/").content.decode()
    assert f"?fiche={task.pk}#criterion-3" in html
    page = desk.get(f"{PROPOSALS}add/?fiche={task.pk}").content.decode()
    own = page[page.index('id="criterion-3"') : page.index("</fieldset>", page.index('id="criterion-3"'))]
    assert "C’est 500 maintenant." in own
    before = page[page.index('id="criterion-0"') : page.index('id="criterion-3"')]
    assert "C’est 500 maintenant." not in before


@pytest.mark.slow
def test_a_report_on_a_criterion_that_changed_since_says_what_it_was_about(desk):
    task = make_task(get_scheme())
    publish_change(get_scheme(), criteria=[{"kind": "headcount", "below": 250, "source": 1}])
    page = desk.get(f"{PROPOSALS}add/?fiche={task.pk}")
    assert page.context["reported"] is None
    assert task.text in text_of(page)
    assert "#criterion-" not in desk.get(f"{TASKS}{task.pk}/change/").content.decode()
