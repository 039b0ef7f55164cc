"""« Rien à proposer », for one file and for several: each in its own words, those refused named, taken up again."""

import pytest

from backend.matchmaking.batches import NOT_YOURS, end_several_with_nothing
from backend.matchmaking.closing import close_file
from backend.matchmaking.models import ReviewEnd, Submission
from backend.matchmaking.reviews import ReviewError, end_review, end_with_nothing
from backend.matchmaking.scheme_events import say
from backend.notifications.models import Notification
from tests.factories import CCLO, COMMUNES, DAY, decide, first_matches, link_to, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PAGE, BACK = "/agent/rien-a-proposer/", "/agent/rien-a-proposer/reprendre/"


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def files():
    names = ("Atelier Un", "Atelier Deux", "Atelier Trois")
    return [
        make_submission(confirmed=True, company_name=name, siret="", siren="", email=f"a{i}@firm.example")
        for i, name in enumerate(names)
    ]


def emails():
    return ours(Notification).filter(kind="reviewed")


def sent_for(files, **words):
    keys = {"file": [file.pk for file in files], "liste": "tri=nom", "sure": "1"}
    return keys | {f"d{file.pk}-message": words.get(f"w{i}", "") for i, file in enumerate(files)}


def test_one_file_ends_with_nothing_and_its_firm_reads_so(desk, officer, files):
    file = files[0]
    assert "Rien à proposer" in text_of(desk.get(f"/agent/{file.pk}/"))
    desk.post(f"/agent/{file.pk}/terminer/", {"nothing": "1", "message": ""})
    file.refresh_from_db()
    assert file.reviewed_by == officer
    email = emails().get()
    assert email.recipient == "a0@firm.example"
    assert "Aucun dispositif n’est retenu" in email.text
    assert "Atelier Deux" not in email.text
    desk.post(f"/agent/{file.pk}/reprendre/")
    file.refresh_from_db()
    assert file.reviewed_at is None
    assert emails().get().state == Notification.State.FAILED


def test_a_file_of_which_a_scheme_is_kept_is_not_said_to_have_nothing(desk, officer, files):
    match = first_matches(files[0])[0]
    decide(files[0], match.scheme, officer)
    page = text_of(desk.get(f"/agent/{files[0].pk}/"))
    assert "terminer sans rien retenir" not in page
    response = desk.post(f"/agent/{files[0].pk}/terminer/", {"nothing": "1"}, follow=True)
    assert f"Vous lui proposez déjà « {match.revision.name} »" in text_of(response)
    assert not emails().exists()


def test_several_end_each_in_its_own_words_and_others_stay(desk, officer, files):
    asked = desk.post(PAGE, {"file": [files[0].pk, files[1].pk], "liste": "tri=nom"})
    assert asked.status_code == 200
    text = text_of(asked)
    assert "Atelier Un" in text
    assert "Atelier Deux" in text
    assert "Atelier Trois" not in text
    assert not ours(ReviewEnd).exists()
    sent = sent_for(files[:2], w0="Pas d’aide pour un stock.")
    response = desk.post(PAGE, sent, follow=True)
    assert response.redirect_chain == [("/agent/?tri=nom", 302)]
    assert "2 relectures terminées." in text_of(response)
    texts = {email.recipient: email.text for email in emails()}
    assert set(texts) == {"a0@firm.example", "a1@firm.example"}
    assert "Pas d’aide pour un stock." in texts["a0@firm.example"]
    assert "Pas d’aide pour un stock." not in texts["a1@firm.example"]
    assert all(email.cap_day for email in emails())  # each waits for its turn, as what is written to several firms
    files[2].refresh_from_db()
    assert files[2].reviewed_at is None


def test_several_are_taken_up_again_at_once(desk, files):
    response = desk.post(PAGE, sent_for(files[:2]), follow=True)
    assert "Annuler : reprendre ces relectures" in text_of(response)
    assert "Un courriel déjà parti reste" in text_of(response)  # what undoing does not give back
    assert "Annuler : reprendre" not in text_of(desk.get("/agent/"))  # said once
    response = desk.post(BACK, {"file": [file.pk for file in files[:2]]}, follow=True)
    assert "2 relectures reprises." in text_of(response)
    assert not ours(Submission).exclude(reviewed_at=None).exists()
    assert {email.state for email in emails()} == {Notification.State.FAILED}


