"""What a page says: that it is missing, or the same as before. Only made-up pages, in the words that real ones use."""

import pytest

from backend.schemes.ingestion.links.reading import (
    LEAST_WORDS,
    fingerprint,
    is_empty,
    missing_words,
    read_page,
    says_the_same,
)

HTML = "text/html; charset=utf-8"
SENTENCES = [
    f"La subvention numéro {n} soutient les entreprises industrielles de la vallée qui achètent une machine neuve."
    for n in ("une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")
]
TEXT = " ".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
MONEY = "<p>Le taux est de 30 % et le plafond de 50 000 €. Déposez avant le 31 décembre 2026.</p>"


def read(body: str, *, title: str = "Pass machine", content_type: str = HTML):
    return read_page(f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(), content_type)


def mark(body: str):
    found = fingerprint(read(body))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Page introuvable | Région", TEXT),
        ("Erreur 404", TEXT),
        ("404", TEXT),
        ("404 - Not Found", TEXT),
        ("Région", f"<h1>Page non trouvée</h1>{TEXT}"),
        ("Région", f"<h1>Oups !</h1><h2>La page que vous cherchez n’existe plus</h2>{TEXT}"),
        ("Région", f"<h1>Cette aide n’est plus disponible</h1>{TEXT}"),
        ("Région", "<p>Désolé, nous n’avons pas trouvé cette page. Revenez à l’accueil.</p>"),
        ("Région", "<p>Le contenu demandé est introuvable.</p>"),
        ("Région", "<p>Page not found</p>"),
    ],
)
def test_a_page_that_says_that_it_is_missing(title, body):
    assert missing_words(read(body, title=title))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Pass machine", TEXT),
        ("Main-d’œuvre introuvable : la Région aide à recruter", TEXT),
        ("Article 404 du code général des impôts", TEXT),
        ("Pass machine", f"{TEXT * 2}<p>Si la page n’existe plus, écrivez-nous : erreur 404 en cas de lien mort.</p>"),
        ("Pass machine", f"<h2>Que faire si le matériel n’est plus disponible ?</h2>{TEXT}"),
        ("Pass machine", f"<nav><h2>Page introuvable ?</h2></nav><script>'Erreur 404'</script>{TEXT * 2}"),
    ],
)
def test_a_page_that_is_there(title, body):
    assert missing_words(read(body, title=title)) == ""


def test_a_page_with_next_to_nothing_is_empty_unless_a_script_may_show_more():
    assert is_empty(read("<p>Bientôt ici.</p>"))
    assert is_empty(read(""))
    assert not is_empty(read("<div id='root'></div><script src='app.js'></script>"))
    assert not is_empty(read("<iframe src='/aide'></iframe>"))
    assert not is_empty(read(TEXT))


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "nowhere"])
def test_the_charset_is_that_of_the_header_or_of_the_page(charset):
    encoding = "utf-8" if charset == "nowhere" else charset
    body = "<h1>Déjà fermée</h1>".encode(encoding)
    assert read_page(body, f"text/html; charset={charset}").headings == ["Déjà fermée"]
    named = f'<meta charset="{charset}"><h1>Déjà fermée</h1>'.encode(encoding)
    assert read_page(named, "text/html").headings == ["Déjà fermée"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"<", b"<h1>", b"<a <b>>", b"<!--", b"<nav>" + TEXT.encode()])
def test_any_page_is_read_as_far_as_it_goes(body):
    read_page(body, "")


def test_where_everything_is_in_a_menu_that_never_ends_the_text_is_still_read():
    assert read(f"<nav>{TEXT}").n_words > LEAST_WORDS


# -- comparing


@pytest.mark.parametrize(
    "other",
    [
        TEXT + MONEY,
        f"<nav>Un autre menu, tout à fait différent de celui d’hier</nav>{TEXT}{MONEY}<footer>© 2027</footer>",
        f"<p>Mis à jour le 24 novembre 2026 à 10:42, il y a 3 minutes</p>{TEXT}{MONEY}",
        f"<p>Session a9f3c8e1b2d4f6a8</p>{TEXT}{MONEY}<script>nonce='42'</script>",
        TEXT.replace("dix", "onze") + MONEY,  # one sentence
        (TEXT + MONEY).replace("50 000 €", "50\u202f000\u00a0€"),
    ],
)
def test_what_changes_without_anything_having_changed(other):
    assert says_the_same(mark(TEXT + MONEY), mark(other))


@pytest.mark.parametrize(
    "other",
    [
        (TEXT + MONEY).replace("50 000 €", "30 000 €"),
        (TEXT + MONEY).replace("30 %", "20 %"),
        (TEXT + MONEY).replace("31 décembre 2026", "30 juin 2027"),
        TEXT,
        " ".join(f"<p>{sentence}</p>" for sentence in SENTENCES[:6]) + MONEY,
        TEXT.replace("machine", "licence de logiciel").replace("industrielles", "de toute taille") + MONEY,
    ],
)
def test_what_an_editor_should_read_again(other):
    assert not says_the_same(mark(TEXT + MONEY), mark(other))


def test_a_page_of_few_words_is_not_compared():
    assert fingerprint(read("<p>Appelez la Région.</p>")) is None
