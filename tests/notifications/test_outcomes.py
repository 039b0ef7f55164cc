"""What officers read of an e-mail, to the word: what became of it, and what came back."""

from datetime import UTC, datetime

import pytest

from backend.notifications.models import Notification
from backend.notifications.outcomes import delivery_of, has_failed, outcome_of

State, Delivery = Notification.State, Notification.Delivery
SENT = {"state": State.SENT}
ENDED = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)  # 9:05 in Paris


@pytest.mark.parametrize(
    ("email", "words"),
    [
        (SENT | {"ended_at": ENDED}, "envoyé le 24 novembre 2026 à 09:05"),
        ({"state": State.FAILED, "ended_at": ENDED}, "non envoyé : abandonné le 24 novembre 2026 à 09:05"),
        ({"state": State.STOPPED, "suppression_id": 1}, "non envoyé"),
        ({"state": State.STOPPED}, "non envoyé : le destinataire ne veut pas de courriels"),
        ({"state": State.DUE, "attempt": 1, "error": "450"}, "pas encore parti : nouvel essai prévu"),
        ({"state": State.DUE, "attempt": 1}, "à envoyer"),
        ({"state": State.DUE, "error": "450"}, "à envoyer"),
        ({"state": State.DUE, "suppression_id": 1}, "à envoyer"),
    ],
)
def test_what_became_of_an_email(email: dict[str, object], words: str) -> None:
    assert outcome_of(Notification(**email)) == words


@pytest.mark.parametrize(
    ("email", "words", "failed"),
    [
        (SENT, "pas de retour", False),
        ({"state": State.DUE}, "", False),
        ({"state": State.FAILED}, "", True),
        (SENT | {"delivery": Delivery.REFUSED}, "refusé par le serveur du destinataire", True),
        (SENT | {"delivery": Delivery.DEAD}, "cette adresse ne reçoit plus rien", True),
        (SENT | {"delivery": Delivery.COMPLAINED}, "signalé comme indésirable par le destinataire", False),
    ],
)
def test_what_came_back_of_its_delivery(email: dict[str, object], words: str, failed: bool) -> None:
    sent = Notification(**email)
    assert (delivery_of(sent), has_failed(sent)) == (words, failed)
