"""What a page tells in a line ends where something ends, and with no word that announces another."""

import pytest

from backend.web.templatetags.shortening import shortened


@pytest.mark.parametrize(
    ("text", "limit", "told"),
    [
        ("Deux mots", 9, "Deux mots"),
        (
            "Signez le contrat, six mois au plus après sa conclusion ; l’ASP verse ensuite l’aide.",
            70,
            "Signez le contrat, six mois au plus après sa conclusion …",
        ),
        (
            "Jusqu’à 600 € par an et par salarié exonérés (900 € avec un abonnement)",
            60,
            "Jusqu’à 600 € par an et par salarié exonérés …",
        ),
        (
            "Faites la demande en ligne ou appelez le conseiller, et signez la convention.",
            67,
            "Faites la demande en ligne ou appelez le conseiller …",
        ),
        (
            "Appelez le numéro vert (en semaine, de 8 h) et la Région",
            48,
            "Appelez le numéro vert (en semaine, de 8 h) …",
        ),
        ("Signaler le métier qui manque et le nombre de postes", 38, "Signaler le métier qui manque …"),
        ("et le et le", 6, "et …"),
        ("anticonstitutionnellement", 10, "anticons …"),
    ],
)
def test_a_text_is_cut_where_something_ends(text, limit, told):
    assert shortened(text, limit).replace("\N{NO-BREAK SPACE}", " ") == told
