"""A record becomes a revision, and a revision a record, with nothing lost on the way."""

import pytest
import yaml
from django.db import DatabaseError, transaction

from backend.schemes.catalogue.comparison import describe, differences
from backend.schemes.catalogue.records import RecordError, digest_of, normalise, read_record
from backend.schemes.catalogue.revising import check_record, write_revision
from backend.schemes.models import Operator, OperatorRole, Proposal, Relation, Revision, Scheme, ServedNeed
from tests.conftest import ROOT
from tests.schemes.people import get_scheme, make_record

pytestmark = pytest.mark.django_db
PATHS = sorted((ROOT / "fixtures" / "schemes").glob("*.yaml"))


def link(scheme="vie", *, kind="excludes", **fields):
    return {"kind": kind, "scheme": scheme, **fields}


def window(state):
    return {"state": state, "opens_on": None, "closes_on": None, "recurring": None, "note": None}


def rates(*rows):
    return {"amount": {"rates": [{"size": size, "pct": pct} for size, pct in rows]}}


def without_sirens(record):
    """An operator is shared: another file may know the number that this one does not."""
    return {**record, "operators": [{**row, "siren": None} for row in record["operators"]]}


@pytest.mark.parametrize(
    ("dated", "words"),
    [
        ("2026-06-12", "datée du 12 juin 2026"),
        ("2026-06", "datée de juin 2026"),
        ("2026", "datée de 2026"),
        (None, "sans date"),
    ],
)
def test_the_day_of_a_source_is_written_in_french(dated, words):
    record = make_record()
    record["sources"] = [{**record["sources"][0], "dated": dated}]
    (line,) = describe(record)["Sources"]
    assert words in line


@pytest.mark.cases(21)
@pytest.mark.parametrize("path", [path for n in range(10) for path in PATHS[n::10]], ids=lambda path: path.stem)
def test_what_a_file_says_can_be_read_again_from_its_revision(path):
    record = normalise(yaml.safe_load(path.read_text()))
    read = read_record(get_scheme(path.stem).revisions.get(number=1))
    assert without_sirens(read) == without_sirens(record)
    assert normalise(read) == read
    assert differences(record, read) == []


def test_what_a_record_may_leave_out_is_read_as_not_known():
    """Optional keys: the files written before them say the same as they did."""
    read = read_record(write_revision(make_record(), scheme=Scheme.objects.create(source_key="essai-pass-robot")))
    assert read["amount"] is None
    assert read["review_by"] is None
    assert normalise(read) == normalise(make_record())


def test_a_typed_amount_can_be_read_again():
    amount = {
        "rates": [{"size": "large", "pct": 12.5}, {"size": "micro", "pct": 0}],
        "spend_min_eur": 1000.5,
        "spend_max_eur": None,
        "in_kind": False,
    }
    record = make_record(amount=amount, review_by="2027-03-01")
    read = read_record(write_revision(record, scheme=Scheme.objects.create(source_key="essai-pass-robot")))
    assert read == normalise(record)
    assert read["amount"]["rates"] == [{"size": "micro", "pct": 0}, {"size": "large", "pct": 12.5}]
    assert (read["amount"]["spend_min_eur"], read["amount"]["in_kind"], read["review_by"]) == (
        1000.5,
        False,
        "2027-03-01",
    )


def test_the_number_of_an_operator_is_filled_in_once_and_never_changed():
    def written(siren):
        record = make_record(operators=[{"name": "Agence", "siren": siren, "roles": ["funder"]}])
        scheme, _ = Scheme.objects.get_or_create(source_key="essai-pass-robot")
        write_revision(record, scheme=scheme)
        return Operator.objects.get(name="Agence").siren

    assert [written(siren) for siren in (None, "385290309", None, "200053742")] == ["", *["385290309"] * 3]


