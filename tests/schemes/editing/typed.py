"""What a browser sends of a form, and what an editor types in it."""

from django import forms

from backend.schemes.editing.forms.sheet import Sheet


def sent(sheet: Sheet) -> dict:
    """Return the fields of a sheet as a browser would send them, untouched."""
    data = dict(_fields(sheet.main))
    for rows in sheet.rows.values():
        data.update(_fields(rows.management_form))
        for form in rows.forms:
            data.update(_fields(form))
    return data


def _fields(form: forms.BaseForm):
    for field in form:
        if field.field.disabled:
            continue
        widget, value = field.field.widget, field.value()
        if isinstance(widget, forms.CheckboxSelectMultiple):
            yield field.html_name, [str(one) for one in value or []]
        elif isinstance(widget, forms.CheckboxInput):
            if value:
                yield field.html_name, "on"
        elif isinstance(widget, forms.Select):
            chosen = widget.format_value(value)[0] if value not in (None, "") else ""
            yield field.html_name, chosen or _first_choice(field)
        else:
            shown = widget.format_value(value)
            yield field.html_name, "" if shown is None else str(shown)


def _first_choice(field: forms.BoundField) -> str:
    """Return what a browser selects where nothing is."""
    value = next(iter(field.field.widget.choices))[0]
    return "" if value is None else str(value)


def new_scheme(**changes) -> dict:
    """Return a whole new scheme as an editor types it."""
    return {
        **sent(Sheet()),
        "key": "essai-pass-robot",
        "name": "Pass robot (essai)",
        "summary": "Une aide inventée pour essayer.",
        "kind": "grant",
        "level": "regional",
        "confidence": "verified",
        "as_of": "2026-11-24",
        "applicants": ["firm"],
        "window_state": "permanent",
        "amount_ceiling_eur": "200 000 €",
        "next_step": "Appelez la Région.",
        "contact_name": "Région",
        "needs-0-sub_need": "numerique.robot",
        "needs-0-weight": "1.0",
        "sources-0-title": "Page inventée",
        "sources-0-tier": "operator",
        "sources-0-licence": "open",
        "sources-0-url": "https://exemple.example/robot",
        "sources-0-dated": "2026",
        "operators-0-name": "Région Hauts-de-France",
        "operators-0-roles": ["funder"],
        **criterion(0, "headcount", below="250", level="company", source="1"),
        "criteria-TOTAL_FORMS": "1",
        "comment": "Nouvelle page de la Région.",
        **changes,
    }


def criterion(place: int, kind: str, **fields) -> dict:
    return {f"criteria-{place}-{name}": value for name, value in {"kind": kind, **fields}.items()}
