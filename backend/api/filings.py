"""Reading what a partner's tool files for a firm: all that is wrong is said, and nothing is taken by halves."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.api.errors import Error, Refused
from backend.common.fields import DayField, MailField, PlainText
from backend.common.phone import PhoneField
from backend.companies.establishments import find_by_number
from backend.companies.models import Fact
from backend.matchmaking.agreements import check_agreed_on, moment_of
from backend.matchmaking.in_charge import commune_of
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import NAMES, Fault, LineError, Question, read_object, read_record
from backend.matchmaking.models import PartnerFiling
from backend.matchmaking.partner_filings import Agreement
from backend.matchmaking.services import Filing
from backend.matchmaking.values import show

LONGEST_TEXT = 5000
NOT_FILED = frozenset({"id", "on", "region", "preferences"})  # of a question, and of no file
HOWS = ", ".join(f'"{how}" ({label})' for how, label in PartnerFiling.How.choices)


class FirmForm(forms.Form):
    company_name = PlainText(
        max_length=160, error_messages={"required": _("« company_name » manque ; attendu : le nom de l’entreprise.")}
    )
    text = PlainText(
        max_length=LONGEST_TEXT,
        required=False,
        error_messages={
            "max_length": _("« text » compte %(show_value)s caractères ; attendu : %(limit_value)s au plus.")
        },
    )


class ContactForm(forms.Form):
    name = PlainText(
        max_length=120, error_messages={"required": _("« contact.name » manque ; attendu : le nom de la personne.")}
    )
    email = MailField(
        max_length=254,
        error_messages={"required": _("« contact.email » manque ; attendu : l’adresse de l’entreprise.")},
    )
    phone = PhoneField(max_length=20, required=False)


class ConsentForm(forms.Form):
    given_on = DayField(
        error_messages={"required": _("« consent.given_on » manque ; attendu : le jour de l’accord de l’entreprise.")}
    )
    how = forms.ChoiceField(
        choices=PartnerFiling.How.choices,
        error_messages={
            "required": _("« consent.how » manque ; attendu : %s.") % HOWS,
            "invalid_choice": _("« consent.how » vaut « %%(value)s » ; attendu : %s.") % HOWS,
        },
    )
    noted_by = PlainText(
        max_length=120,
        error_messages={"required": _("« consent.noted_by » manque ; attendu : qui, chez vous, a noté l’accord.")},
    )

    def clean_given_on(self) -> date:
        return check_agreed_on(self.cleaned_data["given_on"])


FORMS: dict[str, type[forms.Form]] = {"": FirmForm, "contact": ContactForm, "consent": ConsentForm}
READ_APART = ("company_name", "text", "contact", "consent")  # by the forms above
ACCEPTED = sorted(name for name in {*NAMES, *READ_APART} - NOT_FILED if "." not in name)
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it


def read_body(body: Any) -> tuple[dict[str, Any], str]:
    """Return the object of a body, and its digest: the same however names are ordered and spaced."""
    try:
        record = read_object(body if isinstance(body, bytes) else b"", subject="Le corps", nothing="un corps vide")
    except LineError as error:
        raise _refused(error.faults) from None
    try:
        written = json.dumps(record, sort_keys=True, ensure_ascii=False)
        if _NUL.search(written):
            raise ValueError
        return record, sha256(written.encode()).hexdigest()
    except (ValueError, RecursionError):
        sentence = "Le corps ne peut pas être gardé ; attendu : des textes sans caractère nul ni moitié de caractère."
        raise _refused([Fault("", sentence)]) from None


def read_filing(record: Mapping[str, Any], *, filing_key: UUID, on: date) -> tuple[Filing, Agreement]:
    """Return what is to be filed; refuse it with everything that is wrong."""
    faults = [_unknown(ACCEPTED, name) for name in record if name not in ACCEPTED]
    firm, contact, consent = (_read_part(record, part, faults) for part in FORMS)
    asked = {name: value for name, value in record.items() if name in ACCEPTED and name not in READ_APART}
    try:
        question = read_record(asked, load_codes(), on=on)
    except LineError as error:
        raise _refused([*faults, *error.faults]) from None
    # Of a question it would be ignored; of a file it would be lost.
    faults += [Fault("", f"« {name} » n’est pas un nom connu ici ; retirez-le.") for name in question.ignored]
    siret = record.get("siret") or ""
    official = _registered(siret)
    facts = {**official, **_facts_of(question)}
    if not commune_of(facts):
        faults.append(Fault("/commune", "« commune » manque ; attendu : le code INSEE de la commune de l’entreprise."))
    if not (question.needs or (firm.get("text") or "").strip()):
        faults.append(Fault("/needs", "« needs » et « text » manquent ; attendu : l’un des deux au moins."))
    if faults:
        raise _refused(faults)
    filing = Filing(
        filing_key=filing_key,
        facts=facts,
        official=official,
        siret=siret,
        siren=siret[:9],
        company_name=firm["company_name"],
        needs=question.needs,
        text=firm["text"].strip(),
        contact_name=contact["name"],
        email=contact["email"],
        phone=contact["phone"],
    )
    how = PartnerFiling.How(consent["how"])
    return filing, Agreement(at=moment_of(consent["given_on"]), how=how, noted_by=consent["noted_by"])


def refuse_at(pointer: str, sentence: str) -> Refused:
    """Return the refusal of one place."""
    return _refused([Fault(pointer, sentence)])


def _refused(faults: Iterable[Fault]) -> Refused:
    return Refused("depot-refuse", [Error(fault.sentence, pointer=fault.pointer) for fault in faults])


def _unknown(accepted: Iterable[str], *path: str) -> Fault:
    known = ", ".join(accepted)
    return Fault(_pointer(*path), f"« {'.'.join(path)[:60]} » n’est pas un nom connu ici ; attendu : {known}.")


def _pointer(*path: str) -> str:
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path)


def _read_part(record: Mapping[str, Any], part: str, faults: list[Fault]) -> dict[str, Any]:
    """Read an object of texts by its form, or those of the whole body; what is wrong is added to the faults."""
    path = (part,) if part else ()
    given = (record.get(part) or {}) if part else record
    if not isinstance(given, dict):
        faults.append(Fault(_pointer(part), f"« {part} » vaut {show(given)} ; attendu : un objet."))
        return {}
    fields, typed = FORMS[part].base_fields, {}
    if part:
        faults += [_unknown(fields, part, name) for name in given if name not in fields]
    wrong = set()
    for name in fields:
        value = given.get(name)
        if isinstance(value, str):
            typed[name] = value
        elif value is not None:
            wrong.add(name)
            sentence = f"« {'.'.join((*path, name))} » vaut {show(value)} ; attendu : un texte."
            faults.append(Fault(_pointer(*path, name), sentence))
    form = FORMS[part](typed)
    faults += [
        Fault(_pointer(*path, name), str(sentence))
        for name, sentences in form.errors.items()
        for sentence in sentences
        if name not in wrong
    ]
    return dict(form.cleaned_data)


def _registered(siret: str) -> dict[str, Any]:
    """Return what our copy of the State's register says of an open establishment."""
    found = find_by_number(siret) if siret else []
    return found[0].facts() if found and found[0].is_open else {}


def _facts_of(question: Question) -> dict[str, Any]:
    facts = dict(question.facts)
    held = facts.pop("schemes", {})
    return {**facts, **{f"{Fact.SCHEME}{key}": has for key, has in held.items()}}
