"""What is no news: other words read, points or needs move what subscribers were told last, and mail nobody.

200 of them with ``JONCTION_LONG=1``, in five minutes; 20 otherwise.
"""

import os
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from backend.matchmaking import alerts
from backend.matchmaking.language import learn_language
from backend.matchmaking.models import Activation, Alert, WeightSet
from backend.matchmaking.rematching import rematch
from backend.notifications.models import Notification
from backend.schemes.models import Scheme
from tests.factories import DAY, make_submission, publish_revision
from tests.few_sentences import few_sentences
from tests.matchmaking.subscribers import publish, read
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
N_FIRMS = 200 if os.environ.get("JONCTION_LONG") == "1" else 20
TEXTS = (
    "Nous cherchons un robot de soudage, et des soudeurs pour le conduire.",
    "On gère encore la production sur Excel et notre four mange trop de gaz.",
    "Je veux reprendre une entreprise, sans prêt. Il me faut aussi un bâtiment.",
    "Mes salariés n’ont pas de bus et je ne trouve pas d’apprenti.",
)


@dataclass
class Subscribers:
    """Firms of one territory that are told at once, and the day that it is."""

    day: object = DAY

    def next_day(self):
        """Pass a night, look at every subscription, and return the e-mails owed by it."""
        self.day += timedelta(days=1)
        before = set(ours(Notification).filter(kind="alert").values_list("pk", flat=True))
        rematch(on=self.day)
        for pk in alerts.due(on=self.day):
            alerts.tell(pk=pk, on=self.day)
        return ours(Notification).filter(kind="alert").exclude(pk__in=before)

    def told(self):
        return dict(Alert.objects.order_by("pk").values_list("pk", "told"))

    def lists(self):
        """Return what each was last told, as the schemes that are listed, in order."""
        return {
            alert.pk: [*alert.told.matches.answering().order_by("rank").values_list("scheme", flat=True)]
            for alert in Alert.objects.select_related("told").order_by("pk")
        }


@pytest.fixture
def subscribers():
    few = Scheme.objects.matchable(Scheme.OWN).order_by("pk").values("pk")[:60]  # what 200 files take by the second
    Scheme.objects.exclude(pk__in=few).update(state=Scheme.State.ARCHIVED)
    for number in range(N_FIRMS):
        address = {"email": f"firm-{number}@firm.example", "siret": "", "siren": ""}
        submission = make_submission(confirmed=True, needs=(), text=TEXTS[number % len(TEXTS)], **address)
        read(submission)
        frequency = Alert.Frequency.IMMEDIATE
        alerts.subscribe(submission=submission, frequency=frequency, paused_until=None, on=DAY)
    return Subscribers()


def other_model():
    with few_sentences():
        learn_language()


def other_points():
    old = WeightSet.objects.in_force().get()
    points = {**old.points, "words": 10, "guide": 60, "near": 30}
    new = WeightSet.objects.create(version="others", points=points, written_on=DAY)
    Activation.objects.create(weights=new, at=timezone.now())


def other_needs():
    """Name the needs of ten sheets otherwise: what they are for did not change."""
    for scheme in Scheme.objects.matchable(Scheme.OWN).order_by("pk")[:30:3]:
        publish_revision(scheme, needs={"competences.recruter": 1.0, "numerique.robot": 1.0})


@pytest.mark.slow
def test_only_a_change_of_a_scheme_is_told(subscribers):
    scheme = Scheme.objects.get(source_key="geiq-industrie", source=Scheme.OWN)
    assert not subscribers.next_day().exists()
    for change in (other_model, other_points, other_needs):
        told, lists = subscribers.told(), subscribers.lists()
        change()
        assert not subscribers.next_day().exists(), change
        assert len(told) == N_FIRMS
        assert all(subscribers.told()[pk] != told[pk] for pk in told), change  # what was told moved along
        assert subscribers.lists() != lists, change  # and it is another list
    publish(scheme)
    emails = list(subscribers.next_day())
    assert len(emails) >= N_FIRMS // 4
    assert all(scheme.current.name in email.text for email in emails)
    assert not subscribers.next_day().exists()
