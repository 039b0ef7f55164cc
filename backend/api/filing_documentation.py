"""What the OpenAPI document says of filing for a firm: the body and an example. In French."""

from drf_spectacular.utils import OpenApiExample

from backend.api.documentation import QUESTION, Schema, nullable

_FROM_QUESTION = {
    name: rule
    for name, rule in QUESTION["properties"].items()
    if name not in ("id", "on", "region", "preferences", "limit", "text")
}

# What is filed: the same names as a question, and whose it is, who is to be called, and who agreed.
FILING: Schema = {
    "type": "object",
    "description": (
        "Une entreprise, son besoin (`needs`, `text` ou les deux), qui appeler et son accord. `commune` est demandée, "
        "sauf d’un `siret` que le registre place."
    ),
    "additionalProperties": False,
    "required": ["company_name", "contact", "consent"],
    "properties": {
        "company_name": {"type": "string", "minLength": 1, "maxLength": 160, "description": "Nom de l’entreprise."},
        **_FROM_QUESTION,
        "siret": nullable("string", "SIRET : gardé avec le dossier ; le registre dit le reste.", format="siret"),
        "text": nullable("string", "Le besoin, dans les mots de l’entreprise.", maxLength=5000),
        "contact": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "email"],
            "description": "Qui appeler dans l’entreprise.",
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 120, "description": "Son nom."},
                "email": {
                    "type": "string",
                    "format": "email",
                    "maxLength": 254,
                    "description": "Son adresse, qu’elle confirme ; ni la vôtre, ni celle d’un agent.",
                },
                "phone": nullable("string", "Son téléphone."),
            },
        },
        "consent": {
            "type": "object",
            "additionalProperties": False,
            "required": ["given_on", "how", "noted_by"],
            "description": "L’accord de l’entreprise, que vous avez recueilli.",
            "properties": {
                "given_on": {"type": "string", "format": "date", "description": "Quel jour ; trente jours au plus."},
                "how": {"enum": ["phone", "meeting", "written"], "description": "Par téléphone, de vive voix, écrit."},
                "noted_by": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 120,
                    "description": "Qui, chez vous, l’a noté : l’entreprise et son développeur économique le lisent.",
                },
            },
        },
    },
}

FILING_EXAMPLES = [
    OpenApiExample(
        "Demande",
        summary="Une chaudronnerie que la chambre a reçue",
        request_only=True,
        value={
            "company_name": "Chaudronnerie d’exemple",
            "commune": "60159",
            "naf": "25.62B",
            "needs": ["numerique.robot"],
            "text": "Nous cherchons à robotiser la soudure.",
            "contact": {"name": "Camille Roux", "email": "camille.roux@exemple.example", "phone": "03 44 00 00 00"},
            "consent": {"given_on": "2026-11-24", "how": "meeting", "noted_by": "Aude Lambert"},
        },
    )
]
