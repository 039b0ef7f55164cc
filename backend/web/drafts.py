"""What a firm types before it files: kept in its session and nowhere else, or for a contact that filed before."""

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from math import ceil
from typing import Any, Self, cast
from uuid import uuid4

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.utils import timezone

from backend.common.days import current_day
from backend.companies.establishments import find_by_number
from backend.companies.models import Fact
from backend.companies.registered import Registered
from backend.links.models import RULES, Kind
from backend.matchmaking.in_charge import OutsideTerritory, outside_contacts, route
from backend.matchmaking.models import SavedDraft, Submission
from backend.matchmaking.next_request import known_firm
from backend.matchmaking.questions import Questions
from backend.matchmaking.unfiled import Unfiled, read_unfiled
from backend.territories.models import ServedEpci
from backend.web.access import access_of
from backend.web.forms.filing import STEPS, merge_facts
from backend.web.forms.filing.firm import FirmForm
from backend.web.forms.filing.number import digits_of, number_of
from backend.web.forms.filing.steps import StepForm
from backend.web.forms.question import Asked, Said, asked_with, open_questions, read_answer

DRAFT = "draft"  # its name in the session
ROW = "row"  # what the session says of one that is kept for its contact, and nothing more
MOST_BYTES = 20_000
SIRET_LENGTH = 14
FORMS = dict(STEPS)
NAMES = tuple(FORMS)
CONTACT, CALL, QUESTION = "contact", "rappel", "question"  # what was typed of them, beside the steps
FIRM, OPTIONAL = "entreprise", "projet"  # the latter is asked only where a likely scheme reads it

# The fields of that step that are of the firm, whatever it plans.
SIZE = {
    field_name
    for fact, field_names in FORMS[OPTIONAL].fields_of_fact.items()
    if not fact.startswith("project.")
    for field_name in field_names
}


