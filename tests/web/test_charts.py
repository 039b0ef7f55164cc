"""Charts: a series of columns is one path, without bars where nothing is, nor lines where nothing is aimed at."""

from backend.web.charts import columns, shares


def test_a_month_without_a_file_has_no_bar():
    chart = columns([("01/26", 4, 1), ("02/26", 0, 0), ("03/26", 2, 2)])
    assert chart.behind == "M0 112v-112h91v112zM227 112v-56h91v56z"
    assert chart.before == "M0 112v-28h91v28zM227 112v-56h91v56z"
    assert chart.aimed == ""
    assert chart.labels == [(0, "01/26"), (113, "02/26"), (227, "03/26")]


def test_a_line_stands_where_something_was_aimed_at_and_a_share_not_known_has_no_bar():
    chart = shares([("01/26", 50, 80), ("02/26", None, None), ("03/26", 100, 0)])
    assert (chart.behind, chart.before) == ("M0 112v-56h91v56zM227 112v-112h91v112z", "")
    assert chart.aimed == "M0 22h91M227 112h91"


def test_sixty_months_have_labels_that_do_not_touch():
    chart = columns([(f"{n}", 1, 0) for n in range(60)])
    assert [label for _x, label in chart.labels] == ["0", "10", "20", "30", "40", "50"]
    assert chart.behind.count("M") == 60
    assert chart.before == ""


def test_no_month_draws_nothing():
    assert columns([]).labels == shares([]).labels == []