def test_dates_and_text_of_a_date_are_the_same_content():
    record = yaml.safe_load(PATHS[0].read_text())
    assert digest_of(record) == digest_of({**record, "as_of": record["as_of"].isoformat()})


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"needs": {"numerique.robots": 1}}, "sous-besoin inconnu"),
        ({"kind": None}, "forme ou niveau absents"),
        ({"level": ""}, "forme ou niveau absents"),
        (rates(("tiny", 20)), "attendu : size (micro, small, medium, intermediate, large) et pct"),
        (rates(("micro", 20), ("micro", 30)), "deux taux pour la taille micro"),
        (rates(("micro", 101)), "rate_micro_pct"),
        (rates(("micro", "beaucoup")), "{'size': 'micro', 'pct': 'beaucoup'} ; attendu"),
        (rates(("micro", None)), "et pct, de 0 à 100"),
        ({"amount": {"rate_max_pct": 30, "rates": [{"size": "small", "pct": 40}]}}, "dépasse le taux maximal"),
        ({"amount": {"rate": 20}}, "amount : champs inconnus : rate ; attendus : text, unit, rate_max_pct, rates,"),
        ({"amount": {"spend_min_eur": 9, "spend_max_eur": 8}}, "La dépense minimale dépasse la dépense maximale"),
        ({"amount": {"spend_min_eur": -1}}, "spend_min_eur"),
        ({"amount": {"in_kind": "oui"}}, "in_kind"),
        ({"review_by": "2026-11-23"}, "Une fiche est à revoir après le jour où elle a été relue"),
        ({"needs": {"numerique.robot": 0}}, "served_need_weight_in_range"),
        ({"criteria": [{"kind": "headcont"}]}, "critère 1 : « headcont » n’est pas un genre"),
        ({"criteria": [{"kind": "headcount", "below": 250, "source": 2}]}, "critère 1 : il n’y a pas de source 2"),
        (
            {"criteria": [{"kind": "in_territory", "any_of": ["REG-32", "REG-99"]}]},
            "critère 1, « valeurs admises » : lieu inconnu « REG-99 »",
        ),
        (
            {"criteria": [{"kind": "activity", "none_of": ["25.99X"]}]},
            "« valeurs exclues » : code NAF inconnu « 25.99X »",
        ),
        ({"criteria": [{"kind": "legal_form", "any_of": ["0001"]}]}, "catégorie juridique inconnue « 0001 »"),
        ({"criteria": [{"kind": "holds_scheme", "any_of": ["jonction:x"]}]}, "dispositif inconnu « jonction:x »"),
        (
            {"criteria": [{"kind": "holds_scheme", "none_of": ["acre"]}]},
            "« valeurs exclues » : dispositif inconnu « acre »",
        ),
        ({"criteria": [{"kind": "spend_kind", "any_of": ["trips"]}]}, "dépense inconnue « trips »"),
        ({"criteria": [{"kind": "horizon", "any_of": ["soon"]}]}, "échéance inconnue « soon »"),
        (
            {"criteria": [{"kind": "any", "of": [{"kind": "not", "of": {"kind": "legal_form", "any_of": ["59"]}}]}]},
            "critère 1, partie 1 du groupe, critère inversé, « valeurs admises » : catégorie",
        ),
        (
            {"criteria": [{"kind": "legal_form", "any_of": ["0001"] * 7}]},
            "« valeurs admises » : catégorie juridique inconnue « 0001 » ; et 2 autres",
        ),
        ({"targeted_naf": ["C", "25.99X"]}, "targeted_naf : n’est pas un code NAF rév. 2 : 25.99X"),
        ({"criteria": ["headcount"]}, "str"),
        ({"criteria": None}, "NoneType"),
        ({"targeted_naf": ["99Z99"]}, "n’est pas un code NAF"),
        ({"applicants": []}, "applicants"),
        ({"applicants": ["friend"]}, "friend"),
        ({"operators": [{"name": "X", "siren": None, "roles": ["friend"]}]}, "friend"),
        (
            {"operators": [{"name": "X", "siren": "385290308", "roles": ["funder"]}]},
            "porteur X : « 385290308 » n’est pas un SIREN",
        ),
        ({"operators": [{"name": "X", "siren": "ADEME", "roles": ["funder"]}]}, "n’est pas un SIREN"),
        ({"relations": [link(kind="likes")]}, "lien 1 : "),
        ({"relations": [link(), link("adie", source=2)]}, "lien 2 : il n’y a pas de source 2"),
        ({"relations": [link("essai-pass-robot")]}, "lien 1 : un dispositif n’est pas lié à lui-même"),
        ({"relations": [link(cap=80)]}, "lien 1 : champs inconnus cap"),
        ({"relations": [link(cap_pct=80)]}, "lien 1 : Un plafond"),
        ({"relations": [link(kind="cumulable", cap_pct=0)]}, "lien 1 : Un plafond"),
        ({"relations": [link(kind="cumulable", cap_pct=-5)]}, "lien 1 : Un plafond"),
        ({"relations": [link(kind="cumulable", cap_pct=100.01)]}, "lien 1 : Un plafond"),
        ({"relations": [link(kind="cumulable", cap_pct="beaucoup")]}, "lien 1 : "),
        ({"relations": [link(kind="cumulable", cap_pct=1e9)]}, "lien 1 : "),
        ({"relations": [link(kind="cumulable", cap_pct=float("nan"))]}, "lien 1 : "),
        ({"window": {"state": "dated", "opens_on": None, "closes_on": None, "recurring": None, "note": None}}, "date"),
        ({"as_of": "hier"}, "hier"),
        ({"url": "pas une adresse"}, "URL"),
        ({"colour": "blue"}, "champs inconnus : colour"),
        ({"name": "x" * 300}, "name : "),
        ({"name": "nul\0"}, "NUL"),
    ],
    ids=str,
)
def test_a_record_that_is_not_well_formed_is_refused_with_the_place(changes, place):
    with pytest.raises(RecordError) as caught:
        check_record(make_record(**changes))
    assert place in str(caught.value)