@dataclass(slots=True, kw_only=True)
class Draft:
    """Steps as they were typed, and what was said of the answer; it ends with the session, or 30 days after."""

    key: str = field(default_factory=lambda: str(uuid4()))  # of the filing, so that a double click files once
    opened_at: float = field(default_factory=time.time)
    steps: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    registered: dict[str, Any] = field(default_factory=dict)  # the establishment that was chosen in the register
    has: list[str] = field(default_factory=list)  # sub-needs that were confirmed
    has_not: list[str] = field(default_factory=list)  # and those that were taken away
    wants_not: list[str] = field(default_factory=list)  # preferences that were taken away
    answered: dict[str, Any] = field(default_factory=dict)  # facts that it said beside the answer, and in no step
    declined: list[str] = field(default_factory=list)  # questions that it cannot answer, and what it said is wrong
    asked_again: bool = False  # to press again: what was sent looked like a robot's
    called: dict[str, str] = field(default_factory=dict)  # the call that was asked for, in words: whom, where, when
    counted: list[str] = field(default_factory=list)  # needs for which its answer was counted, once each
    came_from: int = 0  # the organisation whose site led to its first step
    arrival: str = ""  # of the page that a text sent from another site was shown on
    row: int = 0  # where it is kept for its contact; 0 while the session has it
    is_assisted: bool = False  # an officer fills it in for a firm
    of_file: int = 0  # the request of the same contact that it was begun from
    of_number: str = ""  # the SIRET or SIREN of that one
    known: dict[str, Any] = field(default_factory=dict)  # what that one knew of its firm and its site
    origins: dict[str, str] = field(default_factory=dict)  # of what others than the firm said of that
    contact: dict[str, str] = field(default_factory=dict)  # who filed that one
    wait_until: float = 0.0  # too many came from this network

    @classmethod
    def of(cls, session: SessionBase) -> Self | None:
        """Return the draft of a browser, where there is one; what another release kept in it is left out."""
        if DRAFT not in session:
            return None
        if row := session[DRAFT].get(ROW, 0):
            saved = SavedDraft.objects.standing().filter(pk=row).first()
            return cls.of_saved(saved) if saved and not _is_left_alone(session, saved) else None
        return cls._read(session[DRAFT])

    @classmethod
    def of_saved(cls, saved: SavedDraft) -> Self:
        """Return one that is kept for its contact."""
        return cls._read({**saved.content, ROW: saved.pk})

    @classmethod
    def _read(cls, content: Mapping[str, Any]) -> Self:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in names})

    @classmethod
    def begun_from(cls, submission: Submission) -> Self:
        """Begin another request of a contact for the same firm: what is known of it is filled in, and nothing else."""
        firm, contact, number = known_firm(submission), submission.contact, number_of(submission)
        found = find_by_number(number) if len(number) == SIRET_LENGTH else []
        registered = found[0] if found and found[0].is_open else None
        # What the register said then gives way to what it says now.
        former = {name for name, by in firm.said_by_others.items() if registered and by == Fact.Origin.REGISTER}
        draft = cls(
            of_file=submission.pk,
            of_number=number,
            known={name: value for name, value in firm.facts.items() if name not in former},
            origins=firm.said_by_others,
            contact={"name": contact.name, "email": contact.email, "phone": contact.phone},
            registered=registered.as_json() if registered else {},
        )
        shown = FirmForm(registered=registered, known=draft.known)
        draft.steps[FIRM] = shown.as_shown(company_name=submission.sheet.name, number=number)
        return draft

    def save(self) -> None:
        """Keep it without the session, for its contact on any device."""
        now = timezone.now()
        self.row = SavedDraft.objects.create(
            key=self.key,
            submission_id=self.of_file,
            address=self.contact["email"],
            content=self._content(),
            begun_at=now,
            touched_at=now,
        ).pk

    def keep(self, session: SessionBase) -> None:
        """Keep what was typed; one that was deleted or filed meanwhile, on another device, is not kept again."""
        session[DRAFT] = {ROW: self.row} if self.row else self._content()
        if self.row:
            SavedDraft.objects.filter(pk=self.row).update(content=self._content(), touched_at=timezone.now())

    def forget(self, session: SessionBase) -> None:
        """Keep nothing of it any more, anywhere."""
        session.pop(DRAFT, None)
        if self.row:
            SavedDraft.objects.filter(pk=self.row).delete()

    def _content(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != ROW}

    @property
    def size(self) -> int:
        """How many bytes were typed."""
        return len(json.dumps(self.steps, ensure_ascii=False).encode(errors="surrogatepass"))

    @property
    def age(self) -> float:
        """For how many seconds it has been open."""
        return time.time() - self.opened_at

    def wait(self, seconds: int) -> None:
        self.wait_until = time.time() + seconds

    @property
    def seconds_to_wait(self) -> int:
        """How long its firm waits before it may file; 0 where it may."""
        return max(0, ceil(self.wait_until - time.time()))

    def data(self, name: str, **more: str) -> QueryDict:
        """Return what was typed in a step, as it was sent."""
        data = QueryDict(mutable=True)
        for field_name, values in self.steps[name].items():
            data.setlist(field_name, values)
        data.update(more)
        return data

    def form(self, name: str, data: QueryDict | None = None) -> StepForm:
        """Return the form of a step, with what the register says where an establishment was chosen."""
        if name == FIRM:
            return FirmForm(data, registered=self.chosen, known=self.known)
        return FORMS[name](data, initial=FORMS[name].initial_of({**self.known, **self.answered}))

    @property
    def chosen(self) -> Registered | None:
        """The establishment that was chosen in the register; what another release kept of it is forgotten."""
        return Registered.from_json(self.registered) if self.registered else None

    def choose(self, registered: Registered | None) -> None:
        """Take another establishment, or none: the step that was filled in for the former one is asked again.

        Where that one is known to be of another firm, nothing that was said of that firm stays.
        """
        former = self._siren
        if former and former != (registered.siren if registered else ""):
            self._forget_firm()
        self.registered = registered.as_json() if registered else {}
        self.known = {name: value for name, value in self.known.items() if name not in FirmForm.fields_of_fact}
        self.steps.pop(FIRM, None)

    def take_firm(self, typed: dict[str, list[str]]) -> None:
        """Take the step that says who the firm is: of another number than it was begun with, nothing is known."""
        self.steps[FIRM] = typed
        if self.known and self._siren != self.of_number[:9]:
            self._forget_firm()

    @property
    def _siren(self) -> str:
        """The number of the firm that was chosen, else typed; empty where it is not known."""
        typed = "".join(self.steps.get(FIRM, {}).get("number", []))
        return str(self.registered.get("siret") or digits_of(typed))[:9]

    def _forget_firm(self) -> None:
        """Forget what was said of a firm beside its step; what is said of the project stays."""
        self.answered, self.declined, self.known = {}, [], {}
        self.steps.pop(QUESTION, None)
        project = {name: typed for name, typed in self.steps.pop(OPTIONAL, {}).items() if name not in SIZE}
        if any(map(any, project.values())):
            self.steps[OPTIONAL] = project

    def valid_forms(self) -> dict[str, StepForm] | str:
        """Return the valid forms of the steps, or the name of the first that is missing or wrong."""
        found: dict[str, StepForm] = {}
        for name in NAMES:
            if name not in self.steps:
                if name == OPTIONAL:
                    continue
                return name
            form = self.form(name, self.data(name))
            if not form.is_valid():
                return name
            found[name] = form
        return found

    def say_needs(self, *, has: Iterable[str], has_not: Iterable[str]) -> None:
        """Take the firm's word on sub-needs; what it ticked itself and takes away is not ticked any more."""
        has, has_not = set(has), set(has_not) - set(has)
        self.has = sorted((has | set(self.has)) - has_not)
        self.has_not = sorted((has_not | set(self.has_not)) - has)
        need = self.steps["besoin"]
        need["needs"] = [key for key in need.get("needs", []) if key not in has_not]

    def say_preference(self, preference: str, *, holds: bool) -> None:
        """Take a preference away that the text was read to say, or put it back."""
        self.wants_not = sorted(set(self.wants_not) - {preference} | (set() if holds else {preference}))

    def take(self, reply: Said | Asked) -> None:
        """Take the answer to a question: in the step whose fields ask the same, else beside the steps.

        What cannot be read is kept as it was typed, to be shown again.
        """
        self.steps.pop(QUESTION, None)
        if isinstance(reply, Asked):
            self.steps[QUESTION] = {"question": [reply.question.name], **reply.typed()}
        elif not reply.facts:
            self.decline([reply.question])
        elif reply.form and (step := step_that_asks(reply.facts)) in self.steps:
            self.steps[step] |= reply.form.typed()
        else:
            self.answered |= reply.facts

    def decline(self, questions: Iterable[str]) -> None:
        """Ask some questions no more."""
        self.declined = sorted({*self.declined, *questions})

    def say_condition(self, condition: str, value: bool | None) -> None:
        """Take what the firm says of a condition that only it can check; ``None`` takes it back."""
        self.answered[f"{Fact.ANSWER}{condition}"] = value

    def forget_taken_away(self) -> None:
        """Let a box that was ticked since count again."""
        self.has_not = sorted(set(self.has_not) - set(self.steps["besoin"].get("needs", [])))


