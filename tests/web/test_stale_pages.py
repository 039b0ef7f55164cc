"""Two officers edit one file: a write from the stale page is refused, with what the other one decided."""

import re

import pytest
from django.test import Client

from backend.matchmaking.models import Review, ReviewEnd
from backend.matchmaking.reviews import (
    Because,
    DecidedSinceError,
    end_review,
    end_with_nothing,
    keep_scheme,
    set_aside,
)
from backend.notifications.models import Notification
from tests.factories import DAY, decide, first_matches, make_officer, make_submission, take_back
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
READ_AGAIN = "depuis que vous avez ouvert cette page. Relisez, puis recommencez."
WORDS = "Commencez par PME+."


@pytest.fixture
def submission():
    make_submission(company_name="Menuiserie Lefort", siret="", siren="", email="autre@lefort.example", confirmed=True)
    return make_submission(confirmed=True)


@pytest.fixture
def claire():
    return make_officer()


@pytest.fixture
def sophie():
    return make_officer(first_name="Sophie", last_name="Carlier")


@pytest.fixture
def desk(claire):
    return browser_of(claire)


@pytest.fixture
def schemes(submission, claire):
    """Two schemes of the file; Claire keeps the first."""
    first, other = (match.scheme for match in first_matches(submission, 2))
    decide(submission, first, claire)
    return first, other


def browser_of(officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def seen_in(page, form: str) -> str:
    """Return the key that a form of a page gives back, by a part of where it is sent."""
    (found,) = re.findall(rf'action="[^"]*{form}"[^>]*>.*?name="seen" value="(\d+)"', page.content.decode(), re.DOTALL)
    return found


def open_file(desk, submission):
    return desk.get(f"/agent/{submission.pk}/")


def end(desk, submission, **sent):
    return desk.post(f"/agent/{submission.pk}/terminer/", sent)


def emails():
    return ours(Notification).filter(kind="reviewed").count()


# -- the end


@pytest.mark.cases(1)
@pytest.mark.parametrize("button", [{}, {"next": "1"}, {"nothing": "1"}])
def test_an_end_from_a_page_that_is_older_than_a_verdict_is_asked_again(desk, submission, sophie, schemes, button):
    seen = seen_in(open_file(desk, submission), "/terminer/")
    decide(submission, schemes[0], sophie, "not_interested")
    refused = end(desk, submission, seen=seen, message=WORDS, **button)
    assert refused.status_code == 422
    assert f"Sophie Carlier a écarté « {schemes[0]} » {READ_AGAIN}" in text_of(refused)
    assert f">\n{WORDS}</textarea>" in refused.content.decode()
    assert refused.content.decode().count(WORDS) == 1
    assert not ours(ReviewEnd).exists()
    assert not emails()
    again = end(desk, submission, seen=seen_in(refused, "/terminer/"), message=WORDS)
    assert again.status_code == 302
    assert emails() == 1


@pytest.mark.slow
def test_an_end_without_a_word_is_asked_again_on_its_own_page(desk, submission, sophie, schemes):
    seen = seen_in(open_file(desk, submission), "/terminer/")
    decide(submission, schemes[1], sophie)
    take_back(submission, schemes[0], sophie)
    refused = end(desk, submission, seen=seen, next="1")
    assert refused.status_code == 422
    first, other = schemes
    told = f"Sophie Carlier a retenu « {other} », Sophie Carlier a retiré l’avis sur « {first} » {READ_AGAIN}"
    assert told in text_of(refused)


@pytest.mark.slow
def test_ones_own_verdict_in_another_tab_is_no_surprise(desk, submission, claire, schemes):
    seen = seen_in(open_file(desk, submission), "/terminer/")
    decide(submission, schemes[1], claire)
    assert end(desk, submission, seen=seen).status_code == 302
    assert emails() == 1


def test_a_page_that_says_nothing_of_what_it_showed_still_ends_a_review(desk, submission, sophie, schemes):
    decide(submission, schemes[0], sophie, "not_interested")
    assert end(desk, submission, message=WORDS).status_code == 302


@pytest.mark.cases(1)
@pytest.mark.parametrize("end_it", [end_review, end_with_nothing])
def test_the_service_itself_refuses_the_end(submission, claire, sophie, schemes, end_it):
    decide(submission, schemes[0], sophie, "not_interested")
    with pytest.raises(DecidedSinceError, match="Sophie Carlier a écarté"):
        end_it(submission=submission, officer=claire, on=DAY, message=WORDS, seen=0)


# -- a verdict


def test_a_refusal_after_that_of_a_colleague_keeps_what_was_typed(desk, submission, claire, sophie, schemes):
    (first, _other) = schemes
    seen = open_file(desk, submission).context["last_review"]
    decide(submission, first, sophie, "not_interested")
    path = f"/agent/{submission.pk}/avis/{first.pk}/"
    typed = {"verdict": "rejected", "reason": "other", "comment": "Trop long.", "message": "Vous le lirez."}
    refused = desk.post(path, {**typed, "seen": seen})
    assert refused.status_code == 422
    assert f"Sophie Carlier a écarté « {first} » {READ_AGAIN}" in text_of(refused)
    html = refused.content.decode()
    assert "Vous le lirez.</textarea>" in html
    assert "Trop long.</textarea>" in html
    assert html.count(f'action="{path}"') == 2  # kept after all, or set aside with what was typed
    assert desk.post(path, {**typed, "seen": refused.context["last_review"]}).status_code == 302
    assert submission.reviews.latest_by_scheme()[first.pk].officer == claire


@pytest.mark.slow
def test_the_form_that_sets_aside_shows_no_more_than_the_card_above_it(desk, submission, sophie, schemes):
    (first, _other) = schemes
    page = open_file(desk, submission)
    asked = f"/agent/{submission.pk}/dispositif/{first.pk}/?partie=ecarter&seen={page.context['last_review']}"
    assert f'hx-get="{asked.replace("&", "&amp;")}"' in page.content.decode()
    decide(submission, first, sophie, "not_interested")
    form = desk.get(asked, headers={"HX-Request": "true"})
    assert seen_in(form, f"/avis/{first.pk}/") == str(page.context["last_review"])
    whole = desk.get(f"/agent/{submission.pk}/dispositif/{first.pk}/")
    assert whole.context["last_review"] > page.context["last_review"]


@pytest.mark.slow
def test_a_scheme_that_a_colleague_set_aside_is_not_added_by_hand_unseen(desk, submission, sophie, schemes):
    (_first, other) = schemes
    found = desk.get(f"/agent/{submission.pk}/ajouter/", {"q": str(other)})
    seen = seen_in(found, f"/avis/{other.pk}/")
    decide(submission, other, sophie, "not_interested")
    refused = desk.post(f"/agent/{submission.pk}/avis/{other.pk}/", {"verdict": "kept", "seen": seen})
    assert refused.status_code == 422
    assert f"Sophie Carlier a écarté « {other} » {READ_AGAIN}" in text_of(refused)


def test_an_alternative_that_a_colleague_set_aside_is_not_kept_unseen(submission, claire, sophie, schemes):
    first, other = schemes
    seen = submission.reviews.latest("pk").pk
    decide(submission, other, sophie, "not_interested")
    because = Because(reason="better_alternative", alternative=other)
    case = {"submission": submission, "officer": claire, "on": DAY, "seen": seen}
    with pytest.raises(DecidedSinceError, match="Sophie Carlier a écarté"):
        set_aside(**case, scheme=first, because=because)
    assert submission.reviews.latest_by_scheme()[first.pk].verdict == Review.Verdict.KEPT
    keep_scheme(**case, scheme=first)  # nobody else decided on that one
