"""Who files what and when, drawn by chance: always the same for a seed and a day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify
from stdnum.fr import siren, siret

from backend.accounts.models import Organisation
from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.matchmaking.calls import Call
from backend.matchmaking.models import Submission
from backend.matchmaking.services import Filing
from backend.schemes.models import SubNeed
from backend.territories.services import served_communes
from backend.web.management.simulation import Draw, Firm, answers_to

UNASSIGNED = "99999"  # no company has such a SIREN; one is kept for the firm of fixtures/demo.yaml
TAKEN = {"999999956"}
KNOWN_AGE = 2.2  # few firms knew of the service at first, more and more do
WEEK_END = 0.15  # of what is filed on another day
AGAIN = 0.12  # of files, those of a firm that filed before
AGAIN_AFTER = timedelta(days=150)
DAYS_OF_CALLS = 25  # what asks for a call is erased after thirty days
# How often a firm says something of itself; what is not said stays unknown.
SAID = {
    "headcount": 0.92, "turnover": 0.5, "created_on": 0.5, "legal_category": 0.6, "group": 0.45,
    "project.started": 0.6, "project.spend": 0.45, "project.spend_kinds": 0.35, "project.horizon": 0.75,
    "project.tenure": 0.1, "taxes_up_to_date": 0.1, "in_difficulty": 0.08, "craft_register": 0.15,
}  # fmt: skip
DIVISION = 2  # digits of a code of the NAF
WHERE, NUMBERED, PHONED, ALERTED, BY_SITE = 0.97, 0.6, 0.92, 0.1, 0.25


@dataclass(frozen=True, slots=True)
class Story:
    """What a firm asks and the moment it arrived; what follows is drawn from a seed of its own."""

    key: UUID
    asked: Filing | Call
    moment: datetime
    seed: str


class Territory:
    """Draws firms and what they file, from the words of ``fixtures/demo_territory.yaml``."""

    def __init__(self, seed: int, *, years: int, today: date) -> None:
        self._random = Random(f"{seed} filings")  # noqa: S311
        self._arriving = Random(f"{seed} sites")  # noqa: S311
        self._sites = list(Organisation.objects.filter(code__isnull=False).order_by("code"))
        self._seed, self._days, self._today = seed, years * 365, today
        self._words = read_yaml(territory_file("demo_territory.yaml"))
        self._firms = Draw(seed, on=today)
        self._towns = [commune.official_code for commune in served_communes()]
        self._weights = [self._words["towns"].get(code, 1) for code in self._towns]
        self._sentences = dict(SubNeed.objects.order_by("key").values_list("key", "sentences"))
        requests = read_yaml(settings.BASE_DIR / "fixtures" / "judgements" / "requests.yaml")["requests"]
        self._requests: dict[str, list[Mapping[str, Any]]] = defaultdict(list)  # by division of the activity
        for request in requests:
            self._requests[request.get("naf", "")[:DIVISION]].append(request)
        self._sirens = [number for number in unassigned_sirens() if number not in TAKEN]
        self._random.shuffle(self._sirens)

    def firms(self, n_files: int) -> list[list[Story]]:
        """Return the files of each firm, in the order of their first: ``n_files`` in all."""
        moments = sorted(self._moment() for _ in range(n_files))
        firms: list[list[Story]] = []
        for place, moment in enumerate(moments):
            filing = self._filing(f"file {place}")
            again = [files for files in firms if files[-1].moment < moment - AGAIN_AFTER]
            files = self._random.choice(again) if again and self._random.random() < AGAIN else []
            if files:
                filing = of_the_same_firm(filing, files[0].asked)
            else:
                firms.append(files)
            files.append(Story(filing.filing_key, filing, moment, f"{self._seed} file {place}"))
        return firms

    def calls(self, n: int) -> Iterator[Story]:
        """Yield the calls that were asked for these last weeks, the oldest first."""
        ages = sorted((self._random.randint(1, DAYS_OF_CALLS) for _ in range(n)), reverse=True)
        for place, age in enumerate(ages):
            who = self._person()
            firm = self._firms.firm()
            call = Call(
                phone=self._phone(),
                name=" ".join(who),
                company_name=self._name(self._trade(firm), who[1]) if self._random.random() < PHONED else "",
                call_slot=self._random.choice(Submission.CallSlot.values),
                commune=self._commune() if self._random.random() < WHERE else "",
                needs=tuple(firm.needs),
            )
            moment = self._hour_of(self._today - timedelta(days=age))
            yield Story(self._key(f"call {place}"), call, moment, f"{self._seed} call {place}")

    def _key(self, what: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"https://jonction.example/{self._seed}/{what}")

    def _moment(self) -> datetime:
        """Draw when a firm files: more of late, by the season, on working days mostly."""
        draw = self._random
        while True:
            day = self._today - timedelta(days=1 + int(self._days * draw.random() ** KNOWN_AGE))
            share = self._words["months"][day.month - 1] * (WEEK_END if day.weekday() >= 5 else 1)
            if draw.random() * max(self._words["months"]) < share:
                return self._hour_of(day)

    def _hour_of(self, day: date) -> datetime:
        """Draw the hour of what firms do on a day: in the evening too, seldom at night."""
        draw = self._random
        hour = time(min(23, max(0, round(draw.gauss(14, 4)))), draw.randrange(60), draw.randrange(60))
        return datetime.combine(day, hour, tzinfo=timezone.get_current_timezone())

    def _filing(self, what: str) -> Filing:
        draw, firm = self._random, self._firms.firm()
        trade, who = self._trade(firm), self._person()
        name = self._name(trade, who[1])
        number = self._sirens.pop() if self._sirens and draw.random() < NUMBERED else ""
        text, needs, staff = self._request(firm, trade)
        return Filing(
            filing_key=self._key(what),
            facts={**self._facts(firm, trade), **staff},
            siren=number,
            siret=siret_of(number) if number and draw.random() < NUMBERED else "",
            company_name=name,
            needs=needs,
            text=text,
            came_from=self._site(),
            contact_name=" ".join(who),
            email=f"{slugify(who[0])}.{slugify(who[1])}@{slugify(name)}.example",
            phone=self._phone() if draw.random() < PHONED else "",
            call_slot=draw.choice(Submission.CallSlot.values),
            wants_alerts=draw.random() < ALERTED,
        )

    def _site(self) -> Organisation | None:
        """Draw by whose site a firm comes, if by any."""
        draw = self._arriving
        return draw.choice(self._sites) if self._sites and draw.random() < BY_SITE else None

    def _facts(self, firm: Firm, trade: Mapping[str, Any]) -> dict[str, Any]:
        said = [name for name, share in SAID.items() if self._random.random() < share]
        where = {"commune": self._commune()} if self._random.random() < WHERE else {}
        return {**answers_to(said, firm), "naf": trade["naf"], **where}

    def _commune(self) -> str:
        return self._random.choices(self._towns, self._weights)[0]

    def _trade(self, firm: Firm) -> Mapping[str, Any]:
        """Draw a trade in which firms may be as large."""
        size = firm.facts["headcount"]
        least = size if isinstance(size, float) else size[0] or 0
        trades = [trade for trade in self._words["trades"] if trade["most"] >= least]
        trade: Mapping[str, Any] = self._random.choices(trades, [trade["weight"] for trade in trades])[0]
        return trade

    def _person(self) -> tuple[str, str]:
        return self._random.choice(self._words["first_names"]), self._random.choice(self._words["surnames"])

    def _name(self, trade: Mapping[str, Any], surname: str) -> str:
        form = self._random.choice(self._words["forms"])
        of_place = self._random.choice(self._words["of_places"])
        return str(form.format(trade=trade["name"], surname=surname, of_place=of_place))

    def _phone(self) -> str:
        return f"03 53 01 {self._random.randrange(100):02} {self._random.randrange(100):02}"

    def _request(self, firm: Firm, trade: Mapping[str, Any]) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """Draw what a firm writes and ticks: a few words, a whole request of its trade, or boxes alone.

        With a whole request, the headcount of the firm that it was written for: without staff, nobody retires.
        """
        draw, needs = self._random, tuple(firm.needs)
        kind = draw.random()
        if kind < 0.12:
            return "", needs, {}
        if kind < 0.4 and (requests := self._requests.get(trade["naf"][:DIVISION])):
            request = draw.choice(requests)
            return request["text"], (), {"headcount": request["headcount"]} if "headcount" in request else {}
        said = " ".join(draw.choice(self._sentences[need]) for need in needs)
        text = f"{draw.choice(self._words['openings'])}{said}{draw.choice(self._words['closings'])}"
        return as_typed(text, draw), needs if draw.random() < 0.6 else (), {}


def of_the_same_firm(filing: Filing, earlier: Filing | Call) -> Filing:
    """Return what a firm files again: it is who it was, with another need and project."""
    if not isinstance(earlier, Filing):
        raise TypeError("Calls are of firms that have not filed.")
    project = {name: value for name, value in filing.facts.items() if name.startswith("project.")}
    own = {name: value for name, value in earlier.facts.items() if not name.startswith("project.")}
    return replace(
        earlier,
        filing_key=filing.filing_key,
        text=filing.text,
        needs=filing.needs,
        came_from=filing.came_from,
        facts={**own, **project},
    )


def as_typed(text: str, draw: Random) -> str:
    """Return a text as it may be typed on a telephone: without capitals, or without accents."""
    kind = draw.random()
    if kind < 0.15:
        return text.lower().rstrip(".")
    return text.translate(str.maketrans("éèêàùç", "eeeauc")) if kind < 0.25 else text


def unassigned_sirens() -> Sequence[str]:
    """Return the valid numbers of the range that is given to nobody."""
    return [f"{UNASSIGNED}{n:04}" for n in range(10_000) if siren.is_valid(f"{UNASSIGNED}{n:04}")]


def siret_of(number: str) -> str:
    """Return the number of a company's first establishment."""
    return next(found for n in range(10, 20) if siret.is_valid(found := f"{number}{n:05}"))