def open_draft(session: SessionBase, saved: SavedDraft) -> Draft:
    """Go on with a draft that is kept for its contact, in this browser."""
    session[DRAFT] = {ROW: saved.pk}
    return Draft.of_saved(saved)


def leave_draft(session: SessionBase) -> None:
    """Keep nothing of a draft in this browser; one that is kept for its contact stays where it is."""
    session.pop(DRAFT, None)


def _is_left_alone(session: SessionBase, saved: SavedDraft) -> bool:
    """Tell whether nobody typed any more in a kept draft once its space had closed: a shared computer shows it not."""
    return access_of(session) is None and timezone.now() - saved.touched_at > RULES[Kind.ACCESS].lifetime


def unsent_draft(session: SessionBase) -> Draft | None:
    """Return the draft that this browser alone has, and that another one would take the place of."""
    draft = Draft.of(session)
    return draft if draft and draft.steps and not draft.row else None


@dataclass(frozen=True)
class Stated:
    """What the valid steps of a draft say."""

    draft: Draft
    forms: dict[str, StepForm]

    @cached_property
    def facts(self) -> dict[str, Any]:
        answered = {name: value for name, value in self.draft.answered.items() if value is not None}
        corrected = self.firm.facts()
        official = {name: value for name, value in self.firm.official.items() if name not in corrected}
        known = {name: value for name, value in self.draft.known.items() if name not in FirmForm.fields_of_fact}
        return {**official, **known, **answered, **merge_facts(self.forms.values())}

    @property
    def unchanged(self) -> frozenset[str]:
        """The facts that are as they were shown, in a draft that was begun from another request."""
        shown = {**self.firm.official, **self.draft.known} if self.draft.of_file else {}
        return frozenset(name for name, value in shown.items() if self.facts.get(name) == value)

    @property
    def said_by_others(self) -> frozenset[str]:
        """Of these facts, what others than the firm said of it, and the register does not say now."""
        known = {name: value for name, value in self.draft.known.items() if name in self.draft.origins}
        return frozenset(
            name for name in self.unchanged if name in known and known[name] != self.firm.official.get(name)
        )

    @property
    def firm(self) -> FirmForm:
        return cast("FirmForm", self.forms[FIRM])

    @property
    def declined(self) -> dict[str, bool]:
        """The questions that it cannot answer, under the names by which they are recorded."""
        return {f"{Fact.DECLINED}{question}": True for question in self.draft.declined}

    @property
    def commune(self) -> str:
        """The INSEE code of the commune that decides who is in charge; empty where it is not known."""
        facts = self.facts
        return str(facts.get("project.commune") or facts.get("commune") or "")

    @property
    def company_name(self) -> str:
        return str(self.firm.cleaned_data["company_name"])

    @cached_property
    def epci(self) -> ServedEpci | None:
        """The intercommunality in charge; none where the commune is not known, or outside."""
        try:
            return route(self.facts, on=current_day())
        except OutsideTerritory:
            return None

    @property
    def is_outside(self) -> bool:
        """Whether the place is known and no served intercommunality holds it."""
        return bool(self.commune) and self.epci is None

    @property
    def place(self) -> Mapping[str, str]:
        """The names of a place outside and of what it is in; none inside."""
        return outside_contacts(self.commune, on=current_day()) if self.is_outside else {}

    @cached_property
    def read(self) -> Unfiled:
        """What was understood of the needs, and what the engine answers."""
        need = self.forms["besoin"].cleaned_data
        return read_unfiled(
            self.facts,
            need["text"],
            {*need["needs"], *self.draft.has},
            removed={*self.draft.has_not, *self.draft.wants_not},
            declined=self.draft.declined,
            on=current_day(),
        )

    @cached_property
    def questions(self) -> Questions:
        """What is left to ask."""
        return open_questions(self.read.open())

    def asked(self, *, but: Collection[str], rather: Collection[str]) -> Asked | None:
        """The question of its page: the one that could not be read, else the best one, as ``Questions.first`` says."""
        if QUESTION in self.draft.steps:
            data = self.draft.data(QUESTION)
            question = self.questions.named(data.get("question", ""))
            reply = read_answer(question, self.facts, data) if question else None
            if isinstance(reply, Asked):
                return reply
        return asked_with(self.facts, self.questions.first(but=but, rather=rather))

    @property
    def waits_for_project(self) -> bool:
        """Whether the step on the project is worth asking: a likely scheme reads it, and it was not filled in."""
        is_asked = OPTIONAL not in self.draft.steps and not self.is_outside
        return is_asked and self.read.waits_for(FORMS[OPTIONAL].fields_of_fact.keys())


def step_that_asks(facts: Collection[str]) -> str | None:
    """Return the step whose fields ask some facts."""
    return next((name for name, form in STEPS if form.fields_of_fact.keys() >= set(facts)), None)


def stated(draft: Draft) -> Stated | str:
    """Return what a draft says, or the name of the first step that is missing or wrong."""
    forms = draft.valid_forms()
    return forms if isinstance(forms, str) else Stated(draft, forms)
