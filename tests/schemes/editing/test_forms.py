"""The form of a sheet: it gives back what a revision says, and tells an editor what to mend."""

import pytest
from django.http import QueryDict

from backend.schemes.catalogue.comparison import differences
from backend.schemes.catalogue.publishable import mistakes_in
from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.catalogue.revising import check_record
from backend.schemes.editing.forms.criteria import CriterionForm
from backend.schemes.editing.forms.sheet import Sheet
from backend.schemes.models import Scheme, canonical_criterion
from backend.schemes.vocabulary import CRITERION_KINDS
from tests.schemes.editing.typed import criterion, new_scheme, sent
from tests.schemes.people import get_scheme, make_record

pytestmark = pytest.mark.django_db


def post(data):
    query = QueryDict(mutable=True)
    for name, value in data.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def bound(data, **options):
    return Sheet(data=post(data), **options)


@pytest.mark.cases(1)
@pytest.mark.parametrize("every", [24, 1])
def test_the_form_of_a_scheme_sent_untouched_says_the_same(every):
    schemes = Scheme.objects.published().order_by("pk").select_related("current__scheme")
    for scheme in schemes[::every]:
        record = read_record(scheme.current)
        sheet = bound(sent(Sheet(scheme=scheme, base=record)), scheme=scheme, base=record)
        assert sheet.is_valid(), scheme.source_key
        assert normalise(sheet.record()) == record, scheme.source_key


def test_a_new_scheme_is_typed_as_people_type():
    sheet = bound(new_scheme())
    assert sheet.is_valid()
    record = sheet.record()
    check_record(record)
    expected = make_record(amount={"ceiling_eur": 200000})
    assert differences(expected, record) == []


def test_a_row_typed_anew_is_kept_even_where_the_base_says_the_same():
    sheet = bound(new_scheme(), base=make_record())
    assert sheet.is_valid()
    assert differences(make_record(amount={"ceiling_eur": 200000}), sheet.record()) == []


def link(place=0, *, kind, scheme="vie", **fields):
    return {f"relations-{place}-{name}": value for name, value in {"kind": kind, "scheme": scheme, **fields}.items()}


@pytest.mark.parametrize(("typed", "cap"), [("80", 80), ("62,5", 62.5), ("", None)])
def test_a_cap_is_typed_as_people_write_it(typed, cap):
    sheet = bound(new_scheme(**link(kind="cumulable", cap_pct=typed, source="1")))
    assert sheet.is_valid()
    check_record(sheet.record())
    assert sheet.record()["relations"] == [
        {"kind": "cumulable", "scheme": "vie", "cap_pct": cap, "note": "", "source": 1}
    ]


def test_a_sheet_is_not_linked_to_itself():
    scheme = get_scheme()
    data = sent(Sheet(scheme=scheme, base=read_record(scheme.current)))
    sheet = bound({**data, **link(kind="requires", scheme=scheme.source_key)}, scheme=scheme)
    assert not sheet.is_valid()
    assert "lié à lui-même" in str(sheet.rows["relations"].forms[0].errors["scheme"])


@pytest.mark.parametrize("kinds", [("excludes", "requires"), ("requires", "excludes"), ("cumulable", "excludes")])
def test_two_rows_do_not_say_the_contrary_of_one_scheme(kinds):
    rows = {**link(0, kind=kinds[0]), **link(1, kind=kinds[1]), "relations-TOTAL_FORMS": "2"}
    sheet = bound(new_scheme(**rows))
    assert not sheet.is_valid()
    assert "dit le contraire" in str(sheet.rows["relations"].forms[1].errors["kind"])


# -- criteria

# What a browser sends of lists in which nobody chose.
CHOSEN = {
    "in_territory": {"level": "establishment"},
    "activity": {"nomenclature": "naf_rev2"},
    **{kind: {"level": "company"} for kind in ("headcount", "turnover", "balance_sheet")},
    "manual": {"nature": "condition"},
}


def form_of(kind, **fields):
    data = {"x-kind": kind, **{f"x-{name}": value for name, value in fields.items()}}
    return CriterionForm(post(data), prefix="x", kind=kind, key="essai")


