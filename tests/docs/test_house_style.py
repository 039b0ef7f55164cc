"""What the house style asks of files, where a tool can look."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES = 400


def test_a_module_says_one_thing_and_fits_in_the_head() -> None:
    """Migrations and tests are long by what they list."""
    modules = [path for folder in ("backend", "matching", "tasks") for path in (ROOT / folder).rglob("*.py")]
    modules += (ROOT / "benchmarks").rglob("*.py")
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {path: n for path, n in long.items() if n > MOST_LINES and "/migrations/" not in path} == {}
