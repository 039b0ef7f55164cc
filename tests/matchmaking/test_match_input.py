import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.matchmaking.match_codes import Codes, load_codes
from backend.matchmaking.match_input import LineError, read_line
from backend.matchmaking.values import parse_day

DAY = date(2026, 11, 24)
SIRET = "73282932000074"
LA_POSTE = "35600000049837"  # no Luhn key: the sum of the digits is a multiple of 5


@pytest.fixture
def codes(db: None) -> Codes:
    return load_codes()


def read(codes: Codes, **line: Any) -> Any:
    return read_line(json.dumps(line).encode(), codes, on=DAY)


def test_a_whole_line_becomes_facts_under_the_names_of_the_engine(codes: Codes) -> None:
    question = read(
        codes,
        id="a",
        on="2026-01-31",
        siret=SIRET,
        commune="60159",
        region="32",
        naf="2562b",
        headcount=[10, 19],
        turnover=1234.5,
        balance_sheet=[None, 10],
        created_on="2020-02-29",
        legal_category="57",
        micro_entrepreneur=False,
        needs=["numerique.robot"],
        text="Bonjour",
        project={"started": True, "spend": [1, None], "commune": "60667", "horizon": "later", "tenure": "tenant"},
    )
    assert (question.id, question.on, question.needs, question.text) == (
        "a",
        date(2026, 1, 31),
        ("numerique.robot",),
        "Bonjour",
    )
    assert question.facts == {
        "commune": "60159",
        "region": "32",
        "naf": "25.62B",
        "headcount": [10, 19],
        "turnover": 1234.5,
        "balance_sheet": [None, 10],
        "created_on": "2020-02-29",
        "legal_category": "57",
        "micro_entrepreneur": False,
        "project.started": True,
        "project.spend": [1, None],
        "project.commune": "60667",
        "project.horizon": "later",
        "project.tenure": "tenant",
    }


def test_an_empty_object_is_a_firm_of_which_nothing_is_known(codes: Codes) -> None:
    question = read(codes)
    assert (question.id, question.on, question.facts, question.stated) == (None, DAY, {}, False)


def test_null_means_not_given_and_unknown_keys_are_ignored(codes: Codes) -> None:
    names = ["id", "on", "siret", "commune", "region", "naf", "headcount", "turnover", "balance_sheet", "created_on",
             "legal_category", "micro_entrepreneur", "needs", "text", "project"]  # fmt: skip
    line = {**dict.fromkeys(names), "planet": "Mars", "project.spend": "much"}
    assert read(codes, **line) == read(codes)
    assert read(codes, project={"started": None, "colour": 1}) == read(codes)


@pytest.mark.parametrize(
    ("line", "stated"),
    [
        ({}, False),
        ({"needs": []}, False),
        ({"text": " \n"}, False),
        ({"text": "x"}, True),
        ({"needs": ["numerique.robot"]}, True),
    ],
)
def test_a_need_is_stated_by_a_box_or_by_a_word(codes: Codes, line: dict[str, Any], stated: bool) -> None:
    assert read(codes, **line).stated is stated


@pytest.mark.parametrize("line_id", [7, "7", "", "é🙂", 1.5, -1, None])
def test_an_id_is_given_back_as_it_came(codes: Codes, line_id: Any) -> None:
    assert read(codes, id=line_id).id == line_id


@pytest.mark.parametrize(
    ("given", "expected"),
    [("C", "C"), ("c", "C"), ("25", "25"), ("256", "25.6"), ("25.6", "25.6"), ("2562", "25.62"), ("25.62b", "25.62B")],
)
def test_an_activity_is_read_at_any_level_with_or_without_the_dot(codes: Codes, given: str, expected: str) -> None:
    assert read(codes, naf=given).facts["naf"] == expected


