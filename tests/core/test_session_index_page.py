"""INDEX.md is a function of the lines: extended by a row or made anew, it is the same page."""

from hypothesis import given
from hypothesis import strategies as st

from agence.session.index_page import extended, is_current, page
from agence.session.lifecycle import Book
from tests.core.session_samples import line, record

titles = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6)


@given(titles)
def test_extending_is_rendering(wanted):
    book, length, text = Book(), 0, page([], 0)
    for number, title in enumerate(wanted, 1):
        book.take(line(record(f"{number:032x}", title=title)))
        newest = book.newest()[0]
        longer = extended(text, length, newest, length + number)
        assert longer is not None
        length, text = length + number, longer
        assert text == page(book.sessions.values(), length)
        assert is_current(text, length)
        assert not is_current(text, length + 1)


@given(titles)
def test_each_session_is_one_row(wanted):
    book = Book()
    for number, title in enumerate(wanted, 1):
        book.take(line(record(f"{number:032x}", title=title)))
    rows = [one for one in page(book.sessions.values(), 9).split("\n") if one.startswith("| 0")]
    assert len(rows) == len(wanted)
    assert all(row.replace("\\\\", "").replace("\\|", "").count("|") == 7 for row in rows)


def test_a_page_that_lags_is_not_extended():
    book = Book()
    book.take(line(record()))
    (session,) = book.newest()
    assert extended(page([], 5), 6, session, 9) is None
    assert extended("", 0, session, 9) is None
    assert extended("edited by hand", 0, session, 9) is None
