"""A sentence that a person answers."""

from django import forms

from backend.common.fields import PlainText
from backend.schemes.catalogue.criteria.base import Definition, Fields, Kind
from backend.schemes.vocabulary import NATURES

ASKED = [("firm", "l’entreprise"), ("officer", "le développeur économique"), ("operator", "le porteur du dispositif")]


class Manual(Kind):
    kind = "manual"

    def phrase(self, definition: Definition) -> str:
        return str(definition["sentence"])

    def fields(self) -> Fields:
        return {
            "sentence": PlainText(
                label="Ce qui doit être vrai",
                max_length=600,
                widget=forms.Textarea({"rows": 2}),
                help_text="Une phrase entière, vraie quand la condition est remplie.",
            ),
            "nature": forms.ChoiceField(
                label="Cette phrase est",
                choices=NATURES.items(),
                initial="condition",
                help_text=(
                    "Seule une condition exclut, et seule elle est demandée. Le reste est montré à l’entreprise, et "
                    "ne va ni dans « au moins un » ni dans « aucun »."
                ),
            ),
            "ask": forms.ChoiceField(label="Qui peut répondre", choices=ASKED, initial="operator"),
            "fact": forms.RegexField(
                r"^[a-z0-9_.-]+$",
                label="Nom de la réponse",
                required=False,
                max_length=120,
                help_text=(
                    "Laissez vide, sauf si une autre fiche pose la même question : écrivez alors son nom, et on ne la "
                    "posera qu’une fois."
                ),
                error_messages={
                    "invalid": "Seuls passent les minuscules sans accent, les chiffres, les points et les tirets."
                },
            ),
        }