@pytest.mark.parametrize(
    ("given", "expected", "said"),
    [
        ("5720", "57", "lue comme « 57 »"),  # INSEE has it; the list of fixtures stops before it
        ("5498", "54", "lue comme « 54 »"),
        ("0001", "00", "lue comme « 00 »"),
        ("90", "9", "lue comme « 9 »"),
    ],
)
def test_a_category_that_insee_added_is_kept_as_what_it_begins_with(
    codes: Codes, given: str, expected: str | None, said: str
) -> None:
    question = read(codes, legal_category=given)
    assert question.facts.get("legal_category") == expected
    (warning,) = question.warnings
    assert given in warning
    assert said in warning
    assert read(codes, legal_category="5710").warnings == ()


def test_a_category_of_which_nothing_is_held_stays_unknown(codes: Codes) -> None:
    question = read(replace(codes, legal_categories=frozenset({"5", "57"})), legal_category="9110")
    assert "legal_category" not in question.facts
    assert question.warnings == (
        '« legal_category » vaut "9110", une catégorie absente de notre liste : la forme juridique reste inconnue.',
    )


@pytest.mark.parametrize("siret", [SIRET, LA_POSTE, "35600000000048"])
def test_a_valid_siret_is_accepted_and_never_looked_up(codes: Codes, siret: str) -> None:
    assert read(codes, siret=siret).facts == {}


@pytest.mark.parametrize("line", [{"headcount": 0}, {"headcount": [5, 5]}, {"headcount": [None, None]},
                                  {"turnover": 0.01}, {"headcount": 249.9}])  # fmt: skip
