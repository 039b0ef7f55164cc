"""Learning the order from officers' decisions: from how many, how well, and who takes it into use or out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.common.files import read_yaml
from backend.matchmaking import engine
from backend.matchmaking.fairness import fairness
from backend.matchmaking.models import Ranker, Review, SchemeEvent

# What each count is called where some are missing.
COUNTED = {
    "decisions": "avis qui disent si un dispositif est utile",
    "files": "dossiers",
    "officers": "développeurs économiques",
    "rarer_answer": "avis de l’espèce la plus rare (utile ou peu utile)",
}


class LearningError(ValueError):
    """Something that cannot be learnt, or taken into use, with a sentence for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRules:
    """What ``fixtures/learning.yaml`` says."""

    least: Mapping[str, int]
    bound: float
    strength: float
    held_out: float
    worth: Mapping[str, float]


@lru_cache(maxsize=1)
def learning_rules() -> LearningRules:
    """Return from how many decisions the ranking learns, and how far it may go."""
    content = read_yaml(settings.BASE_DIR / "fixtures" / "learning.yaml")
    return LearningRules(**{name: content[name] for name in LearningRules.__dataclass_fields__})


# -- what people decided


def decisions() -> list[engine.Decision]:
    """Return every decision that stands and says how useful a scheme was, with what came of it.

    Only on schemes that the firm could have and that answered its need: a scheme added by hand says that a need was
    not understood, which is another lesson.
    """
    reviews = Review.objects.standing().labels().filter(match__addresses=True, match__score__isnull=False)
    reviews = reviews.select_related("match__result__weights").order_by("pk")
    outcomes, worth = _outcomes(), learning_rules().worth
    now = engine.active_weights()[1]
    return [
        engine.Decision(
            file=review.submission_id,
            officer=review.officer_id,
            worth=worth[_outcome(review, outcomes)],
            parts=engine.restate(review.match.parts, engine.weights_of(review.match.result.weights), now),
        )
        for review in reviews
    ]


def _outcome(review: Review, outcomes: Mapping[tuple[int, int], str]) -> str:
    if review.verdict != Review.Verdict.KEPT:
        return "useless"
    return outcomes.get((review.submission_id, review.scheme_id), "kept")


def _outcomes() -> dict[tuple[int, int], str]:
    """Return the last thing known to have come of a scheme in a file."""
    rows = SchemeEvent.objects.standing().filter(state__in=learning_rules().worth).order_by("recorded_at", "pk")
    return {(file, scheme): state for file, scheme, state in rows.values_list("submission", "scheme", "state")}


def count(found: Sequence[engine.Decision]) -> dict[str, int]:
    """Count what the least is asked of."""
    n_useful = sum(decision.worth > 0 for decision in found)
    return {
        "decisions": len(found),
        "files": len({decision.file for decision in found}),
        "officers": len({decision.officer for decision in found}),
        "rarer_answer": min(n_useful, len(found) - n_useful),
    }


def missing(found: Sequence[engine.Decision], rules: LearningRules) -> list[str]:
    """Say what is missing before anything may be learnt; nothing where there is enough."""
    counts = count(found)
    return [
        f"{COUNTED[name]} : {counts[name]} sur {least}, il en manque {least - counts[name]}"
        for name, least in rules.least.items()
        if counts[name] < least
    ]


def is_held_out(file: int, rules: LearningRules) -> bool:
    """Tell whether a file is kept to compare on: always the same answer, whatever was filed since."""
    return int.from_bytes(sha256(str(file).encode()).digest()[:4]) < rules.held_out * 2**32


def learn(found: Sequence[engine.Decision], weights: Any, rules: LearningRules) -> Any:
    """Learn beside some points from all decisions but those held out, or return nothing where they are too few."""
    if missing(found, rules):
        return None
    learnt_from = [decision for decision in found if not is_held_out(decision.file, rules)]
    return engine.fit_ranker(learnt_from, weights, strength=rules.strength, bound=rules.bound)


# -- versions


@transaction.atomic
def train_ranker(*, on: date, rules: LearningRules | None = None) -> Ranker:
    """Learn from every decision, compare with what is in use, and keep it for a person to look at.

    Raises ``LearningError`` where there are too few decisions.
    """
    rules = rules or learning_rules()
    found = decisions()
    weight_set, weights = engine.active_weights()
    challenger = learn(found, weights, rules)
    if challenger is None:
        raise LearningError("Trop peu d’avis pour apprendre : " + " ; ".join(missing(found, rules)) + ".")
    row = engine.adopted_ranker(weight_set)
    champion = engine.ranker_of(row)
    held_out = [decision for decision in found if is_held_out(decision.file, rules)]
    comparison = engine.compare(held_out, weights, champion=champion, challenger=challenger)
    now = timezone.now()
    Ranker.objects.candidates().update(state=Ranker.State.RETIRED, retired_at=now)
    return Ranker.objects.create(
        weights=weight_set,
        points=dict(challenger.points),
        means=dict(challenger.means),
        bound=challenger.bound,
        counts=count(found),
        champion=row,
        comparison=asdict(comparison),
        fairness=fairness(weights, champion=champion, challenger=challenger, on=on),
        trained_at=now,
    )


@transaction.atomic
def adopt_ranker(*, ranker: Ranker, by: User) -> None:
    """Take a candidate into use, in the place of what was.

    Raises ``PermissionDenied`` if that person may not, ``LearningError`` where it is no candidate, was compared with
    what is no longer in use, or is not surely better.
    """
    ranker = _locked(ranker, by)
    weight_set, _weights = engine.active_weights()
    if ranker.state != Ranker.State.CANDIDATE:
        raise LearningError("Cette version n’attend plus de décision.")
    if ranker.weights != weight_set or ranker.champion != engine.adopted_ranker(weight_set):
        raise LearningError("Le classement a changé depuis la comparaison : relancez l’apprentissage.")
    if not ranker.is_better:
        raise LearningError("Il n’est pas sûr que cette version classe mieux : il faudra plus d’avis.")
    now = timezone.now()
    Ranker.objects.adopted().update(state=Ranker.State.RETIRED, retired_at=now)
    ranker.state, ranker.adopted_at, ranker.adopted_by = Ranker.State.ADOPTED, now, by
    ranker.save(update_fields=["state", "adopted_at", "adopted_by"])


@transaction.atomic
def retire_ranker(*, ranker: Ranker, by: User) -> None:
    """Discard a candidate, or take out of use what was adopted: the rules alone order again.

    Raises ``PermissionDenied`` if that person may not, ``LearningError`` where that was done already.
    """
    ranker = _locked(ranker, by)
    if ranker.state == Ranker.State.RETIRED:
        raise LearningError("Cette version est déjà retirée.")
    ranker.state, ranker.retired_at, ranker.retired_by = Ranker.State.RETIRED, timezone.now(), by
    ranker.save(update_fields=["state", "retired_at", "retired_by"])


def _locked(ranker: Ranker, by: User) -> Ranker:
    if not by.may_set_weights:
        raise PermissionDenied
    return Ranker.objects.select_for_update(of=("self",)).get(pk=ranker.pk)
