"""The check of what e-mails owe to who reads them otherwise finds what it looks for."""

import pytest

from tests.notifications.readable import assert_readable, contrast

GOOD = """<html lang="fr"><head><title>Votre réponse</title></head><body style="background: #ffffff; color: #17262c">
<h1>Votre réponse</h1><h2>Ensuite</h2><p><a href="https://a.example/x" style="color: #0a4c5c">La lire</a></p>
</body></html>"""


def test_a_good_email_is_let_through():
    assert_readable(GOOD, "La lire : https://a.example/x")
    assert round(contrast("#ffffff", "#000000"), 1) == 21.0
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (' lang="fr"', ""),
        ("<title>Votre réponse</title>", ""),
        ("<h1>Votre réponse</h1>", "<p>Votre réponse</p>"),
        ("<h2>Ensuite</h2>", "<h3>Ensuite</h3>"),
        ("<h2>Ensuite</h2>", "<h1>Ensuite</h1>"),
        ("La lire", "Cliquez ici"),
        ("La lire", ""),
        ("<h2>", '<h2><a href="https://a.example/">La lire</a> '),
        ("https://a.example/x", "https://a.example/elsewhere"),
        ("https://a.example/x", "/x"),
        ("<h2>", "<table><tr><td>1</td></tr></table><h2>"),
        ("<h2>", "<table><tr><th>Un</th><td>1</td></tr></table><h2>"),
        ("<h2>", '<img src="x.png"><h2>'),
        ("#0a4c5c", "#9ab0b6"),
        ("background: #ffffff", "background: #405058"),
    ],
)
def test_what_is_amiss_is_found(good, bad):
    with pytest.raises(AssertionError):
        assert_readable(GOOD.replace(good, bad), "La lire : https://a.example/x https://a.example/")