def test_numbers_may_be_decimal_zero_or_open(codes: Codes, line: dict[str, Any]) -> None:
    assert read(codes, **line).facts == line


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id": True}, "« id » vaut true ; attendu : un texte ou un nombre."),
    ({"id": []}, "« id » vaut [] ; attendu : un texte ou un nombre."),
    ({"id": {"a": 1}}, '« id » vaut {"a": 1} ; attendu : un texte ou un nombre.'),
    ({"siret": 73282932000074}, "« siret » vaut 73282932000074 ; attendu : un texte de 14 chiffres."),
    ({"siret": "7328293200007"}, '« siret » vaut "7328293200007" ; attendu : 14 chiffres sans espace.'),
    ({"siret": "732 829 320 00074"}, '« siret » vaut "732 829 320 00074" ; attendu : 14 chiffres sans espace.'),
    ({"siret": "7328293200007A"}, '« siret » vaut "7328293200007A" ; attendu : 14 chiffres sans espace.'),
    ({"siret": "73282932100074"}, "la clé de contrôle de ses 9 premiers chiffres (SIREN) est fausse"),
    ({"siret": "73282932000075"}, "la clé de contrôle de ses 14 chiffres est fausse"),
    ({"siret": "35600000049838"}, "la clé de contrôle de ses 14 chiffres est fausse"),
    ({"commune": 60159}, "« commune » vaut 60159 ; attendu : un code INSEE"),
    ({"commune": "75001"}, '« commune » vaut "75001", un code inconnu ; attendu : un code INSEE de commune actuelle'),
    ({"commune": ""}, '« commune » vaut "", un code inconnu'),
    ({"project": {"commune": "99999"}}, '« project.commune » vaut "99999", un code inconnu'),
    ({"region": "99"}, '« region » vaut "99", un code inconnu ; attendu : un code INSEE de région comme "32".'),
    ({"commune": "60159", "region": "84"}, "La commune 60159 n’est pas dans la région 84 mais dans la région 32"),
    ({"naf": "25.62C"}, '« naf » vaut "25.62C", un code inconnu ; attendu : un code NAF rév. 2'),
    ({"naf": "2.562B"}, "un code inconnu"),
    ({"naf": 25}, "« naf » vaut 25 ; attendu : un code NAF rév. 2"),
    ({"headcount": "12"}, '« headcount » vaut "12" ; attendu : un nombre positif ou nul, une liste'),
    ({"headcount": True}, "« headcount » vaut true ; attendu"),
    ({"headcount": -1}, "« headcount » vaut -1 ; attendu"),
    ({"headcount": [1]}, "« headcount » vaut [1] ; attendu"),
    ({"headcount": [1, 2, 3]}, "« headcount » vaut [1, 2, 3] ; attendu"),
    ({"headcount": [1, "2"]}, '« headcount » vaut [1, "2"] ; attendu'),
    ({"headcount": [False, 2]}, "« headcount » vaut [false, 2] ; attendu"),
    ({"headcount": [-1, 2]}, "« headcount » vaut [-1, 2] ; attendu"),
    ({"headcount": {}}, "« headcount » vaut {} ; attendu"),
    ({"headcount": [20, 10]}, "« headcount » vaut [20, 10], bornes inversées ; attendu : le minimum puis le maximum."),
    ({"turnover": float("nan")}, "« turnover » vaut NaN ; attendu"),
    ({"turnover": [0, float("inf")]}, "« turnover » vaut [0, Infinity] ; attendu"),
    ({"turnover": 10**400}, "attendu : un nombre positif ou nul"),
    ({"balance_sheet": [2, 1.5]}, "bornes inversées"),
    ({"project": {"spend": [2, 1]}}, "« project.spend » vaut [2, 1], bornes inversées"),
    ({"created_on": "24/11/2026"}, '« created_on » vaut "24/11/2026" ; attendu : une date comme "2026-11-24".'),
    ({"created_on": "2026-02-29"}, "attendu : une date"),
    ({"created_on": "20260228"}, "attendu : une date"),
    ({"created_on": 2020}, "« created_on » vaut 2020 ; attendu : une date"),
    ({"on": "demain"}, '« on » vaut "demain" ; attendu : une date comme "2026-11-24".'),
    ({"legal_category": "SARL"}, '« legal_category » vaut "SARL", un code inconnu ; attendu : de 1 à 4 chiffres'),
    ({"legal_category": "57100"}, "un code inconnu"),
    ({"legal_category": 57}, "« legal_category » vaut 57 ; attendu : de 1 à 4 chiffres"),
    ({"micro_entrepreneur": "non"}, '« micro_entrepreneur » vaut "non" ; attendu : true, false ou null.'),
    ({"micro_entrepreneur": 0}, "« micro_entrepreneur » vaut 0 ; attendu : true, false ou null."),
    ({"project": {"started": 1}}, "« project.started » vaut 1 ; attendu : true, false ou null."),
    ({"project": []}, "« project » vaut [] ; attendu : un objet."),
    ({"project": {"horizon": "soon"}}, 'attendu : "under_3_months" ou "3_to_12_months" ou "later".'),
    ({"project": {"tenure": "squatter"}}, '« project.tenure » vaut "squatter" ; attendu : "owner" ou "tenant".'),
    ({"naf_2025": "25.62YZ"}, '« naf_2025 » vaut "25.62YZ" ; attendu : un code NAF 2025 de n’importe quel niveau'),
    ({"naf_2025": "W"}, '« naf_2025 » vaut "W" ; attendu : un code NAF 2025'),
    ({"naf_2025": 25}, "« naf_2025 » vaut 25 ; attendu : un code NAF 2025"),
    ({"craft_register": "oui"}, '« craft_register » vaut "oui" ; attendu : true, false ou null.'),
    ({"in_difficulty": 0}, "« in_difficulty » vaut 0 ; attendu : true, false ou null."),
    ({"group": {}}, "« group » vaut {} ; attendu : une liste d’entreprises comme"),
    ({"group": True}, "vide si l’entreprise est indépendante."),
    ({"group": ["Holding"]}, '« group[0] » vaut "Holding" ; attendu : un objet, dans une liste d’entreprises comme'),
    ({"group": [None]}, "« group[0] » vaut null ; attendu : un objet"),
    ({"group": [{}]}, "« group[0].share » vaut null ; attendu : un pourcentage de 0 à 100."),
    ({"group": [{"share": 100.5}]}, "« group[0].share » vaut 100.5 ; attendu : un pourcentage de 0 à 100."),
    ({"group": [{"share": True}]}, "« group[0].share » vaut true ; attendu : un pourcentage de 0 à 100."),
    ({"group": [{"share": 1, "holder": "bank"}]}, '« group[0].holder » vaut "bank" ; attendu : "company" ou'),
    ({"group": [{"share": 1, "control": "oui"}]}, '« group[0].control » vaut "oui" ; attendu : true, false'),
    ({"group": [{"share": 1, "name": 3}]}, "« group[0].name » vaut 3 ; attendu : un texte."),
    ({"group": [{"share": 1, "turnover": [2, 1]}]}, "« group[0].turnover » vaut [2, 1], bornes inversées"),
    ({"group": [{"share": 1}] * 201}, "« group » compte 201 lignes ; attendu : 200 au plus."),
    ({"previous_years": {"headcount": 1}}, "attendu : une liste d’exercices comme"),
    ({"previous_years": [{"headcount": -1}]}, "« previous_years[0].headcount » vaut -1 ; attendu"),
    ({"previous_years": [{}] * 21}, "« previous_years » compte 21 lignes ; attendu : 20 au plus."),
    ({"schemes": ["jonction:acre"]}, '« schemes » vaut ["jonction:acre"] ; attendu : un objet comme {"jonction:acre"'),
    ({"schemes": {"acre": True}}, '« schemes » contient "acre", un dispositif inconnu ; attendu : un objet comme'),
    ({"schemes": {"jonction:acré": True}}, "un dispositif inconnu"),
    ({"schemes": {"jonction:acre": "oui"}}, '« schemes » : "jonction:acre" vaut "oui" ; attendu : true, false'),
    ({"project": {"spend_kinds": "works"}}, '« project.spend_kinds » vaut "works" ; attendu : une liste de dépenses'),
    (
        {"project": {"spend_kinds": ["works", "cars"]}},
        'contient "cars", une dépense inconnue ; attendu : "equip',
    ),
    ({"needs": "numerique.robot"}, '« needs » vaut "numerique.robot" ; attendu : une liste de sous-besoins'),
    ({"needs": ["numerique"]}, '« needs » contient "numerique", un sous-besoin inconnu ; attendu'),
    ({"needs": [1]}, "« needs » vaut [1] ; attendu : une liste"),
    ({"needs": [["numerique.robot"]]}, "attendu : une liste"),
    ({"text": 3}, "« text » vaut 3 ; attendu : un texte."),
    ({"text": ["a"]}, '« text » vaut ["a"] ; attendu : un texte.'),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_line_says_what_is_wrong_what_was_given_and_what_is_accepted(
    codes: Codes, line: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LineError) as caught:
        read(codes, **{"id": 12, **line})
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
    assert caught.value.line_id == (None if "id" in line else 12)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"  \n", b"null", b"[]", b"3", b'"a"', b"{", b'{"id": 1', b"{'id': 1}", b"id,naf", b"[" * 100_000],
)
def test_what_is_no_object_is_refused_without_an_id(codes: Codes, raw: bytes) -> None:
    with pytest.raises(LineError, match=r"^La ligne n’est pas un objet JSON : ") as caught:
        read_line(raw, codes, on=DAY)
    assert caught.value.line_id is None
    assert len(str(caught.value)) < 200