@pytest.mark.parametrize("cap", [0.01, 62.5, 80, 100, None])
def test_a_cap_is_read_back_as_it_was_written(cap):
    scheme = Scheme.objects.create(source_key="essai-pass-robot")
    record = make_record(relations=[link(kind="cumulable", cap_pct=cap, source=1)])
    assert read_record(write_revision(record, scheme=scheme)) == normalise(record)


@pytest.mark.parametrize(("kind", "cap"), [("excludes", 80), ("cumulable", 0), ("cumulable", 101)])
def test_the_database_refuses_a_cap_that_is_no_share_of_a_spend(kind, cap):
    with pytest.raises(DatabaseError, match="relation_cap"), transaction.atomic():
        get_scheme().current.relations.create(kind=kind, other_key="vie", cap_pct=cap)


def test_checking_a_record_keeps_nothing():
    models = (Scheme, Revision, Operator, Proposal)
    before = [model.objects.count() for model in models]
    check_record(make_record(operators=[{"name": "Porteur inventé", "siren": None, "roles": ["funder"]}]))
    assert [model.objects.count() for model in models] == before


@pytest.mark.parametrize("model", [OperatorRole, ServedNeed, Relation])
def test_what_hangs_on_a_revision_is_never_rewritten(model):
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        model.objects.first().save()


# -- side by side


def plain(lines):
    return tuple(line.replace("\u00a0", " ") for line in lines)