def test_those_refused_are_named_with_what_was_typed_and_the_others_are_done(desk, officer, files):
    colleague = make_officer(first_name="Paul", last_name="Rivière")
    reviewed, kept, free = files
    end_review(submission=reviewed, officer=colleague, on=DAY, message="Vu.")
    decide(kept, first_matches(kept)[0].scheme, officer)
    response = desk.post(PAGE, sent_for(files, w0="Mon mot gardé.", w2="Bonne suite."))
    assert response.status_code == 422
    text = text_of(response)
    assert "Atelier Un : La relecture de cette demande est déjà terminée, par Paul Rivière." in text
    assert "Atelier Deux : Vous lui proposez déjà" in text
    html = response.content.decode()
    assert "Mon mot gardé." in html
    assert "Erreur – Rien à proposer" in text
    for file, why in ((reviewed, "La relecture de cette demande est déjà"), (kept, "Vous lui proposez déjà")):
        assert f'aria-describedby="pourquoi-{file.pk}"' in html
        assert why in html.partition(f'id="pourquoi-{file.pk}">')[2][:60]
    assert f'id="pourquoi-{free.pk}"' not in html
    assert "1 relecture terminée." in text
    assert "reprendre cette relecture" in text
    free.refresh_from_db()
    assert free.reviewed_by == officer
    assert ours(ReviewEnd).filter(submission=reviewed).count() == 1


def test_a_word_that_is_too_long_keeps_its_file_alone(desk, files):
    response = desk.post(PAGE, sent_for(files[:2], w0="a" * 2001))
    assert response.status_code == 422
    assert "2000" in text_of(response)
    assert [end.submission for end in ours(ReviewEnd)] == [files[1]]


def test_what_a_colleague_ended_since_is_not_taken_up_again(desk, files):
    colleague = make_officer()
    end_review(submission=files[0], officer=colleague, on=DAY, message="Vu.")
    response = desk.post(BACK, {"file": [files[0].pk]}, follow=True)
    assert "Restent tels quels : Atelier Un." in text_of(response)
    assert "0 relecture" not in text_of(response)  # nothing was done, and nothing says so
    files[0].refresh_from_db()
    assert files[0].reviewed_by == colleague


def test_a_file_of_elsewhere_does_not_show_and_stays(desk, files):
    far = make_submission(confirmed=True, company_name="Lointaine", facts={"commune": COMMUNES[CCLO]})
    response = desk.post(PAGE, sent_for([far, files[0]]), follow=True)
    assert "Lointaine" not in text_of(response)
    assert "ne sont plus dans vos listes" in text_of(response)
    assert "Cochez au moins un dossier" in text_of(desk.post(PAGE, sent_for([far]), follow=True))
    far.refresh_from_db()
    assert far.reviewed_at is None


def test_a_file_that_left_between_is_refused_with_a_sentence(officer, files):
    far = make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    ended = end_several_with_nothing(submissions=[far, files[0]], words={}, officer=officer, on=DAY)
    assert ended.refused == {far.pk: NOT_YOURS}
    assert ended.done == [files[0]]


def test_a_closed_file_is_refused(officer, files):
    close_file(submission=files[0], officer=officer, reason="helped")
    with pytest.raises(ReviewError, match="Ce dossier est clos"):
        end_with_nothing(submission=files[0], officer=officer, on=DAY)


def test_a_session_that_ended_says_that_nothing_was_recorded(client, desk, officer, files):
    client.logout()
    response = client.post(PAGE, sent_for(files[:1]))
    assert response["Location"].startswith("/compte/connexion/")
    client.force_login(officer)
    assert "rien n’a été enregistré" in text_of(client.get(PAGE, follow=True))
    assert not ours(ReviewEnd).exists()


def test_its_firm_reads_no_step_and_that_what_is_near_was_not_kept(desk, client, officer, files):
    path = f"/resultat/{link_to(files[0])}/"
    assert "demarches" in client.get(path).content.decode()
    desk.post(PAGE, sent_for(files[:1]))
    page = client.get(path)
    assert page.context["page"].cards
    assert 'id="demarches"' not in page.content.decode()
    text = text_of(page)
    assert "de votre demande, non retenus par votre conseiller" in text
    assert "Aucun dispositif retenu pour l’instant, pour Atelier Un" in text
    other = client.get(f"/resultat/{link_to(files[2])}/")  # nobody has read that one
    assert 'id="demarches"' in other.content.decode()
    assert "non retenus" not in text_of(other)


def test_what_was_kept_and_is_over_since_does_not_say_that_nothing_was(client, officer, files):
    scheme = first_matches(files[0])[0].scheme
    decide(files[0], scheme, officer)
    end_review(submission=files[0], officer=officer, on=DAY, message="Vu.")
    say(submission=files[0], scheme=scheme, state="has_it", on=DAY)
    assert "non retenus" not in text_of(client.get(f"/resultat/{link_to(files[0])}/"))