def test_what_is_repeated_of_a_line_cannot_disturb_a_terminal(codes: Codes) -> None:
    with pytest.raises(LineError, match=r"JSON : a \[31mb c ; attendu"):
        read_line(b"a\x1b[31mb\rc", codes, on=DAY)


def test_a_line_that_is_not_utf8_names_the_byte(codes: Codes) -> None:
    with pytest.raises(LineError, match=r"^La ligne n’est pas en UTF-8 : octet 0xe9 en position 11 ; "):
        read_line('{"text": "é"}'.encode("latin-1"), codes, on=DAY)


def test_a_mark_at_the_head_of_the_file_is_no_mistake(codes: Codes) -> None:
    assert read_line(b'\xef\xbb\xbf{"id": 1}\r\n', codes, on=DAY).id == 1


@pytest.mark.parametrize("text", ["x" * 10_000, "🙂", "<b>&amp;</b>", "\x00", "\ud800"])
def test_any_text_is_kept_as_it_came(codes: Codes, text: str) -> None:
    assert read(codes, text=text).text == text


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-24", DAY), ("2026-W48-2", None), ("20261124", None), ("2026-11-24T00:00", None), ("٢٠٢٦-11-24", None)],
)
def test_a_day_has_one_spelling(text: str, day: date | None) -> None:
    assert parse_day(text) == day


