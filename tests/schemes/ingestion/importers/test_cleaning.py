"""Texts and addresses of other sites, as we may show them."""

import pytest

from backend.schemes.ingestion.importers.cleaning import clean_line, clean_markup, clean_text, clean_url, same_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("**Gras**, _soulignés_ et `code`", "Gras, _soulignés_ et code"),
        ("moins de 3 &lt; 5 &amp;eacute;", "moins de 3 < 5 é"),
        ("[le site](https://a.example/b_(c)) et ![image](https://a.example/i.png)", "le site et image"),
        ("<https://a.example/carte>", "https://a.example/carte"),
        ("zéro\u200b largeur\ufeff, césure\u00ad, espace\u00a0fine\u202f!", "zéro largeur, césure, espace fine !"),
        ("une\\\ndeux\\", "une\ndeux"),
        ("# Titre\n> cité\n- point\n\n\n\nfin", "Titre\ncité\n- point\n\nfin"),
        ("<p>un</p><br/>deux<script>alert(1)</script>", "un\n\ndeux"),
        ("&lt;b&gt;gras&lt;/b&gt;", "gras"),
        ("2*3 et *penché* sur 5 * 6", "2*3 et penché sur 5 * 6"),
        ("nul\0 et retour\r\nligne", "nul et retour\nligne"),
        ("<ul><li>un</li><li><p>deux</p></li></ul>", "- un\n\n- deux"),
        ("####\n Titre\n\n#hors", "Titre\n\n#hors"),
        (r"\_\_\_\_\_ Texte a_b", "Texte a_b"),
        ("1 &oeliguvre, R&Detat, &amp;amp; AT&T", "1 œuvre, R&Detat, & AT&T"),
        ("", ""),
    ],
)
def test_markup_and_what_does_not_show_is_left_out(raw, clean):
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("écrire à a.b+c@d-e.example.fr.", "écrire à (adresse non reprise)."),
        ("[prenom.nom@d.example](mailto:prenom.nom@d.example)", "(adresse non reprise)"),
        (
            "appelez le 03 44 12 34 56 ou +33 6.12.34.56.78",
            "appelez le (téléphone non repris) ou (téléphone non repris)",
        ),
        ("voir Mme Jeanne Dupont-Martin, service eau", "voir (nom non repris), service eau"),
        ("M. Paul Martin viendra", "(nom non repris) viendra"),
        ("Jeanne Martin-Durand : j.martin@d.example", "(nom non repris) : (adresse non reprise)"),
        ("Direction Économie Emploi, 04 81 00 00 00", "Direction Économie Emploi, (téléphone non repris)"),
        ("Nouméa : +687 27.12.34", "Nouméa : (téléphone non repris)"),
        ("écrire à prenom[at]domaine", "écrire à (adresse non reprise)"),
        ("écrire à prénom.nom (at) domaine.example.", "écrire à (adresse non reprise)."),
        ("jeanne-m [arobase] mon-domaine [point] example, le lundi", "(adresse non reprise), le lundi"),
        (r"Jeanne Martin : j.martin\[at\]domaine.example", "(nom non repris) : (adresse non reprise)"),
        ("Votre interlocuteur : Jeanne Martin", "Votre interlocuteur : (nom non repris)"),
        ("<p>Votre interlocutrice\u202f:</p>Jeanne de La MARTIN.", "Votre interlocutrice :\n(nom non repris)."),
        (
            "votre interlocuteur au pôle Économie : Paul DURAND, le matin",
            "votre interlocuteur au pôle Économie : (nom non repris), le matin",
        ),
        ("Vos interlocuteurs : Jeanne Martin, Paul Durand et Zoé Petit", "Vos interlocuteurs : (nom non repris)"),
        ("Votre interlocutrice : Jeanne, à la Région", "Votre interlocutrice : (nom non repris), à la Région"),
        ("Contact : Jeanne Martin-Durand\nSuite", "Contact : (nom non repris)\nSuite"),
        ("Appelez Jeanne Martin, chargée de mission", "Appelez (nom non repris), chargée de mission"),
        ("Paul Durand (conseiller énergie) répond", "(nom non repris) (conseiller énergie) répond"),
        ("Votre interlocuteur : Bpifrance Hauts-de-France", "Votre interlocuteur : Bpifrance Hauts-de-France"),
        ("Votre interlocuteur : la Région", "Votre interlocuteur : la Région"),
        ("Votre interlocuteur : CCI.", "Votre interlocuteur : CCI."),
        ("Contact : Formulaire.", "Contact : Formulaire."),
        ("Référent : un salarié formé", "Référent : un salarié formé"),
        ("Chambre de Commerce Oise, conseiller énergie", "Chambre de Commerce Oise, conseiller énergie"),
        ("un prêt (at least) et [at]", "un prêt (at least) et [at]"),
        ("de 2023 2024 2025 2026", "de 2023 2024 2025 2026"),
        ("1 200 000 000 €", "1 200 000 000 €"),
    ],
)
def test_nobody_s_address_number_or_name_is_taken_over(raw, clean):
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" https://a.example/b ", "https://a.example/b"),
        ("https://a.example/?mtm_campaign=x&page=2&utm_source=y", "https://a.example/?page=2"),
        ("https://a.example/b#:~:text=un%20mot", "https://a.example/b"),
        ("https://a.example/b#partie", "https://a.example/b#partie"),
        ("https: //a.example/b", "https://a.example/b"),
        ("https://a.example/b: //c", ""),
        ("mailto:a@b.example", ""),
        ("javascript:alert(1)", ""),
        ("formulaire", ""),
        ("https://", ""),
        ("https://[", ""),
        ("https://seul", ""),
        (f"https://a.example/{'x' * 500}", ""),
        ("https://a.example/deux mots", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_stay_without_tracking(raw, clean):
    assert clean_url(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>\r\n <strong>\r\n  Un\n titre\r\n </strong>\r\n</p>\n<p>suite</p>", "Un titre\nsuite"),
        ("<ul>\n <li>un</li>\n\n <li><p>deux</p></li></ul>", "- un\n- deux"),
        ("&lt;p&gt;échappé\n deux fois&lt;/p&gt;", "échappé deux fois"),
        ("sans balise\n- liste", "sans balise\n- liste"),
    ],
)
def test_a_line_end_is_a_space_in_a_page_and_one_in_a_text(raw, clean):
    assert clean_markup(raw) == clean


def test_two_spellings_of_one_sentence_are_the_same():
    assert same_text("Au moins 3 ans d’activité.") == same_text("au moins **3 ans**\u00a0d'activité")
    assert same_text("Au moins 3 ans") != same_text("Au moins 2 ans")


def test_a_line_has_no_line_end():
    assert clean_line("un\n\n- deux") == "un - deux"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Écrivez à p.nom@etat.example", "Écrivez à (adresse non reprise)"),
        ("Appelez le 03 44 00 00 00", "Appelez le (téléphone non repris)"),
        ("Appelez le +33 3 44 00 00 00", "Appelez le (téléphone non repris)"),
        ("Demandez Mme Exemple", "Demandez (nom non repris)"),
        ("Jeanne Exemple (p.nom@etat.example)", "(nom non repris) ((adresse non reprise))"),
    ],
)
@pytest.mark.parametrize(
    "before", ["", "Une phrase. " * 40]
)  # short texts are remembered, long ones are read each time
def test_nobody_is_left_in_a_short_text_nor_in_a_long_one(text, left, before):
    for _ in range(2):
        assert clean_text(before + text) == f"{before}{left}"