@pytest.mark.parametrize(
    ("changes", "label", "before", "after"),
    [
        ({"name": "Autre"}, "Nom", ("Pass robot (essai)",), ("Autre",)),
        ({"kind": "loan"}, "Forme", ("subvention",), ("prêt",)),
        ({"as_of": "2026-10-01"}, "État au", ("24 novembre 2026",), ("1er octobre 2026",)),
        (
            {"criteria": [{"kind": "headcount", "below": 250}]},
            "Critères d’éligibilité",
            ("Effectif de l’entreprise : moins de 250 salariés [source : Page inventée]",),
            ("Effectif de l’entreprise : moins de 250 salariés [source : aucune]",),
        ),
        ({"needs": {"numerique.robot": 0.4}}, "Besoins servis", None, None),
        ({"amount": {"ceiling_eur": 200000}}, "Montant", (), ("plafond : 200 000 €",)),
        (
            {"amount": {"rates": [{"size": "medium", "pct": 20}, {"size": "micro", "pct": 33.33}]}},
            "Montant",
            (),
            ("taux, micro-entreprise : 33,33 %", "taux, entreprise moyenne : 20 %"),
        ),
        (
            {"amount": {"spend_min_eur": 5000, "spend_max_eur": 80000, "in_kind": False}},
            "Montant",
            (),
            ("dépense retenue, au moins : 5 000 €", "dépense retenue, au plus : 80 000 €", "en argent"),
        ),
        ({"review_by": "2027-01-31"}, "À revoir avant le", (), ("31 janvier 2027",)),
        ({"window": window("exhausted")}, "Ouverture", ("ouvert en permanence",), ("enveloppe épuisée",)),
        ({"documents": ["Kbis"]}, "Pièces à fournir", (), ("Kbis",)),
        ({"url": "https://exemple.example/"}, "Page du dispositif", (), ("https://exemple.example/",)),
        ({"targeted_naf": ["C"]}, "Secteurs ciblés", (), ("Industrie manufacturière (C)",)),
        ({"contact": None}, "Contact", ("Région",), ()),
        ({"public_contact": True}, "Contact public", ("non",), ("oui",)),
        (
            {"relations": [{"kind": "excludes", "scheme": "vie", "note": None, "source": None}]},
            "Liens avec d’autres dispositifs",
            (),
            ("ne se cumule pas avec : Volontariat international en entreprise (VIE)",),
        ),
        (
            {"relations": [link(kind="cumulable", cap_pct=62.5)]},
            "Liens avec d’autres dispositifs",
            (),
            ("se cumule avec : Volontariat international en entreprise (VIE), jusqu’à 62,5 % de la même dépense",),
        ),
        (
            {"operators": [{"name": "Région Hauts-de-France", "siren": None, "roles": ["assessor"]}]},
            "Porteurs",
            ("Région Hauts-de-France : finance",),
            ("Région Hauts-de-France : instruit",),
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_change_shows_in_its_field_and_in_no_other(changes, label, before, after):
    (difference,) = differences(make_record(), make_record(**changes))
    assert difference.label == label
    if before is not None:
        assert (plain(difference.before), plain(difference.after)) == (before, after)


def test_of_a_list_only_the_lines_that_differ_are_shown():
    (difference,) = differences(make_record(documents=["Kbis", "Devis"]), make_record(documents=["Kbis", "RIB"]))
    assert (difference.before, difference.after) == (("Devis",), ("RIB",))


def test_another_order_is_a_difference_too():
    (difference,) = differences(make_record(documents=["Kbis", "RIB"]), make_record(documents=["RIB", "Kbis"]))
    assert (difference.before, difference.after) == (("Kbis", "RIB"), ("RIB", "Kbis"))


def test_ways_of_saying_nothing_are_no_difference():
    empty = {"text": "", "unit": None, "ceiling_eur": None}
    assert differences(make_record(amount=None, notes=None), make_record(amount=empty, notes=" ")) == []


# -- two changes together


def test_another_site_s_record_may_say_neither_form_nor_level():
    scheme = Scheme.objects.create(source="ailleurs", source_key="essai")
    record = {**make_record("essai"), "kind": None, "level": None}
    revision = write_revision(record, scheme=scheme)
    assert (revision.kind, revision.level) == ("", "")
    read = read_record(revision)
    assert (read["kind"], read["level"]) == (None, None)
    assert differences(read, normalise(record)) == []
    assert describe(read)["Forme"] == describe(read)["Niveau"] == ("non précisé",)
