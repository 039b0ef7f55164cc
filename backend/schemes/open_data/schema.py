"""The JSON Schema of the sidecar, made from the very choices of the catalogue."""

from typing import Any

from django.db.models import TextChoices

from backend.schemes.catalogue.evidence import MAX_EXCERPT
from backend.schemes.catalogue.national.entries import VERSION
from backend.schemes.models import RATE_COLUMNS, Relation, Revision, Source, Tier

type Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "null"]}
DAY: Schema = {"type": ["string", "null"], "format": "date"}
COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
EUROS: Schema = {"type": ["number", "null"], "minimum": 0}
PERCENT: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100}
YES_NO: Schema = {"type": ["boolean", "null"]}
SOURCE: Schema = {**COUNT, "description": "Numéro de la source dans « sources », à partir de 1 ; null : non indiquée."}

PLACE: Schema = {**TEXT, "description": "Endroit de la source."}
EXCERPT: Schema = {**TEXT, "maxLength": MAX_EXCERPT, "description": "Phrase de la source, où elle peut être citée."}


def sidecar_schema() -> Schema:
    """Return the schema (2020-12) of a sidecar; absence is always null, and means that it is not known."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Complément du schéma national des dispositifs d’aide",
        "description": (
            "Ce qu’un catalogue sait et que le schéma national v0.2.0 ne sait pas écrire. Une fiche par ligne du CSV, "
            "par « id ». Ce qu’une colonne dit en entier (titre, url_source, porteurs, dates) n’est pas répété."
        ),
        **_object(
            version={"const": VERSION},
            licence={"type": "string"},
            licence_url={"type": "string", "format": "uri"},
            schema={"type": "string", "format": "uri", "description": "Schéma que suit le CSV."},
            on={"type": "string", "format": "date", "description": "Jour de l’export."},
            count={"type": "integer", "minimum": 0},
            schemes={"type": "array", "items": {"$ref": "#/$defs/scheme"}},
        ),
        "$defs": {"scheme": _scheme()},
    }


def _scheme() -> Schema:
    return _object(
        id={"type": "string", "format": "uuid", "description": "« id » du CSV, stable."},
        key={
            "type": "string",
            "description": "Clé dans notre catalogue, par laquelle les fiches se nomment.",
        },
        revision={"type": "integer", "minimum": 1, "description": "Version de la fiche."},
        approximations=_list(
            _object(
                column={"type": "string"},
                known=_list({"type": "string"}),
                written=_list({"type": "string"}),
            ),
            "Colonnes qui n’ont pas pu dire un lieu (zone, bassin, Corse, deux lieux à la fois) : ce que nous savons, "
            "et ce que la colonne contient à la place, qui l’entoure.",
        ),
        summary={"type": "string"},
        kind=_choice(Revision.Kind, "Forme du soutien ; « types_aides » en est le nom français."),
        level=_choice(Revision.Level, "Niveau auquel il est décidé."),
        owner={**TEXT, "description": "Organisation qui dit chaque trimestre si la fiche est juste."},
        confidence=_choice(Revision.Confidence, "Ce qui a été vérifié dans une source."),
        as_of={"type": "string", "format": "date", "description": "Jour auquel les faits ont été relevés."},
        review_by=DAY,
        variant_of={**TEXT, "description": "Clé du dispositif dont celui-ci est la variante locale."},
        applicants=_list({"enum": Revision.Applicant.values}, "Qui fait la demande."),
        targeted_naf=_list({"type": "string"}, "NAF rév. 2 visés par le porteur, qui n’excluent personne."),
        targeted_naf_2025=_list({"type": "string"}, "Les mêmes en NAF 2025, où la source les donne ainsi."),
        preparation_days=COUNT,
        state_aid_regime=TEXT,
        legal_basis=TEXT,
        documents=_list({"type": "string"}, "Pièces à fournir."),
        next_step=TEXT,
        public_contact={"type": "boolean", "description": "Réseau permanent que toute entreprise peut appeler."},
        needs={
            "type": "object",
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "description": "Sous-besoins servis (clés de /api/v1/needs/), et à quel point.",
        },
        window=_object(
            state=_choice(Revision.WindowState, "Les dates sont dans le CSV."),
            recurring=YES_NO,
            note=TEXT,
            seen_on=DAY,
            seen_until={**DAY, "description": "Dernier jour où ce constat vaut ; null : il ne fait que l’indiquer."},
            seen_by=TEXT,
            seen_url=TEXT,
        ),
        amount=_or_null(_amount()),
        contact=_or_null(_object(name=TEXT, url=TEXT, phone=TEXT)),
        sources=_list(_source(), "Ce qui a été lu."),
        criteria=_list(
            {
                "type": "object",
                "required": ["kind", "source", "place", "note", "excerpt"],
                "properties": {
                    "kind": {"type": "string"},
                    "source": SOURCE,
                    "note": TEXT,
                    "place": PLACE,
                    "excerpt": EXCERPT,
                },
            },
            "Toutes les conditions, dans l’ordre ; leurs autres champs suivent /api/v1/criterion.schema.json.",
        ),
        relations=_list(
            _object(
                kind=_choice(Relation.Kind),
                scheme={"type": "string", "description": "Clé de l’autre dispositif."},
                cap_pct=PERCENT,
                note=TEXT,
                source=SOURCE,
            ),
            "Liens avec d’autres dispositifs du même export.",
        ),
    )


def _amount() -> Schema:
    rate = _object(size={"enum": list(RATE_COLUMNS)}, pct={**PERCENT, "type": "number"})
    return _object(
        text={**TEXT, "description": "Montant dans les mots du porteur."},
        unit={"enum": [*Revision.AmountUnit.values, None]},
        rate_max_pct=PERCENT,
        rates=_or_null(_list(rate, "Taux par taille d’entreprise.")),
        floor_eur=EUROS,
        ceiling_eur=EUROS,
        spend_min_eur=EUROS,
        spend_max_eur=EUROS,
        cost_left_eur=EUROS,
        in_kind=YES_NO,
        duration=TEXT,
        source=SOURCE,
        place=PLACE,
        excerpt=EXCERPT,
    )


def _source() -> Schema:
    return _object(
        title={"type": "string"},
        url=TEXT,
        dated=TEXT,
        tier=_or_null(_choice(Tier, "Qui parle.")),
        licence=_or_null(_choice(Source.Licence, "Pourquoi elle est citée ; null : elle est dite dans nos mots.")),
    )


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _list(items: Schema, description: str = "") -> Schema:
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _choice(choices: type[TextChoices], description: str = "") -> Schema:
    meanings = ", ".join(f"{value} ({label})" for value, label in choices.choices)
    return {"enum": choices.values, "description": f"{description} {meanings}.".strip()}