@pytest.mark.parametrize(
    ("kind", "fields", "definition"),
    [
        ("in_territory", {"any_of": "Oise, reg-32"}, {"any_of": ["DEP-60", "REG-32"]}),
        ("in_territory", {"none_of": "COM-60159\nREG-11", "level": "project"}, None),
        ("activity", {"any_of": "c ; 25.62b"}, {"any_of": ["C", "25.62B"]}),
        ("legal_form", {"none_of": "92"}, {"none_of": ["92"]}),
        ("headcount", {"below": "250"}, {"below": 250}),
        ("headcount", {"at_least": "10", "at_most": "49,5", "level": "group"}, None),
        ("turnover", {"at_most": "2 000 000 €"}, {"at_most": 2000000}),
        ("balance_sheet", {"above": "0"}, {"above": 0}),
        ("spend", {"at_least": "1 234,50"}, {"at_least": 1234.5}),
        ("age_months", {"at_least": "36"}, {"at_least": 36}),
        ("size_category", {"to": "medium"}, {"to": "medium"}),
        ("micro_entrepreneur", {"expected": "False"}, {"expected": False}),
        ("activity", {"any_of": "V, 62.10y", "nomenclature": "naf_2025"}, None),
        ("turnover", {"at_most": "2 000", "level": "group"}, {"at_most": 2000, "level": "group"}),
        ("age_months", {"below": "96"}, {"below": 96}),
        ("craft_register", {"expected": "True"}, {}),
        ("public_body", {"expected": "False"}, {"expected": False}),
        ("in_difficulty", {"expected": "False"}, {"expected": False}),
        ("taxes_up_to_date", {"expected": "True"}, {}),
        ("tenure", {"any_of": ["owner"]}, {"any_of": ["owner"]}),
        ("horizon", {"none_of": ["later"]}, {"none_of": ["later"]}),
        ("spend_kind", {"any_of": ["works", "study"]}, {"any_of": ["works", "study"]}),
        (
            "holds_scheme",
            {"any_of": "acre\nmicrocrédit professionnel adie", "none_of": "jonction:vie"},
            {"any_of": ["jonction:acre", "jonction:adie"], "none_of": ["jonction:vie"]},
        ),
        (
            "window",
            {"state": "dated", "opens_on": "2026-03-01", "closes_on": "2026-04-30", "yearly": "on"},
            {"state": "dated", "opens_on": "2026-03-01", "closes_on": "2026-04-30", "yearly": True},
        ),
        ("project_not_started", {}, {}),
        ("autonomous", {}, {}),
        ("window", {"state": "dated", "closes_on": "2026-12-31"}, {"state": "dated", "closes_on": "2026-12-31"}),
        (
            "manual",
            {"sentence": "Le site est en Île-de-France.", "ask": "firm"},
            {"sentence": "Le site est en Île-de-France.", "ask": "firm", "fact": "essai.le-site-est-en-ile-de-france"},
        ),
        ("manual", {"sentence": "Oui.", "ask": "firm", "fact": "commun.nom"}, None),
        (
            "manual",
            {"sentence": "Projet innovant.", "ask": "operator", "fact": "essai.neuf", "nature": "appraisal"},
            {"sentence": "Projet innovant.", "fact": "essai.neuf", "nature": "appraisal"},
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_criterion_is_typed_in_the_fields_of_its_kind(kind, fields, definition):
    form = form_of(kind, **{**CHOSEN.get(kind, {}), **fields})
    assert form.is_valid(), form.errors
    if definition is not None:
        assert canonical_criterion(form.definition()) == {"kind": kind, **definition}


LEVEL = {"level": "company"}


@pytest.mark.parametrize(
    ("kind", "fields", "field", "sentence"),
    [
        ("in_territory", {"level": "project"}, None, "au moins une des deux listes"),
        (
            "in_territory",
            {"any_of": "Nulleparts"},
            "any_of",
            "« Nulleparts » n’est ni un code",
        ),
        ("in_territory", {"any_of": "Saint-Martin"}, "any_of", "peut être plusieurs lieux"),
        ("in_territory", {"any_of": "REG-32", "level": "planet"}, "level", "planet"),
        ("activity", {"any_of": "tôlerie"}, "any_of", "« tôlerie » n’est pas un code NAF"),
        ("activity", {"any_of": "decolletage"}, "any_of", "Peut-être : 25.62A (Décolletage)."),
        ("legal_form", {"any_of": "association"}, "any_of", "92 (association loi 1901 ou assimilée)"),
        ("in_territory", {"any_of": "Compièg"}, "any_of", "COM-60159 (Compiègne)"),
        ("activity", {"any_of": "25.99X"}, None, "« valeurs admises » : code NAF inconnu « 25.99X »."),
        ("activity", {"any_of": "C, V"}, "any_of", "« V » n’est pas un code de cette nomenclature"),
        ("activity", {"any_of": "W", "nomenclature": "naf_2025"}, "any_of", "n’est pas un code NAF"),
        ("legal_form", {"any_of": "57, 0001"}, None, "« valeurs admises » : catégorie juridique inconnue « 0001 »."),
        ("holds_scheme", {}, None, "au moins une des deux listes"),
        (
            "holds_scheme",
            {"any_of": "Nulle part"},
            "any_of",
            "« Nulle part » n’est ni le nom ni la clé d’un dispositif",
        ),
        ("holds_scheme", {"any_of": "acre", "none_of": "jonction:acre"}, None, "est dans les deux listes"),
        ("spend_kind", {"any_of": "voyages"}, "any_of", "voyages"),
        ("spend_kind", {}, None, "au moins une des deux listes"),
        ("tenure", {"any_of": "squatter"}, "any_of", "squatter"),
        ("craft_register", {"expected": "peut-être"}, "expected", "peut-être"),
        ("turnover", {"at_most": "5", "level": "planet"}, "level", "planet"),
        ("age_months", {"at_most": "12", "below": "12"}, None, "Une seule limite basse"),
        ("window", {"state": "dated", "closes_on": "2026-04-30", "yearly": "on"}, None, "son premier et son dernier"),
        ("legal_form", {"any_of": "SAS"}, "any_of", "« SAS » n’est pas une catégorie juridique"),
        ("headcount", LEVEL, None, "Écrivez au moins une limite."),
        ("headcount", {**LEVEL, "below": "250", "at_most": "249"}, None, "Une seule limite basse"),
        ("headcount", {**LEVEL, "at_least": "50", "at_most": "10"}, None, "La limite basse (50) dépasse"),
        ("headcount", {**LEVEL, "above": "50", "at_most": "50"}, None, "dépasse la limite haute"),
        ("headcount", {**LEVEL, "below": "beaucoup"}, "below", "nombre"),
        ("headcount", {**LEVEL, "below": "-3"}, "below", "0"),
        ("headcount", {**LEVEL, "below": "NaN"}, "below", "nombre"),
        ("headcount", {**LEVEL, "below": "1e400"}, "below", "chiffres"),
        ("spend", {"below": "9" * 30}, "below", "chiffres"),
        ("age_months", {"at_least": "12", "at_most": "6"}, None, "dépasse la limite haute"),
        ("size_category", {}, None, "Toutes les tailles sont admises"),
        ("size_category", {"from": "large", "to": "micro"}, None, "La première taille dépasse la seconde."),
        ("window", {"state": "dated"}, None, "demande le dernier jour"),
        ("window", {"state": "dated", "opens_on": "2027-01-01", "closes_on": "2026-01-01"}, None, "avant l’ouverture"),
        ("manual", {"ask": "firm"}, "sentence", "obligatoire"),
        ("manual", {"sentence": "Oui.", "ask": "firm", "nature": ""}, "nature", "obligatoire"),
        ("manual", {"sentence": "Oui.", "ask": "firm", "nature": "wish"}, "nature", "choix valide"),
        ("manual", {"sentence": "Oui.", "ask": "firm", "fact": "Été !"}, "fact", "minuscules"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_criterion_that_cannot_be_read_is_refused_where_it_stands(kind, fields, field, sentence):
    form = form_of(kind, **{**CHOSEN.get(kind, {}), **fields})
    assert not form.is_valid()
    told = " ".join(form.errors.get(field or "__all__", [])).replace("\u00a0", " ")
    assert sentence in told, form.errors


def test_an_unknown_kind_is_refused():
    form = form_of("magic")
    assert not form.is_valid()
    assert "kind" in form.errors


# -- the whole sheet


@pytest.mark.parametrize(
    ("changes", "part", "field", "sentence"),
    [
        ({"name": ""}, "main", "name", "obligatoire"),
        ({"key": "Pas un identifiant !"}, "main", "key", "traits d’union"),
        ({"kind": "gift"}, "main", "kind", "gift"),
        ({"as_of": "hier"}, "main", "as_of", "date"),
        ({"applicants": []}, "main", "applicants", "obligatoire"),
        ({"targeted_naf": "tôlerie"}, "main", "targeted_naf", "code NAF"),
        ({"window_state": "dated"}, "main", "window_closes_on", "demande le dernier jour"),
        (
            {"window_opens_on": "2027-01-01", "window_closes_on": "2026-01-01"},
            "main",
            "window_closes_on",
            "avant l’ouverture",
        ),
        ({"amount_floor_eur": "300 000"}, "main", "amount_ceiling_eur", "sous le plancher"),
        ({"amount_rate_max_pct": "120"}, "main", "amount_rate_max_pct", "100"),
        ({"amount_ceiling_eur": "beaucoup"}, "main", "amount_ceiling_eur", "nombre"),
        ({"contact_url": "pas une adresse"}, "main", "contact_url", "URL"),
        ({"preparation_days": "-1"}, "main", "preparation_days", "0"),
        ({"sources-0-title": ""}, "sources", "title", "obligatoire"),
        ({"sources-0-dated": "l’an dernier"}, "sources", "dated", "une année, un mois ou un jour"),
        ({"operators-0-roles": []}, "operators", "roles", "obligatoire"),
        ({"operators-0-siren": "123456789"}, "operators", "siren", "n’est pas un SIREN"),
        ({"needs-0-weight": ""}, "needs", "weight", "obligatoire"),
        ({"needs-0-sub_need": "numerique.magie"}, "needs", "sub_need", "numerique.magie"),
        ({"relations-0-kind": "excludes", "relations-0-scheme": "nulle-part"}, "relations", "scheme", "nulle-part"),
        (link(kind="excludes", cap_pct="80"), "relations", "cap_pct", "ne va qu’avec « se cumule avec »"),
        (link(kind="cumulable", cap_pct="0"), "relations", "cap_pct", "plus grande que 0"),
        (link(kind="cumulable", cap_pct="120"), "relations", "cap_pct", "au plus égale à 100"),
        (link(kind="cumulable", cap_pct="-3"), "relations", "cap_pct", "0"),
        (link(kind="cumulable", cap_pct="la moitié"), "relations", "cap_pct", "nombre"),
        ({"criteria-0-source": "2"}, "criteria", "source", "Sélectionnez un choix valide. 2"),
        ({"sources-0-DELETE": "on"}, "criteria", "source", "La source n° 1 est vide ou retirée"),
        ({"criteria-0-kind": "magic"}, "criteria", "kind", "magic"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_is_told_at_its_field(changes, part, field, sentence):
    sheet = bound(new_scheme(**changes))
    assert not sheet.is_valid()
    form = sheet.main if part == "main" else sheet.rows[part].forms[0]
    assert sentence in " ".join(form.errors[field]).replace("\u00a0", " "), form.errors
    assert sheet.n_errors() >= 1


@pytest.mark.cases(4)
@pytest.mark.parametrize("name", ["needs", "sources", "operators", "criteria", "relations"])
@pytest.mark.parametrize("count", ["", "beaucoup", "9999999999"])
def test_a_count_of_rows_that_is_none_breaks_nothing(name, count):
    sheet = bound(new_scheme(**{f"{name}-TOTAL_FORMS": count}))
    assert not sheet.is_valid()
    assert sheet.n_errors() >= 1


def test_a_row_said_twice_is_refused():
    again = {"needs-1-sub_need": "numerique.robot", "needs-1-weight": "0.4", "needs-TOTAL_FORMS": "2"}
    assert not bound(new_scheme(**again)).is_valid()


def test_a_source_that_is_taken_away_moves_the_numbers_of_the_others():
    sheet = bound(
        new_scheme(
            **{
                "sources-0-DELETE": "on",
                "sources-1-title": "Autre page",
                "sources-1-url": "",
                "sources-1-dated": "2026",
                "sources-TOTAL_FORMS": "2",
                "criteria-0-source": "2",
            }
        )
    )
    assert sheet.is_valid()
    record = sheet.record()
    assert [row["title"] for row in record["sources"]] == ["Autre page"]
    assert record["criteria"][0]["source"] == 1


def test_a_row_that_is_taken_away_is_not_checked():
    sheet = bound(new_scheme(**criterion(0, "headcount", DELETE="on")))
    assert sheet.is_valid()
    assert sheet.record()["criteria"] == []


@pytest.mark.parametrize("name", ["needs", "sources", "operators", "relations"])
def test_one_more_row_keeps_everything_as_it_was_typed(name):
    typed = new_scheme(name="", amount_ceiling_eur="beaucoup", **criterion(0, "headcount", below="250 x"))
    sheet = bound(typed).with_action("more", name)
    again = sent(sheet)
    assert int(again[f"{name}-TOTAL_FORMS"]) == int(typed[f"{name}-TOTAL_FORMS"]) + 1
    for field, value in typed.items():
        if field in again and not field.endswith("_FORMS"):
            assert again[field] == value, field
    assert not sheet.main.errors
    repaired = {**again, "name": "Nom", "amount_ceiling_eur": "5 000", "criteria-0-below": "250"}
    assert bound(repaired).is_valid()


@pytest.mark.cases(4)
@pytest.mark.parametrize("kind", CRITERION_KINDS)
def test_one_more_criterion_of_each_kind_has_its_fields(kind):
    sheet = bound(new_scheme()).with_action("add", "", kind=kind)
    rows = sheet.rows["criteria"].forms
    assert [form.of_kind for form in rows] == ["headcount", kind]
    assert sheet.focus == 1
    assert bound(sent(sheet)).rows["criteria"].forms[1].of_kind == kind


@pytest.mark.parametrize("action", ["add", "more", "up", "down", "in", "out", "magic"])
def test_an_action_that_makes_no_sense_changes_nothing(action):
    before = bound(new_scheme())
    places = {"add": ("",), "more": ("magic", "main", "criteria")}.get(action, ("0", "7", "x", ""))
    for place in places:
        for kind in ("magic", "") if action == "add" else ("",):
            after = before.with_action(action, place, kind=kind).rows
            assert [len(rows.forms) for rows in after.values()] == [len(rows.forms) for rows in before.rows.values()]


def test_a_sheet_keeps_a_weight_and_a_link_that_the_form_does_not_offer():
    scheme = get_scheme("hdf-pass-cyber-conseil")
    record = read_record(scheme.current)
    assert "bpi-cyber-pme" in {row["scheme"] for row in record["relations"]}
    record["needs"] = dict.fromkeys(record["needs"], 0.85)
    sheet = bound(sent(Sheet(scheme=scheme, base=record)), scheme=scheme, base=record)
    assert sheet.is_valid()
    assert set(sheet.record()["needs"].values()) == {0.85}


def test_a_new_sheet_begins_with_nothing_claimed():
    typed = sent(Sheet())  # what a browser sends where nobody chose anything
    claimed = {name: typed.get(name) for name in ("kind", "level", "applicants", "window_state", "confidence")}
    assert claimed == {
        "kind": "",
        "level": "",
        "applicants": [],
        "window_state": "unknown",
        "confidence": "to_verify",
    }
    assert not typed.get("public_contact")


def test_form_level_and_who_asks_are_chosen_and_never_guessed():
    sheet = bound({**new_scheme(), "kind": "", "level": "", "applicants": []})
    assert not sheet.is_valid()
    assert {"kind", "level", "applicants"} <= set(sheet.main.errors)


def test_a_new_sheet_as_it_begins_is_published_by_nobody():
    start = sent(Sheet())
    kept = {name: start[name] for name in ("window_state", "confidence")}
    sheet = bound({**new_scheme(), **kept})
    assert sheet.is_valid()
    assert any("non vérifiée" in mistake for mistake in mistakes_in(sheet.record(), base=None))
