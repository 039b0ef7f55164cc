"""What a firm filed, what the engine answered, what people decided about it, and what the firm is told of."""

from backend.matchmaking.models.alerts import Alert, Reminder
from backend.matchmaking.models.calls import CallRequest
from backend.matchmaking.models.corrections import NeedCorrection, PreferenceCorrection
from backend.matchmaking.models.counts import AnswerCount
from backend.matchmaking.models.drafts import SavedDraft
from backend.matchmaking.models.endings import ENDINGS, EVERYWHERE, has_ended
from backend.matchmaking.models.escalations import Escalation
from backend.matchmaking.models.file_events import FileEvent
from backend.matchmaking.models.file_links import FileLink
from backend.matchmaking.models.follow_up import FollowUp, Note
from backend.matchmaking.models.guests import Guest
from backend.matchmaking.models.hand_overs import HandOver
from backend.matchmaking.models.language import Language
from backend.matchmaking.models.learning import Ranker
from backend.matchmaking.models.needs import Need
from backend.matchmaking.models.partner_filings import PartnerFiling
from backend.matchmaking.models.partners import PartnerShare
from backend.matchmaking.models.policies import ReviewPolicy
from backend.matchmaking.models.rematching import Rematch, SchemeChange, Shard, VerdictMove
from backend.matchmaking.models.results import Cause, Match, Reply, Result
from backend.matchmaking.models.reviews import Review, ReviewEnd
from backend.matchmaking.models.scheme_events import MOST_EUROS, SchemeEvent
from backend.matchmaking.models.submissions import Submission
from backend.matchmaking.models.surveys import Survey
from backend.matchmaking.models.unmet import UnmetNeed
from backend.matchmaking.models.weights import Activation, WeightSet

__all__ = [
    "ENDINGS",
    "EVERYWHERE",
    "MOST_EUROS",
    "Activation",
    "Alert",
    "AnswerCount",
    "CallRequest",
    "Cause",
    "Escalation",
    "FileEvent",
    "FileLink",
    "FollowUp",
    "Guest",
    "HandOver",
    "Language",
    "Match",
    "Need",
    "NeedCorrection",
    "Note",
    "PartnerFiling",
    "PartnerShare",
    "PreferenceCorrection",
    "Ranker",
    "Rematch",
    "Reminder",
    "Reply",
    "Result",
    "Review",
    "ReviewEnd",
    "ReviewPolicy",
    "SavedDraft",
    "SchemeChange",
    "SchemeEvent",
    "Shard",
    "Submission",
    "Survey",
    "UnmetNeed",
    "VerdictMove",
    "WeightSet",
    "has_ended",
]
