"""Names that gave way to a term of the field: none of them comes back, in code or documents."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RETIRED = {
    "matchmaking.known": "matchmaking.fact_display",
    "matchmaking.lines": "matchmaking.match_input",
    "matchmaking.line_codes": "matchmaking.match_codes",
    "matchmaking.line_views": "matchmaking.condition_views",
    "matchmaking.measured": "matchmaking.evaluation_record",
    "matchmaking.record_effects": "matchmaking.impact_preview",
    "matchmaking.kept_language": "matchmaking.language_cache",
    "matchmaking.moved": "matchmaking.superseded",
    "schemes.kept": "schemes.catalogue.revision_cache",
    "schemes.telling": "schemes.catalogue.emails",
    "schemes.sayings": "schemes.catalogue.scheme_texts",
    "schemes.services": "schemes.catalogue.loading",
    "schemes.exports.catalogue": "schemes.open_data.exports",
    "schemes.contraries": "schemes.catalogue.criteria.base",
    "schemes.taking_up": "schemes.editing.rebasing",
    "schemes.ingestion.duplicates.likeness": "schemes.ingestion.duplicates.similarity",
}
OLD = re.compile("|".join(re.escape(name).replace(r"\.", r"[./]") + r"(?![\w-])" for name in RETIRED))


def test_no_retired_name_comes_back() -> None:
    files = [
        path for folder in ("backend", "matching", "tasks", "benchmarks") for path in (ROOT / folder).rglob("*.py")
    ]
    files += [path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "adr"]
    found = {str(path.relative_to(ROOT)): OLD.findall(path.read_text()) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


def test_what_replaced_them_is_there() -> None:
    assert [new for new in RETIRED.values() if not (ROOT / "backend" / f"{new.replace('.', '/')}.py").is_file()] == []
