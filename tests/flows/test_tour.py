"""The pages of the tour, and the README, do what they say."""

from pathlib import Path

import pytest

from tests.tour import failures, prepare, steps, tour_environment

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "tour").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_does_what_it_says(page, tmp_path):
    place = tmp_path / "tour"
    place.mkdir()
    tour = prepare(place, tour_environment(tmp_path))
    assert list(failures(tour, page.read_text())) == []


def test_every_page_has_something_to_run():
    assert all(list(steps(page.read_text())) for page in PAGES)


def test_a_page_that_is_wrong_is_seen(tmp_path):
    place = tmp_path / "tour"
    place.mkdir()
    tour = prepare(place, tour_environment(tmp_path))
    page = "```console\n$ echo hello\ngood-bye\n$ false\n```\n"
    assert len(list(failures(tour, page))) == 2
