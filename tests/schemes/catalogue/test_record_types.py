"""The shape of a record, and every list that names some of its keys."""

from backend.schemes.catalogue import comparison, merging
from backend.schemes.catalogue.record_types import CriterionRecord, SchemeRecord, WindowRecord, keys_of
from backend.schemes.catalogue.records import ANNOTATIONS, FROM_TEXT, KEYS, OPTIONAL_KEYS
from backend.schemes.editing.forms import main
from backend.schemes.ingestion.changes import fields, rules
from matching.definitions import KINDS, RENAMED, Definition, parameters

RECORD = set(keys_of(SchemeRecord))


def test_a_definition_has_the_parameters_of_every_kind_of_criterion_and_no_other():
    written = {target: name for name, target in RENAMED.items()}
    named = {written.get(item.name, item.name) for kind in KINDS.values() for item in parameters(kind)}
    assert set(keys_of(Definition)) == {"kind", *named}


def test_what_is_said_of_a_criterion_is_no_parameter_of_a_kind():
    said = {*ANNOTATIONS, FROM_TEXT}
    assert set(keys_of(CriterionRecord)) == said | set(keys_of(Definition))
    assert said.isdisjoint(keys_of(Definition))


def test_what_a_file_must_say_and_what_it_may_are_all_keys_of_a_record():
    assert RECORD == KEYS | OPTIONAL_KEYS
    assert KEYS.isdisjoint(OPTIONAL_KEYS)


def test_every_field_that_people_compare_has_a_name_in_french():
    assert RECORD - {"key"} == comparison.LABELS.keys() == set(comparison._WRITE)


def test_lists_of_fields_name_keys_of_a_record():
    for names in (merging.LISTS, merging.WITH, merging.WITH.values(), {merging.IDENTITY}, fields.NOT_COMPARED):
        assert set(names) <= RECORD
    assert rules.DECIDING - {fields.PRESENCE} <= RECORD
    assert set(keys_of(WindowRecord)) >= set(fields.TOGETHER)


def test_the_form_of_a_sheet_has_a_field_for_all_that_is_said_once():
    typed = {*main.NAMES, *(f"window_{name}" for name in main.WINDOW)}
    assert set(main.SheetForm.base_fields) >= typed
    shown = {name for names in main.SheetForm.GROUPS.values() for name in names}
    assert shown == set(main.SheetForm.base_fields)
