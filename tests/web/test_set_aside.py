"""Setting a scheme aside from its card: what the reason chosen asks for, and where a refusal is read."""

import pytest

from backend.matchmaking.models import Review
from tests.factories import first_matches, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def desk(client):
    client.force_login(make_officer())
    return client


def set_aside(desk, submission, scheme, **sent):
    return desk.post(f"/agent/{submission.pk}/avis/{scheme.pk}/", {"verdict": "rejected", **sent})


@pytest.mark.parametrize("left", [{"alternative": "PME"}, {"fact": "x"}, {"criterion": "1"}, {"partner": "x" * 200}])
def test_what_another_reason_asked_for_is_not_read(desk, submission, left):
    scheme = first_matches(submission)[0].scheme
    response = set_aside(desk, submission, scheme, reason="not_interested", **left)
    assert response.status_code == 302, text_of(response)
    review = ours(Review).get()
    assert (review.reason, review.alternative, review.partner) == ("not_interested", None, "")


def test_a_refusal_is_read_beside_its_form_where_the_browser_goes(desk, submission):
    last = first_matches(submission, 8)[-1].scheme  # a line that opens, far down
    html = set_aside(desk, submission, last, reason="better_alternative", alternative="PME").content.decode()
    assert html.count("error-summary") == html.count(" autofocus") == 1
    before, _, after = html.partition('class="error-summary"')
    assert before.rindex(f'id="d-{last.pk}"') == before.rindex('id="d-')
    assert "PME" in after.partition("</div>")[0]
    assert after.index('class="by-choice"') < after.index("</details>")


def test_a_refusal_of_a_scheme_that_the_page_lacks_is_read_first(desk, submission):
    scheme = first_matches(submission)[0].scheme
    type(submission).objects.filter(pk=submission.pk).update(reviewed_at=submission.filed_at)
    html = set_aside(desk, submission, scheme).content.decode()
    assert html.count("error-summary") == 1
    assert html.index("error-summary") < html.index("<h1")