def test_everything_that_is_wrong_is_told_at_once_with_its_place(codes: Codes) -> None:
    with pytest.raises(LineError) as caught:
        read(
            codes,
            id=[],
            commune="60159",
            region="84",
            headcount="douze",
            needs=["numerique.robot", "robots", "numerique"],
            project={"spend": [2, 1], "tenure": "squatter"},
            on="demain",
        )
    assert [fault.pointer for fault in caught.value.faults] == [
        "/id",
        "/headcount",
        "/project/spend",
        "/project/tenure",
        "/region",
        "/needs/1",
        "/needs/2",
        "/on",
    ]
    assert str(caught.value) == " ".join(fault.sentence for fault in caught.value.faults)


def test_the_place_of_a_fault_in_a_list_is_that_of_the_part(codes: Codes) -> None:
    with pytest.raises(LineError) as caught:
        read(
            codes,
            group=[{"share": 60}, {"share": "60", "headcount": -1}, 3],
            previous_years=[{}, {"turnover": "x"}],
            schemes={"a/b~c": True, "jonction:acre": 1},
            project={"spend_kinds": ["works", "cars"]},
        )
    assert [fault.pointer for fault in caught.value.faults] == [
        "/group/2",
        "/group/1/share",
        "/group/1/headcount",
        "/previous_years/1/turnover",
        "/schemes/a~1b~0c",
        "/schemes/jonction:acre",
        "/project/spend_kinds/1",
    ]


def test_what_a_group_is_made_of_is_kept_as_it_was_given(codes: Codes) -> None:
    line = {
        "naf_2025": "25.62y",
        "craft_register": True,
        "public_body": False,
        "in_difficulty": False,
        "taxes_up_to_date": True,
        "group": [
            {"name": "Holding", "share": 60, "control": None, "holder": "company", "headcount": [10, 19]},
            {"share": 24.9, "control": True, "turnover": 0},
        ],
        "previous_years": [{"headcount": 48, "turnover": None}, {}],
        "schemes": {"jonction:acre": True, "jonction:arce": None, "jonction:adie": False},
        "project": {"spend_kinds": ["works"]},
    }
    assert read(codes, **line).facts == {
        "naf_2025": "25.62Y",
        "craft_register": True,
        "public_body": False,
        "in_difficulty": False,
        "taxes_up_to_date": True,
        "group": [
            {"name": "Holding", "share": 60, "holder": "company", "headcount": [10, 19]},
            {"share": 24.9, "control": True, "turnover": 0},
        ],
        "previous_years": [{"headcount": 48}, {}],
        "schemes": {"jonction:acre": True, "jonction:adie": False},
        "project.spend_kinds": ["works"],
    }


def test_an_empty_list_is_an_answer_and_null_is_none(codes: Codes) -> None:
    assert read(codes, group=[], project={"spend_kinds": []}).facts == {"group": [], "project.spend_kinds": []}
    assert read(codes, group=None, previous_years=None, schemes=None, project={"spend_kinds": None}).facts == {}


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        (
            {"group": [{"share": 1, "planet": "Mars"}], "previous_years": [{"name": "2024"}]},
            ("group[0].planet", "previous_years[0].name"),
        ),
        ({}, ()),
        ({"commune": None, "project": {"started": None}}, ()),
        ({"headcounts": 3, "project": {"cost": 1}}, ("headcounts", "project.cost")),
        ({"project.spend": 3, "project": {"a.b": 1}}, ("project.spend", "project.a.b")),
    ],
)
def test_names_that_mean_nothing_are_told(codes: Codes, line: dict[str, Any], ignored: tuple[str, ...]) -> None:
    assert read(codes, **line).ignored == ignored
