import json
import os
import shutil
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import batched, chain, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple, Never

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from backend.common.days import current_day
from backend.common.processes import ProcessLost, in_order, processors
from backend.facts.yes_no import YES_NO
from backend.matchmaking import engine
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import LineError, Question, as_requests, read_line
from backend.matchmaking.offers import Offer, offers_in
from backend.matchmaking.preferences import SaidPreference, said_of
from backend.matchmaking.replies import UnderstoodNeed, understood_of
from backend.matchmaking.values import parse_day
from backend.schemes.models import Scheme

FIRST = 50  # lines answered before there are other processes: what words and places need is learnt once for all
CHUNK = 500  # lines answered together: what the firms of a chunk share is read and judged once
DEFAULT_LIMIT = 20

type Answer = dict[str, Any]

HELP = f"""\
Propose des dispositifs pour chaque ligne d'un fichier JSON Lines et écrit une ligne de résultat par ligne lue.

Une ligne est un objet JSON dont tout est facultatif : id, on, siret, commune, region, naf, naf_2025, headcount,
turnover, balance_sheet, created_on, legal_category,
{", ".join(YES_NO)},
group [{{name, share, control, holder, headcount, turnover, balance_sheet}}] (vide : indépendante),
previous_years [{{headcount, turnover, balance_sheet}}] (groupe compris, le plus récent d'abord), schemes {{clé : true
ou false}}, needs, preferences, text, project {{started, spend, spend_kinds, commune, horizon, tenure}}. Une ligne qui
ne peut pas être lue (vide comprise) donne {{"id", "line", "error"}} à sa place. Le fichier de sortie n'apparaît qu'à
la fin, complet.
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()  # they load every page of the site

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FICHIER", help="Fichier JSON Lines, en UTF-8.")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="RÉSULTAT", help="Fichier à écrire ; remplacé s'il existe."
        )
        parser.add_argument(
            "--on",
            metavar="JOUR",
            help="Jour de la question, comme 2026-11-24, pour les lignes sans « on » ; aujourd'hui à Paris sinon.",
        )
        length = parser.add_mutually_exclusive_group()
        length.add_argument(
            "--limit",
            type=int,
            default=DEFAULT_LIMIT,
            metavar="N",
            help=f"Nombre de dispositifs par ligne, au plus ({DEFAULT_LIMIT} par défaut).",
        )
        length.add_argument(
            "--all",
            action="store_true",
            help="Tous les dispositifs, quel que soit le besoin ; ceux que l'entreprise ne peut pas avoir à la fin.",
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=processors(),
            metavar="N",
            help="Processus qui se partagent les lignes, à partir de 500 ; autant que de processeurs par défaut.",
        )
        parser.add_argument(
            "--source", default=Scheme.OWN, metavar="NOM", help=f"Catalogue à parcourir ({Scheme.OWN} par défaut)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, out, source = Path(options["file"]), Path(os.path.realpath(options["out"])), options["source"]
        on = _read_day(options["on"])
        limit = None if options["all"] else options["limit"]
        if limit is not None and limit < 1:
            raise CommandError(f"--limit vaut {limit} ; attendu : un nombre à partir de 1, ou --all.")
        processes = options["processes"]
        if processes < 1:
            raise CommandError(f"--processes vaut {processes} ; attendu : un nombre à partir de 1.")
        _check_source(source)
        _check_out(out, path)
        try:
            # Without a name until it is complete: a run that is killed leaves nothing behind.
            with path.open("rb") as lines, TemporaryFile(dir=out.parent) as unnamed:
                n_lines = n_errors = 0
                bar = _bar(lines, hidden=options["verbosity"] == 0)
                with bar:
                    answers = Answers(source=source, on=on, limit=limit)
                    numbered = enumerate(_counted(lines, bar), 1)
                    first = answers.written([*islice(numbered, FIRST)])
                    chunks = batched(numbered, CHUNK, strict=False)
                    for written in chain([first], in_order(answers.written, chunks, processes=processes)):
                        unnamed.write(written.lines)
                        n_lines += written.n_lines
                        n_errors += written.n_errors
                unnamed.seek(0)
                _publish(unnamed, out)
        except ProcessLost:
            raise CommandError(
                "Un processus s'est arrêté en route, peut-être faute de mémoire : essayez --processes 1. "
                "Rien n'a été écrit."
            ) from None
        except OSError as error:
            raise CommandError(f"{error.filename or out} : {error.strerror or error}. Rien n'a été écrit.") from None
        if options["verbosity"] > 0:
            self.stdout.write(f"Lignes : {n_lines}, dont en erreur : {n_errors}. Résultat : {out}")


def _read_day(text: str | None) -> date:
    if text is None:
        return current_day()
    day = parse_day(text)
    if day is None:
        raise CommandError(f"--on vaut {text} ; attendu : un jour comme 2026-11-24.")
    return day


def _check_source(source: str) -> None:
    known = Scheme.objects.sources()
    if source not in known:
        names = ", ".join(known) or "aucune ; chargez d'abord le catalogue avec « manage.py load_reference »"
        raise CommandError(f"--source vaut {source}, que rien n'a alimentée. Sources connues : {names}.")


def _check_out(out: Path, path: Path) -> None:
    """Refuse to replace what is no ordinary file (a folder, a device) or the very file that is read."""
    if out.exists() and not out.is_file():
        raise CommandError(f"--out vaut {out}, qui n'est pas un fichier ordinaire.")
    if out.exists() and path.exists() and out.samefile(path):
        raise CommandError(f"--out vaut {out}, le fichier à lire ; choisissez un autre nom.")


def _bar(lines: IO[bytes], *, hidden: bool) -> "tqdm[Never]":
    """Return a progress bar over bytes, so that the lines need not be counted first."""
    return tqdm(
        total=os.fstat(lines.fileno()).st_size or None,
        unit="o",
        unit_scale=True,
        desc="Lecture",
        file=sys.stderr,
        mininterval=0.5,
        disable=hidden,
    )


def _counted(lines: Iterable[bytes], bar: "tqdm[Never]") -> Iterator[bytes]:
    for line in lines:
        yield line
        bar.update(len(line))


class Written(NamedTuple):
    """Answers to a chunk of lines, as they stand in the result."""

    lines: bytes
    n_lines: int
    n_errors: int


class Answers:
    """Answers lines of a file, with the catalogue, the points and the language of when it began."""

    def __init__(self, *, source: str, on: date, limit: int | None) -> None:
        self._codes, self._on, self._limit = load_codes(), on, limit
        self._known_schemes = Scheme.objects.known_keys()
        self._compiled, self._language = engine.catalogue(source), engine.language_in_force()
        weight_set, self._weights = engine.active_weights()
        self._ranker = engine.ranker_of(engine.adopted_ranker(weight_set))

    def written(self, chunk: Sequence[tuple[int, bytes]]) -> Written:
        """Answer lines, each with its number, together."""
        read = [self._read(number, raw) for number, raw in chunk]
        answers = self._answer([item for item in read if isinstance(item, Question)])
        lines = [_dump(next(answers) if isinstance(item, Question) else item) for item in read]
        return Written(b"".join(lines), len(read), sum(not isinstance(item, Question) for item in read))

    def _read(self, number: int, raw: bytes) -> Question | Answer:
        try:
            return read_line(raw, self._codes, on=self._on, known_schemes=self._known_schemes)
        except LineError as error:
            return {"id": error.line_id, "line": number, "error": str(error)}

    def _answer(self, questions: list[Question]) -> Iterator[Answer]:
        """Answer each question: with all schemes, or the first that it can have and that address its needs."""
        read = [*as_requests(questions, self._compiled, language=self._language)]
        answers = engine.answer(
            [request for request, _ in read],
            compiled=self._compiled,
            weights=self._weights,
            ranker=self._ranker,
            limit=self._limit,
        )
        for question, (_, reading), answer in zip(questions, read, answers, strict=True):
            warnings = {"warnings": list(question.warnings)} if question.warnings else {}
            reason = {"reason": answer.decision.cause} if answer.decision.cause else {}
            understood = understood_of(question.text, reading, answer, self._weights)
            listed = [item for item in answer.ranked if item.addresses]
            yield {
                "id": question.id,
                **warnings,
                "answer": answer.decision.reply,
                **reason,
                "understood": [_understood(need, self._codes.sub_needs[need.sub_need]) for need in understood],
                "preferences": [*map(_preference, said_of(question.text, reading.preferences))],
                "offered": [
                    *map(_offer, offers_in(question.text, known=question.facts, listed=listed, on=question.on))
                ],
                "matches": [*map(_match, answer.ranked)],
            }


def _understood(need: UnderstoodNeed, label: str) -> Answer:
    return {
        "sub_need": need.sub_need,
        "label": label,
        "ticked": need.ticked,
        "probability": need.probability,
        "sentence": need.sentence,
        "words": need.words,
        "served": need.served,
    }


def _preference(said: SaidPreference) -> Answer:
    return {"preference": said.key, "label": said.label, "sentence": said.sentence}


def _offer(offer: Offer) -> Answer:
    return {"fact": offer.fact, "value": offer.value, "sentence": offer.sentence}


def _match(item: engine.Ranked) -> Answer:
    return {
        "scheme": item.scheme_key,
        "rank": item.rank,
        "score": item.score,
        "eligibility": item.eligibility,
        "typed": item.typed,
        "targeted": item.targeted,
        "need": item.need,
        "guide": item.guide,
        "unknown": item.unknown,
        "to_confirm": item.to_confirm,
    }


def _dump(answer: Answer) -> bytes:
    """Write an answer as a line; half a character, which JSON can name and UTF-8 cannot write, is named as it was."""
    try:
        return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # half a character, or a number of more than 64 bits
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        return f"{text}\n".encode(errors="backslashreplace")


def _publish(complete: IO[bytes], out: Path) -> None:
    """Give the result its name in one step; the copy that precedes it is beside, under a name that says what it is."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as named:
            shutil.copyfileobj(complete, named)
            named.flush()
            os.fsync(named.fileno())
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
