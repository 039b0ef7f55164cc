"""Charts: a series of columns is one path, without bars where nothing is, nor lines where nothing is aimed at."""

from backend.web.charts import columns, shares, stack


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


def test_the_parts_of_a_bar_follow_one_another_and_the_longest_bar_is_whole():
    chart = stack(["ARC", "CCLO"], [("Recruter", [30, 10]), ("Exporter", [0, 20]), ("Céder", [0, 0])])
    (first, colour, path), (second, other, others) = chart.series
    assert (first, second) == ("ARC", "CCLO")
    assert colour != other
    assert path == "M0 17h255v9h-255z"
    assert others == "M255 17h85v9h-85zM0 47h170v9h-170z"
    assert chart.labels == [(13, "Recruter"), (43, "Exporter"), (73, "Céder")]
    assert chart.outlines == chart.unsaid == []


def test_what_is_no_number_is_outlined_and_its_width_tells_nothing():
    rows = [
        ("Recruter", [30, "moins de 5"]),
        ("Exporter", ["moins de 5", 15]),
        ("Céder", ["non publié", "moins de 5"]),
    ]
    chart = stack(["ARC", "CCLO"], rows)
    (_arc, first, numbers), (_cclo, second, others) = chart.series
    assert (numbers, others) == ("M0 17h312v9h-312z", "M14 47h156v9h-156z")
    assert chart.outlines == [
        (first, "M1 47h12v9h-12zM1 77h12v9h-12z"),
        (second, "M313 17h12v9h-12zM15 77h12v9h-12z"),
    ]
    assert chart.unsaid == ["moins de 5", "non publié"]


def test_no_month_draws_nothing():
    assert columns([]).labels == shares([]).labels == []
