"""What the OpenAPI document says beyond the code: the question, the errors, the headers, the examples. In French."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiExample

from backend.api.errors import CONTENT_TYPE, KINDS, kind_of
from backend.facts.yes_no import YES_NO
from backend.matchmaking import engine
from backend.matchmaking.match_input import N_RELATED, N_YEARS
from backend.matchmaking.questions import fact_questions
from backend.schemes.vocabulary import HOLDERS, HORIZONS, SPEND_KINDS, TENURES

MAX_LIMIT = 200
DEFAULT_LIMIT = 20

type Schema = dict[str, Any]


def nullable(type_: str, description: str, **rules: Any) -> Schema:
    return {"type": [type_, "null"], "description": description, **rules}


def _interval(description: str) -> Schema:
    """A number, two bounds of which one may be open, or nothing."""
    number = {"type": "number", "minimum": 0}
    bound = {"type": ["number", "null"], "minimum": 0}
    pair = {"type": "array", "items": bound, "minItems": 2, "maxItems": 2}
    return {
        "anyOf": [number, pair, {"type": "null"}],
        "description": f"{description} Un nombre, ou `[minimum, maximum]` où `null` laisse une borne ouverte.",
    }


def _figures(whose: str) -> dict[str, Schema]:
    return {
        "headcount": _interval(f"Effectif {whose}, en unités de travail annuel."),
        "turnover": _interval(f"Chiffre d’affaires {whose}, en euros."),
        "balance_sheet": _interval(f"Total du bilan {whose}, en euros."),
    }


def _choice(values: Any, description: str) -> Schema:
    return {"enum": [*values, None], "description": description}


_COMMUNE = "Code INSEE d’une commune actuelle, comme `60159` ; ce n’est pas le code postal."

# The shape of a line of ``manage.py match``, plus ``limit``. A code has a format of its own: the list of them is data.
QUESTION: Schema = {
    "type": "object",
    "description": "Une entreprise, son projet et ses besoins. Tout est facultatif ; `null` veut dire « pas connu ».",
    "additionalProperties": True,
    "properties": {
        "id": {"type": ["string", "number", "null"], "description": "Rendu tel quel dans la réponse."},
        "on": nullable("string", "Jour de la question, comme `2026-11-24` ; aujourd’hui sinon.", format="date"),
        "siret": nullable("string", "SIRET : vérifié, jamais recherché ni gardé.", format="siret"),
        "commune": nullable("string", _COMMUNE, format="commune"),
        "region": nullable("string", "Code INSEE de la région, où la commune n’est pas connue.", format="region"),
        "naf": nullable("string", "Code NAF rév. 2, à tout niveau : `C`, `25`, `25.62B`.", format="naf"),
        "naf_2025": nullable(
            "string", "Code NAF 2025, à tout niveau, en vigueur le 1er janvier 2027.", format="naf-2025"
        ),
        "headcount": _interval("Effectif de l’entreprise."),
        "turnover": _interval("Chiffre d’affaires du dernier exercice, en euros."),
        "balance_sheet": _interval("Total du bilan, en euros."),
        "created_on": nullable("string", "Jour de création de l’entreprise.", format="date"),
        "legal_category": nullable(
            "string", "Catégorie juridique de l’INSEE, de 1 à 4 chiffres.", format="legal-category"
        ),
        **{name: nullable("boolean", fact.described) for name, fact in YES_NO.items()},
        "group": {
            "type": ["array", "null"],
            "maxItems": N_RELATED,
            "description": (
                "Les autres entreprises qui en détiennent une part, ou dont elle détient une part : la taille se"
                " compte avec elles (recommandation 2003/361/CE). Liste vide : indépendante ; `null` : pas connu."
            ),
            "items": {
                "type": "object",
                "additionalProperties": True,
                "required": ["share"],
                "properties": {
                    "name": nullable("string", "Son nom, pour le détail du calcul."),
                    "share": {"type": "number", "minimum": 0, "maximum": 100, "description": "Part détenue, en %."},
                    "control": nullable("boolean", "L’une dirige l’autre sans en avoir la majorité."),
                    "holder": _choice(HOLDERS, "Ce qu’elle est ; `company` sinon."),
                    **_figures("de cette entreprise"),
                },
            },
        },
        "previous_years": {
            "type": ["array", "null"],
            "maxItems": N_YEARS,
            "description": "Exercices clos avant le dernier, le plus récent d’abord, groupe compris.",
            "items": {"type": "object", "additionalProperties": True, "properties": _figures("du groupe")},
        },
        "schemes": {
            "type": ["object", "null"],
            "propertyNames": {"type": "string", "format": "scheme-key"},
            "additionalProperties": {"type": ["boolean", "null"]},
            "description": "Dispositifs, par clé (`jonction:acre`) : l’entreprise les a (`true`) ou non (`false`).",
        },
        "needs": {
            "type": ["array", "null"],
            "items": {"type": "string", "format": "sub-need"},
            "description": "Clés de sous-besoins de `/api/v1/needs/`.",
        },
        "preferences": {
            "type": ["array", "null"],
            "items": {"type": "string", "enum": [*engine.preference_labels()]},
            "description": "Préférences de l’entreprise, outre celles du texte : elles classent sans exclure.",
        },
        "text": nullable("string", "Le besoin, dans les mots de l’entreprise."),
        "project": {
            "type": ["object", "null"],
            "additionalProperties": True,
            "description": "Le projet.",
            "properties": {
                "started": nullable("boolean", "Commencé : un devis ou un bon de commande est signé."),
                "spend": _interval("Coût hors taxes, en euros."),
                "spend_kinds": {
                    "type": ["array", "null"],
                    "items": {"enum": [*SPEND_KINDS]},
                    "description": "Tout ce que le projet comprend, en liste complète.",
                },
                "commune": nullable("string", f"Où il se fera, si c’est ailleurs. {_COMMUNE}", format="commune"),
                "horizon": _choice(HORIZONS, "Pour quand."),
                "tenure": _choice(TENURES, "Propriétaire ou locataire des locaux."),
            },
        },
        "limit": {
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": MAX_LIMIT,
            "default": DEFAULT_LIMIT,
            "description": "Combien de dispositifs expliquer. 0 : seulement ce qu’il reste à demander.",
        },
    },
}

EXAMPLES = [
    OpenApiExample(
        "Question",
        summary="Une chaudronnerie veut un robot",
        request_only=True,
        value={
            "id": "dossier-12",
            "on": "2026-11-24",
            "commune": "60159",
            "naf": "25.62B",
            "headcount": [20, 49],
            "group": [{"name": "Holding", "share": 60, "headcount": 4, "turnover": 900000}],
            "needs": ["numerique.robot"],
            "text": "Nous cherchons à robotiser la soudure.",
            "project": {"started": False, "spend": 180000},
            "limit": 1,
        },
    ),
    OpenApiExample(
        "Réponse",
        summary="Le premier dispositif, et ce qu’il reste à demander",
        response_only=True,
        status_codes=["200"],
        value={
            "id": "dossier-12",
            "on": "2026-11-24",
            "weights": "2026-11",
            "facts": {
                "commune": "60159",
                "naf": "25.62B",
                "headcount": [20, 49],
                "group": [{"name": "Holding", "share": 60, "headcount": 4, "turnover": 900000}],
                "project.started": False,
                "project.spend": 180000,
            },
            "ignored": [],
            "warnings": [],
            "answer": "answered",
            "reason": None,
            "understood": [
                {
                    "sub_need": "numerique.robot",
                    "label": "Robotiser, automatiser",
                    "ticked": True,
                    "probability": 1.0,
                    "sentence": "Nous cherchons à robotiser la soudure",
                    "words": ["robotiser"],
                    "served": "yes",
                }
            ],
            "preferences": [],
            "offered": [],
            "n_matches": 8,
            "matches": [
                {
                    "scheme": "exemple-robots",
                    "url": "https://jonction.example/api/v1/schemes/exemple-robots/",
                    "name": "Exemple : premiers robots",
                    "summary": "Subvention régionale pour l’achat d’un premier robot.",
                    "kind": "grant",
                    "level": "regional",
                    "revision": 2,
                    "rank": 1,
                    "score": 83.5,
                    "score_parts": {"need": 60.0, "near": 9.75, "target": 8.0, "certain": 5.75},
                    "eligibility": "undecided",
                    "typed": "undecided",
                    "standing": "to_specify",
                    "targeted": "yes",
                    "opens_later": False,
                    "need": {"sub_need": "numerique.robot", "label": "Robotiser, automatiser"},
                    "guide": False,
                    "unknown": ["turnover"],
                    "to_confirm": [],
                    "deadline": "Ouvert en permanence",
                    "amount": "Jusqu’à 30 %",
                    "estimate": {
                        "low": 0.0,
                        "high": 54000.0,
                        "text": "54 000 € au plus",
                        "formula": "30 % au plus de 180 000 €",
                        "left": "reste à votre charge : 126 000 € au moins",
                        "caveat": "Si toute la dépense est retenue ; c’est le porteur qui décide.",
                    },
                    "reasons": [
                        {
                            "definition": {"kind": "turnover", "at_most": 50000000},
                            "sentence": "Chiffre d’affaires : 50 M€ au plus",
                            "outcome": "unknown",
                            "nature": "",
                            "open_facts": ["turnover"],
                            "values": [],
                            "condition": "",
                            "ask": "",
                            "note": "",
                            "excerpt": "",
                            "source": {
                                "title": "Règlement de l’aide",
                                "url": "",
                                "dated": "16 septembre 2024",
                                "tier": "porteur",
                                "place": "article 3",
                            },
                            "parts": [],
                        }
                    ],
                }
            ],
            "undecided": [
                {
                    "fact": "turnover",
                    "label": "le chiffre d’affaires",
                    "question": fact_questions()["turnover"].question,
                    "ask": "firm",
                    "field": "/turnover",
                    "n_waiting": 1,
                    "waiting": ["exemple-robots"],
                    "n_settled": 1,
                    "settled": ["exemple-robots"],
                    "expected": 1.0,
                }
            ],
        },
    ),
]

PROBLEM: Schema = {
    "type": "object",
    "description": "Une erreur, à la forme de la RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "additionalProperties": False,
    "properties": {
        "type": {
            "type": "string",
            "enum": [f"/api/#{name}" for name in KINDS],
            "description": "Nature de l’erreur, expliquée à cette adresse.",
        },
        "title": {"type": "string", "description": "Nature de l’erreur, en deux mots."},
        "status": {"type": "integer", "description": "Code HTTP."},
        "detail": {"type": "string", "description": "Ce qui ne va pas, cette fois-ci."},
        "instance": {"type": "string", "description": "Adresse demandée."},
        "errors": {
            "type": "array",
            "description": "Tout ce qui ne va pas dans la requête, en une fois ; vide quand « detail » dit tout.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "additionalProperties": False,
                "properties": {
                    "detail": {"type": "string", "description": "Ce qui a été donné et ce qui est attendu."},
                    "parameter": {"type": "string", "description": "Paramètre de l’adresse en cause."},
                    "pointer": {
                        "type": "string",
                        "description": "Place en cause dans le corps, en pointeur JSON ; vide : le corps entier.",
                    },
                },
            },
        },
    },
}

_ALWAYS = (400, 405, 406, 429, 500)
_READING = (*_ALWAYS, 412)
_ASKING = (*_ALWAYS, 413, 415)
_KEYED = (401, 403)
_CHALLENGE: Schema = {"schema": {"type": "string"}, "description": "Comment donner une clé."}
_TAG: Schema = {"schema": {"type": "string"}, "description": "Étiquette de l’état qui a servi à la réponse."}
_CACHE: Schema = {"schema": {"type": "string"}, "description": "Durée pendant laquelle la réponse peut être gardée."}
_LOCATION: Schema = {"schema": {"type": "string"}, "description": "Où lire où en est la demande."}
_RETRY: Schema = {
    "schema": {"type": "integer", "minimum": 1},
    "description": "Secondes à attendre avant de demander de nouveau.",
}
_IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Étiquettes (`ETag`) déjà détenues : rien n’est renvoyé (304) si l’une est encore la bonne.",
}


def document_exchanges(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Add to every operation what the framework does not know: errors, headers and conditional requests."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["schema"]["type"] == "array":
                    parameter["schema"]["minItems"] = 1  # an empty value is refused, as everywhere
            responses = operation["responses"]
            is_keyed = bool(operation.get("security"))
            reads_public = method == "get" and not is_keyed
            statuses = list(_READING if reads_public else _ALWAYS if method == "get" else _ASKING)
            if is_keyed:
                statuses += [*_KEYED, 422] if method == "post" else _KEYED
            if "{" in path or "page" in {parameter["name"] for parameter in operation.get("parameters", ())}:
                statuses.append(404)
            for status in statuses:
                responses[str(status)] = _problem_response(status)
            done = responses.get("200") or responses["201"]
            done["headers"] = {"Cache-Control": _CACHE}
            done["description"] = done["description"] or operation["summary"]
            if "201" in responses:
                done["headers"]["Location"] = _LOCATION
            if method == "post":
                operation["requestBody"]["required"] = True
            if reads_public:
                operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
                done["headers"]["ETag"] = _TAG
                responses["304"] = {
                    "description": "Rien n’a changé depuis l’étiquette donnée.",
                    "headers": {"ETag": _TAG, "Cache-Control": _CACHE},
                }
            operation["responses"] = dict(sorted(responses.items()))
    return result


def _problem_response(status: int) -> Schema:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    response: Schema = {
        "description": " ou ".join(str(kind.title) for kind in kinds),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == kind_of(401).status:
        response["headers"] = {"WWW-Authenticate": _CHALLENGE}
    if status == kind_of(429).status:
        response["headers"] = {"Retry-After": _RETRY}
    return response


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "backend.api.keys.KeyAuthentication"
    name = "cle"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "La clé d’un partenaire, `jonction_…` : le chef de projet du territoire la crée.",
        }


class Generator(SchemaGenerator):
    """Generates the document once for each process: it depends on the code alone."""

    def get_schema(self, request: Any = None, public: bool = False) -> Mapping[str, Any]:
        return _generate()


@cache
def _generate() -> Mapping[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-any-return, no-untyped-call]
