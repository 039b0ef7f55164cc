"""De minimis aids around a file: who records and takes back, what is left in words, what is said of each scheme."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from backend.companies.models import Fact, ReceivedAid
from backend.companies.services import record_facts
from backend.matchmaking import engine, state_aid
from backend.matchmaking.presentation import present, present_schemes
from backend.matchmaking.results import compute_result
from backend.matchmaking.shortlist import told_card
from backend.matchmaking.size import present_size
from backend.matchmaking.state_aid import (
    AidError,
    declare_aid,
    declare_complete,
    ledger_of,
    notes_on_schemes,
    proposes_de_minimis,
    take_aid_back,
)
from backend.schemes.catalogue.regimes import regimes_of
from backend.schemes.models import Revision
from tests.factories import CCLO, DAY, make_lead, make_officer, make_submission

pytestmark = pytest.mark.django_db
NEW_YEAR = date(2027, 1, 1)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


def declare(submission, granted_on="2025-03-03", amount="120000", regulation="general", **more):
    return declare_aid(
        submission=submission,
        granted_on=date.fromisoformat(granted_on),
        amount_eur=None if amount is None else Decimal(amount),
        regulation=regulation,
        **{"on": DAY, **more},
    )


def told(submission, *, on=DAY):
    return plain(" ".join(ledger_of(submission, on=on).sentences))


# -- recording


def test_an_aid_says_who_told_it_and_when(submission, officer):
    said = declare(submission, title=" Pass Cyber ", member="Étangs Découpe")
    known = declare(submission, "2025-04-04", author=officer)
    assert (said.origin, said.author, said.recorded_on) == (Fact.Origin.DECLARED, None, DAY)
    assert (said.title, said.member) == ("Pass Cyber", "Étangs Découpe")
    assert (known.origin, known.author) == (Fact.Origin.OFFICER, officer)


def test_the_same_aid_sent_twice_is_one(submission):
    assert declare(submission) == declare(submission)
    assert declare(submission, title="Une autre") != declare(submission)
    assert ReceivedAid.objects.count() == 2


def test_an_aid_taken_back_stays_with_who_took_it_back_and_counts_no_more(submission, officer):
    aid = declare(submission)
    take_aid_back(submission=submission, aid=aid, author=officer)
    aid.refresh_from_db()
    assert aid.withdrawn_by == officer
    assert aid.withdrawn_at is not None
    assert ledger_of(submission, on=DAY).lines == ()
    assert declare(submission) != aid  # said again, it is another row


def test_an_aid_is_taken_back_once(submission, officer):
    aid = declare(submission)
    take_aid_back(submission=submission, aid=aid)
    take_aid_back(submission=submission, aid=aid, author=officer)
    aid.refresh_from_db()
    assert aid.withdrawn_by is None


def test_a_firm_takes_back_what_it_said_and_not_what_its_officer_knows(submission, officer):
    with pytest.raises(PermissionDenied):
        take_aid_back(submission=submission, aid=declare(submission, author=officer))
    take_aid_back(submission=submission, aid=declare(submission, "2025-04-04"))
    assert len(ledger_of(submission, on=DAY).lines) == 1


@pytest.mark.parametrize("stranger", [lambda: make_officer(CCLO), make_lead])
def test_only_officers_in_charge_write_in_the_ledger(submission, stranger):
    aid, person = declare(submission), stranger()
    for act in (
        lambda: declare(submission, "2025-05-05", author=person),
        lambda: take_aid_back(submission=submission, aid=aid, author=person),
        lambda: declare_complete(submission=submission, complete=True, on=DAY, author=person),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_an_aid_to_come_is_refused_and_one_of_the_day_is_not(submission):
    with pytest.raises(AidError, match="pas encore accordée"):
        declare(submission, "2026-11-25")
    assert declare(submission, "2026-11-24")


def test_a_ledger_has_an_end(submission, monkeypatch):
    monkeypatch.setattr(state_aid, "N_AIDS", 1)
    aid = declare(submission)
    with pytest.raises(AidError, match="compte déjà 1 aides"):
        declare(submission, "2025-04-04")
    take_aid_back(submission=submission, aid=aid)
    assert declare(submission, "2025-04-04")


@pytest.mark.parametrize(
    "wrong", [{"amount_eur": 0}, {"amount_eur": -1}, {"origin": "officer"}, {"withdrawn_by": "officer"}]
)
def test_the_database_refuses_an_aid_that_cannot_be(submission, officer, wrong):
    row = declare(submission)
    row.pk = None
    for name, value in wrong.items():
        setattr(row, name, officer if name == "withdrawn_by" else value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_what_one_file_declares_no_other_file_of_the_number_shows(submission):
    other = make_submission(confirmed=True, email="inconnu@ailleurs.example")
    assert other.sheet.company == submission.sheet.company
    declare(submission)
    assert ledger_of(other, on=DAY).lines == ()


# -- what is left


def test_nothing_declared_is_not_nothing_received(submission):
    ledger = ledger_of(submission, on=DAY)
    assert not ledger.is_complete
    assert (ledger.left.low, ledger.left.high) == (0, 300_000)
    assert told(submission) == (
        "Il reste au plus 300 000 € sur 300 000 €."
        " La liste n’est pas déclarée complète : d’autres aides ont pu être reçues. À vérifier."
    )


def test_a_complete_list_says_what_is_left_until_when_and_what_comes_back(submission):
    declare(submission, "2024-03-03", "120000")
    declare(submission, "2025-06-01", "30000")
    declare_complete(submission=submission, complete=True, on=DAY)
    ledger = ledger_of(submission, on=DAY)
    assert ledger.declared_on == DAY
    assert told(submission) == (
        "Il reste 150 000 € sur 300 000 € jusqu’au 2 mars 2027. Libéré le 3 mars 2027 : 120 000 €."
    )
    assert [plain(text) for text in (ledger.ceiling, ledger.total, ledger.remainder)] == [
        "300 000 €",
        "150 000 €",
        "150 000 €",
    ]


def test_each_line_says_until_when_it_counts(submission):
    for granted, expected in (
        ("2023-11-24", ""),  # three years old on the day
        ("2023-11-25", "24 novembre 2026"),
        ("2024-02-29", "28 février 2027"),
        ("2024-03-01", "28 février 2027"),
    ):
        aid = declare(submission, granted, "1")
        (line,) = (line for line in ledger_of(submission, on=DAY).lines if line.aid == aid)
        assert line.counts_until == expected
    assert ledger_of(submission, on=DAY).left.used == (3, 3)


def test_a_ceiling_reached_says_until_when(submission):
    declare(submission, amount="300000")
    declare_complete(submission=submission, complete=True, on=DAY)
    assert told(submission) == (
        "Le plafond de 300 000 € est atteint jusqu’au 2 mars 2028. Libéré le 3 mars 2028 : 300 000 €."
    )


def test_an_unknown_amount_leaves_an_upper_bound_and_no_guess(submission):
    declare(submission, amount="100000")
    aid = declare(submission, "2025-03-02", None)
    declare_complete(submission=submission, complete=True, on=DAY)
    ledger = ledger_of(submission, on=DAY)
    assert (ledger.left.low, ledger.left.high, ledger.left.used) == (0, 200_000, (100_000, None))
    assert plain(ledger.total) == "100 000 € ou plus"
    assert next(line for line in ledger.lines if line.aid == aid).amount == ""
    assert told(submission) == (
        "Il reste au plus 200 000 € sur 300 000 € jusqu’au 1er mars 2028."
        " Libéré le 2 mars 2028 : un montant inconnu. Un montant ou un règlement manque : à vérifier."
    )


def test_an_aid_under_an_unknown_regulation_may_count(submission):
    declare(submission, amount="100000", regulation="")
    declare_complete(submission=submission, complete=True, on=DAY)
    assert ledger_of(submission, on=DAY).left.low == 200_000
    assert told(submission).startswith("Il reste entre 200 000 € et 300 000 € sur 300 000 €")


def test_agricultural_aid_counts_under_the_general_ceiling(submission):
    declare(submission, amount="20000", regulation="agricultural")
    declare_complete(submission=submission, complete=True, on=DAY)
    left = ledger_of(submission, on=DAY).left
    assert (left.low, left.high) == (280_000, 280_000)


@pytest.mark.parametrize(("on", "known"), [(date(2030, 12, 31), True), (date(2031, 1, 1), False)])
def test_after_its_regulation_the_ceiling_is_unknown(submission, on, known):
    declare_complete(submission=submission, complete=True, on=DAY)
    ledger = ledger_of(submission, on=on)
    assert (ledger.left.ceiling is not None) is known
    if not known:
        assert (ledger.ceiling, ledger.remainder) == ("", "")
        assert told(submission, on=on) == (
            "Le plafond des aides de minimis n’est pas connu à ce jour : le règlement connu ici s’appliquait jusqu’au"
            " 31 décembre 2030. À vérifier."
        )


def test_before_any_regulation_known_no_end_is_told(submission):
    assert told(submission, on=date(2023, 1, 1)) == (
        "Le plafond des aides de minimis n’est pas connu à ce jour. À vérifier."
    )


def test_a_declaration_is_taken_back(submission, officer):
    declare_complete(submission=submission, complete=True, on=DAY)
    declare_complete(submission=submission, complete=False, on=DAY, author=officer)
    assert not ledger_of(submission, on=DAY).is_complete
    rows = submission.sheet.facts.filter(name=Fact.AIDS_COMPLETE).order_by("pk")
    assert [(row.value, row.origin, row.author) for row in rows] == [
        (True, Fact.Origin.DECLARED, None),
        (None, Fact.Origin.OFFICER, officer),
    ]


def test_figures_that_nobody_read_are_not_used():
    for regulation in ("agricultural", "fishery"):
        assert engine.de_minimis_left([], on=DAY, complete=True, regulation=regulation).ceiling is None
    assert engine.de_minimis_left([], on=DAY, complete=True, regulation="sgei").ceiling == 750_000
    assert engine.rates_of("GBER", "19", sizes=(1, 1), on=DAY).rates == ()


# -- a word on each scheme


def revision(text, **fields):
    return Revision(state_aid_regime=text, **fields)


def notes(submission, text, *, on=DAY, facts=None, **fields):
    if facts:
        record_facts(sheet=submission.sheet, values=facts, origin="declared", on=on)
    result = compute_result(submission=submission, on=on)
    return [plain(note) for note in notes_on_schemes(submission, result)(revision(text, **fields))]


@pytest.mark.parametrize(
    ("used", "complete", "fields", "expected"),
    [
        (None, True, {}, []),
        (None, True, {"ceiling_eur": 300_000}, []),
        (None, True, {"ceiling_eur": 300_001}, ["Aide de minimis : il reste 300 000 € sur 300 000 €, à vérifier."]),
        (None, False, {}, ["Aide de minimis : il reste au plus 300 000 € sur 300 000 €, à vérifier."]),
        (
            None,
            False,
            {"ceiling_eur": 10},
            ["Aide de minimis : il reste au plus 300 000 € sur 300 000 €, à vérifier."],
        ),
        ("290000", True, {"ceiling_eur": 10_000}, []),
        ("290001", True, {"ceiling_eur": 10_000}, ["Aide de minimis : il reste 9 999 € sur 300 000 €, à vérifier."]),
        ("270000", True, {}, []),
        ("270001", True, {}, ["Aide de minimis : il reste 29 999 € sur 300 000 €, à vérifier."]),
        (
            "290000",
            True,
            {"floor_eur": 10_001, "ceiling_eur": 20_000},
            ["Aide de minimis : il reste 10 000 €, moins que son montant le plus bas. À vérifier."],
        ),
        (
            "300000",
            True,
            {"ceiling_eur": 10},
            ["Aide de minimis : plafond de 300 000 € atteint, à vérifier avant de la demander."],
        ),
        (
            "300000",
            False,
            {},
            ["Aide de minimis : plafond de 300 000 € atteint, à vérifier avant de la demander."],
        ),
    ],
)
def test_a_scheme_is_warned_of_where_what_is_left_may_not_do(submission, used, complete, fields, expected):
    if used:
        declare(submission, amount=used)
    declare_complete(submission=submission, complete=complete, on=DAY)
    assert notes(submission, "de minimis 2023/2831", **fields) == expected


def test_where_de_minimis_is_one_basis_among_others_the_note_says_if(submission):
    (note,) = notes(submission, "GBER / AFR / de minimis selon le cas", on=DAY)
    assert note.startswith("Si l’aide est de minimis : il reste au plus")
    _, note = notes(submission, "GBER art. 25 / de minimis", on=DAY)
    assert note.startswith("Si l’aide est de minimis : il reste au plus")


def test_after_its_regulation_a_de_minimis_scheme_is_to_be_checked(submission):
    assert notes(submission, "de minimis", on=date(2031, 1, 1)) == [
        "Aide de minimis : plafond inconnu à ce jour, à vérifier."
    ]


@pytest.mark.parametrize("text", ["", "RDI", "GBER", "pas de minimis"])
def test_a_text_that_names_no_basis_for_certain_says_nothing(submission, text):
    assert notes(submission, text) == []


ALONE = {"group": [], "headcount": 35.0, "turnover": 4_000_000, "balance_sheet": 3_000_000}
UNTIL = "en vigueur jusqu’au 31 décembre 2026, inconnue ensuite)."


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        (
            "AFR SA.103603 ou GBER art. 17",
            ALONE,
            [
                "Intensité maximale de l’aide : investissement en zone d’aide à finalité régionale c (communes de"
                " l’annexe 1 du décret 2022-968), 35 % (petite entreprise) (aides à finalité régionale SA.103603,"
                f" article 14, {UNTIL}",
                "Intensité maximale de l’aide : investissement d’une PME, 20 % (petite entreprise) (règlement général"
                f" d’exemption 651/2014, article 17, {UNTIL}",
            ],
        ),
        (
            "RDI SA.111723",
            ALONE,
            [f"Intensité maximale de l’aide : inconnue (régime RDI SA.111723, {UNTIL}"],
        ),
    ],
)
def test_a_rate_is_told_with_its_size_its_text_and_its_last_day(submission, text, facts, expected):
    assert notes(submission, text, facts=facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({**ALONE, "headcount": 100.0}, "investissement d’une PME, 10 % (entreprise moyenne)"),
        (
            {**ALONE, "headcount": [40, 60]},
            "investissement d’une PME, de 10 % à 20 % (de petite entreprise à entreprise moyenne)",
        ),
        ({**ALONE, "headcount": 300.0}, "investissement d’une PME, taux inconnu (entreprise de taille intermédiaire)"),
        ({"headcount": 35.0, "group": None}, "taux inconnu (de petite entreprise à"),  # the group is not known
        (
            {**ALONE, "group": [{"share": 30, "holder": "public_body"}]},
            "taux inconnu (d’entreprise de taille intermédiaire à",
        ),
    ],
)
def test_a_rate_follows_the_size_with_the_group(submission, facts, expected):
    assert expected in notes(submission, "AFR SA.103603 ou GBER art. 17", facts=facts)[1]


def test_research_has_a_rate_for_each_purpose(submission):
    (note, _) = notes(submission, "GBER art. 25 / de minimis", facts=ALONE)
    assert note.startswith(
        "Intensité maximale de l’aide : recherche fondamentale, 100 % (petite entreprise) ; recherche industrielle, de"
        " 70 % à 80 % (petite entreprise) ; développement expérimental, de 45 % à 60 % (petite entreprise) ; étude de"
        " faisabilité, taux inconnu (petite entreprise)"
    )


@pytest.mark.parametrize("text", ["RDI SA.111723", "AFR SA.103603 ou GBER art. 17"])
def test_a_regime_that_has_ended_is_unknown_and_not_continued(submission, text):
    for note in notes(submission, text, on=NEW_YEAR, facts=ALONE):
        assert "inconnue (" in note
        assert "jusqu’au 31 décembre 2026 seulement" in note
        assert "%" not in note


def test_notes_change_neither_verdict_nor_order(submission):
    before = [card.match.scheme_id for group in officer_page(submission).groups for card in group.cards]
    verdicts = list(submission.results.first().matches.values_list("scheme", "eligibility", "rank"))
    declare(submission, amount="300000")
    declare_complete(submission=submission, complete=True, on=DAY)
    after = [card.match.scheme_id for group in officer_page(submission).groups for card in group.cards]
    assert after == before
    assert list(
        compute_result(submission=submission, on=DAY).matches.values_list("scheme", "eligibility", "rank")
    ) == (verdicts)


def officer_page(submission):
    return present(submission, submission.results.first())


def test_officers_read_the_notes_and_firms_do_not(submission):
    cards = [card for group in officer_page(submission).groups for card in group.cards]
    noted = [card for card in cards if card.aid_notes]
    assert noted
    assert all(regimes_of(card.revision.state_aid_regime) for card in noted)
    cards = [told_card(submission, submission.results.first(), card.match.scheme_id) for card in noted]
    assert proposes_de_minimis(submission.results.first())
    assert not any(card.aid_notes for card in cards)
    (card,) = present_schemes(submission, submission.results.first(), [noted[0].match.scheme])
    assert card.aid_notes == noted[0].aid_notes


# -- the size in words


@pytest.mark.parametrize(
    ("facts", "category", "lines", "remarks"),
    [
        (
            ALONE,
            "petite entreprise",
            [("", "comptée en entier", "35", "4 M€", "3 M€"), ("", "", "35", "4 M€", "3 M€")],
            ["Un seul exercice est connu : la règle des deux exercices ne peut pas encore jouer."],
        ),
        (
            {
                **ALONE,
                "group": [
                    {"name": "Mère", "share": 60, "headcount": 200, "turnover": 30e6, "balance_sheet": 20e6},
                    {"name": "Cousine", "share": 30, "headcount": [10, 20]},
                    {"name": "Amie", "share": 10, "headcount": 900},
                ],
                "previous_years": [{"headcount": 260, "turnover": 9e6}],
            },
            "entreprise de taille intermédiaire",
            [
                ("", "comptée en entier", "35", "4 M€", "3 M€"),
                ("Mère", "liée, comptée en entier", "200", "30 M€", "20 M€"),
                ("Cousine", "partenaire, comptée à 30 %", "de 3 à 6", "inconnu", "inconnu"),
                ("Amie", "autonome, n’est pas comptée", "0", "0 €", "0 €"),
                ("", "", "de 238 à 241", "34 M€ au moins", "23 M€ au moins"),
            ],
            [
                "Le dernier exercice seul donnerait : d’entreprise moyenne à grande entreprise. Un seuil franchi ne"
                " compte qu’après deux exercices de suite."
            ],
        ),
        (
            {},
            "taille inconnue",
            [("", "comptée en entier", "inconnu", "inconnu", "inconnu"), ("", "", "inconnu", "inconnu", "inconnu")],
            [
                "Le groupe n’est pas connu : d’autres entreprises peuvent s’ajouter à la somme.",
                "Un seul exercice est connu : la règle des deux exercices ne peut pas encore jouer.",
            ],
        ),
        (
            {**ALONE, "group": [{"share": 25, "holder": "public_body", "headcount": 0, "turnover": 0}]},
            "entreprise de taille intermédiaire",
            [
                ("", "comptée en entier", "35", "4 M€", "3 M€"),
                ("", "partenaire, comptée à 25 %", "0", "0 €", "inconnu"),
                ("", "", "35", "4 M€", "3 M€ au moins"),
            ],
            [
                "Un quart ou plus est détenu par des organismes publics : ce n’est pas une PME.",
                "Un seul exercice est connu : la règle des deux exercices ne peut pas encore jouer.",
            ],
        ),
    ],
)
def test_the_sum_of_a_size_is_shown_line_by_line(facts, category, lines, remarks):
    view = present_size(facts, on=DAY)
    assert view.category == category
    assert [plain(remark) for remark in view.remarks] == remarks
    assert [
        tuple(plain(text) for text in (line.name, line.why, line.headcount, line.turnover, line.balance_sheet))
        for line in (*view.lines, view.total)
    ] == lines
