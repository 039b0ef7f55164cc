"""What was recorded of an evaluation: shown as it is, unknown where it is absent, refused where it cannot be read."""

from datetime import date

import pytest
import yaml

from backend.matchmaking.evaluation_record import LABELS, RECORD, EvaluationError, Measure, read_evaluation

RECORDED = {
    "measured_on": "2026-11-25",
    "command": "python manage.py evaluate --final --record",
    "n_requests": 74,
    "figures": {"ndcg_10": {"value": 0.624, "low": 0.551, "high": 0.698}, "false_alerts": {"value": 0}},
}


@pytest.fixture
def record(tmp_path):
    def write(**changes):
        path = tmp_path / "evaluation.yaml"
        path.write_text(yaml.safe_dump({**RECORDED, **changes}))
        return path

    return write


def test_nothing_is_measured_while_nothing_was_recorded(tmp_path):
    assert read_evaluation(tmp_path / "evaluation.yaml") is None


def test_every_measure_is_there_and_what_was_not_measured_is_unknown(record):
    evaluation = read_evaluation(record())
    assert (evaluation.measured_on, evaluation.n_requests) == (date(2026, 11, 25), 74)
    by_label = {measure.label: measure for measure in evaluation.measures}
    assert list(by_label) == [str(label) for label, _ in LABELS.values()]
    order, meaning = LABELS["ndcg_10"]
    assert by_label[order] == Measure(label=order, meaning=meaning, value=62, interval=(55, 70))
    assert (by_label["Réponses de trop"].value, by_label["Réponses de trop"].interval) == (0, None)
    assert by_label["Silences à tort"].value is None


def test_a_measure_without_a_name_people_read_is_refused(record):
    with pytest.raises(EvaluationError, match=r"Unknown measures accuracy\. Known measures: ndcg_10, "):
        read_evaluation(record(figures={"accuracy": {"value": 0.5}}))


@pytest.mark.parametrize("figure", [{"value": 62}, {"value": -0.1}, {"value": 0.9, "low": 0.8, "high": 1.1}])
def test_what_is_no_share_is_refused(record, figure):
    with pytest.raises(EvaluationError, match="shares go from 0 to 1"):
        read_evaluation(record(figures={"ndcg_10": figure}))


def test_what_the_repository_holds_can_be_shown():
    assert RECORD.exists() == (read_evaluation(RECORD) is not None)
