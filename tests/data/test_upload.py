"""Files that a visitor brings: what is understood, what is refused where, and never a crash."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recsys import load_dataset
from recsys.dataset import DataError, Dataset
from recsys.sources import cache, load_pair, upload
from recsys.sources.upload import Pair, read_courses, read_pair

COURSES = "id,title,description,Python,SQL\nP1,Python,Loops.,1,0\nD1,Joins,Tables.,0,1\n"
RATINGS = "user,item,rating\nann,P1,3\nann,D1,2\nben,D1,3\n"


def pair(courses: str | bytes = COURSES, ratings: str | bytes = RATINGS) -> Pair:
    files = [one.encode() if isinstance(one, str) else one for one in (courses, ratings)]
    return read_pair(read_courses("c.csv", files[0]), "r.csv", files[1])


def refusal(courses: str | bytes = COURSES, ratings: str | bytes = RATINGS) -> str:
    with pytest.raises(DataError) as caught:
        pair(courses, ratings)
    return str(caught.value)


def same(one: Dataset, other: Dataset) -> bool:
    return one.fingerprint == other.fingerprint


# What is understood


def test_the_simple_form_gives_the_data_set_it_says() -> None:
    dataset = pair().dataset
    assert dataset.name == "c"
    assert dataset.courses["title"].tolist() == ["Python", "Joins"]
    assert dataset.topics == ("Python", "SQL")
    assert dataset.topic_matrix.tolist() == [[1, 0], [0, 1]]
    assert dataset.ratings.to_numpy().tolist() == [
        ["ann", "P1", 3],
        ["ann", "D1", 2],
        ["ben", "D1", 3],
    ]
    assert dataset.repairs == ()


@pytest.mark.parametrize(
    ("encode", "encoding", "separator"),
    [
        (lambda text: text.encode("utf-8-sig"), "UTF-8 with a byte order mark", "commas"),
        (lambda text: text.encode("utf-16"), "UTF-16", "commas"),
        (lambda text: text.encode("utf-16-le"), "UTF-16-LE", "commas"),
        (lambda text: text.encode("utf-16-be"), "UTF-16-BE", "commas"),
        (lambda text: text.replace("\n", "\r\n").encode(), "UTF-8", "commas"),
        (lambda text: text.replace("\n", "\r").encode(), "UTF-8", "commas"),
        (lambda text: text.replace(",", ";").encode(), "UTF-8", "semicolons"),
        (lambda text: text.replace(",", "\t").encode("utf-16"), "UTF-16", "tabs"),
        (lambda text: ("\n" + text.replace("\n", "\n\n")).encode(), "UTF-8", "commas"),
    ],
)
def test_encodings_separators_and_line_ends_make_no_difference(
    encode: object, encoding: str, separator: str
) -> None:
    read = pair(encode(COURSES), encode(RATINGS))  # type: ignore[operator]
    assert same(read.dataset, pair().dataset)
    for reading in (read.courses, read.ratings):
        assert (reading.encoding, reading.separator) == (encoding, separator)


def test_columns_are_known_by_many_names_in_any_order() -> None:
    courses = (
        "SQL,Course Title,Course_ID,Python,Summary\n0,Python,P1,1,Loops.\n1,Joins,D1,0,Tables.\n"
    )
    ratings = "Stars,CourseId,Learner\n3,P1,ann\n2,D1,ann\n3,D1,ben\n"
    read = pair(courses, ratings)
    assert read.courses.roles["title"] == "Course Title"
    assert read.ratings.roles == {"user": "Learner", "item": "CourseId", "rating": "Stars"}
    assert read.ratings.first_rows[0] == ("ann", "P1", "3")
    expected = "id,title,description,SQL,Python\nP1,Python,Loops.,0,1\nD1,Joins,Tables.,1,0\n"
    assert same(read.dataset, pair(expected).dataset)


def test_topics_may_stand_in_one_column() -> None:
    courses = "id,title,description,topics\nP1,Python,Loops.,Python\nD1,Joins,Tables.,SQL | |SQL\n"
    assert same(pair(courses).dataset, pair().dataset)


def test_the_forms_of_ibm_and_movielens_are_read(tmp_path: Path) -> None:
    ibm = pair("COURSE_ID,TITLE,Python\nP1,python,1\nD1,sql,0\n", "user,item,rating\n7,P1,3.0\n")
    assert ibm.dataset.users.tolist() == [7]
    assert ibm.dataset.courses["description"].tolist() == ["Python.", ""]
    assert "has no descriptions" in ibm.dataset.repairs[0]

    (tmp_path / "movies.csv").write_text(
        "movieId,title,genres\n1,Heat,Action|Crime\n2,Short,(no genres listed)\n"
    )
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,9\n1,2,3.0,9\n")
    films = load_pair(tmp_path / "movies.csv", tmp_path / "ratings.csv")
    assert same(films, load_dataset(tmp_path))
    assert (films.noun, films.like_threshold) == ("film", 3.5)


def test_what_counts_as_liked_can_be_said(tmp_path: Path) -> None:
    assert pair().dataset.likes.nnz == 3
    assert pair().liked_from(3).dataset.likes.nnz == 2
    (tmp_path / "c.csv").write_text(COURSES)
    (tmp_path / "r.csv").write_text(RATINGS)
    assert load_pair(tmp_path / "c.csv", tmp_path / "r.csv", 3).likes.nnz == 2


def test_the_templates_are_of_the_form_they_explain() -> None:
    read = pair(upload.TEMPLATE_COURSES, upload.TEMPLATE_RATINGS)
    assert (read.dataset.n_courses, read.dataset.n_users) == (5, 5)
    assert read.dataset.repairs == ()


def test_markup_emoji_and_right_to_left_are_text() -> None:
    title = "<img src=x onerror=alert(1)> مقدمة 🐍 =1+1"
    assert title in pair(COURSES.replace("Joins", title)).dataset.courses["title"].tolist()


def test_a_saved_data_set_is_loaded_from_its_folder(tmp_path: Path) -> None:
    cache.save(pair().liked_from(3).dataset, tmp_path / "data")
    assert same(load_dataset(tmp_path / "data"), pair().liked_from(3).dataset)


# What is mended, and told


@pytest.mark.parametrize(
    ("courses", "ratings", "told"),
    [
        (
            COURSES + "D1,Joins,Tables.,0,1\n",
            RATINGS,
            "1 row of c.csv that repeats an earlier one word for word was left out.",
        ),
        (
            COURSES,
            RATINGS + "ben,X9,1\n",
            "1 rating of items that are not in c.csv (such as “X9”) was left out.",
        ),
        (
            COURSES,
            RATINGS + "ben,D1,3\n",
            "1 rating of r.csv was replaced by a later one of the same user and item.",
        ),
        (
            COURSES,
            "user;item;rating\nann;P1;3,0\nann;D1;2,0\nben;D1;3\n",
            "2 ratings of r.csv had a decimal comma, read as a point.",
        ),
        (
            "id,title,description,Python,SQL,Url\nP1,Python,Loops.,1,0,a\nD1,Joins,Tables.,0,1,b\n",
            RATINGS,
            "Not used in c.csv: 1 column (“Url”).",
        ),
    ],
)
def test_what_can_be_mended_in_one_way_is_and_is_told(
    courses: str, ratings: str, told: str
) -> None:
    dataset = pair(courses, ratings).dataset
    assert dataset.repairs == (told,)
    assert same(dataset, pair().dataset)


def test_one_course_and_one_rating_are_a_data_set() -> None:
    dataset = pair("id,title\nA,Alone\n", "user,item,rating\n1,A,5\n").dataset
    assert (dataset.n_courses, dataset.n_users, dataset.topics) == (1, 1, ())
    assert any("has no topics" in one for one in dataset.repairs)


# What is refused, and where


@pytest.mark.parametrize(
    ("courses", "told"),
    [
        (b"", "c.csv: is empty."),
        (b"\xef\xbb\xbf \n", "c.csv: is empty."),
        (b"id,title\n", "c.csv: has a header but no rows."),
        (b"PK\x03\x04 and so on", "c.csv: is a spreadsheet or a zip archive, not a CSV"),
        (
            "id,title\nA,Café\n".encode("latin-1"),
            "c.csv, line 2: contains bytes that are not UTF-8; save it as",
        ),
        (b"id,title\nA,\0\n", "c.csv, line 2: contains a zero character"),
        ("id,title".encode("utf-16") + b"x", "c.csv, line 1: contains bytes that are not UTF-16"),
        (b"name;price\nA;3\n", "c.csv, line 1, column “id”: is missing: no column"),
        (b"id,title,title\nA,B,C\n", "c.csv, line 1, column “title”: is there twice."),
        (b"id,title,\nA,B,0\n", "c.csv, line 1: column 3 has no name."),
        (b"id,title\nA,First\n\nB\n", "c.csv, line 4: has 1 field where the header has 2."),
        (b'id,title\nA,"First\nB,Second\n', "c.csv, line 2: cannot be read as CSV"),
        (b"id,title\nA,First\n,Second\n", "c.csv, line 3, column “id”: is empty."),
        (b"id,title\nA,First\nB, \n", "c.csv, line 3, column “title”: is empty."),
        (
            b"id,title\nA,First\nA,Second\n",
            "c.csv, line 3, column “id”: is the id on line 2 too, but the rows differ.",
        ),
        (
            b"id,title,SQL\nA,First,1\nB,Second,2\n",
            "c.csv, line 3, column “SQL”: must be 0 or 1, for a topic, not “2”.",
        ),
        (
            b"id,title,topics\nA,First,SQL|title\n",
            "c.csv, line 2, column “topics”: contains a name that no topic can have",
        ),
        (
            b"id,title\nA," + b"x" * 301 + b"\n",
            "c.csv, line 2, column “title”: is longer than 300 characters.",
        ),
        (
            b"id,title,text\nA,B," + b"x" * 7_000_000,
            "c.csv, line 2: cannot be read as CSV (field larger",
        ),
        (
            b"id,title," + b"t," * 2_000_000 + b"t\n",
            "c.csv, line 1: has 2,000,003 columns; at most 110 are allowed.",
        ),
        (b"x" * 8_000_001, "c.csv: has 8.0 MB; at most 8 MB is allowed."),
        (b"id,title\n" + b"A,B\n" * 10_001, "c.csv, line 10002: exceeds the limit of 10,000 rows"),
        (
            b"id,title,topics\n" + b"".join(b"%d,T,topic %d\n" % (i, i) for i in range(101)),
            "c.csv, column “topics”: has 101 different topics; at most 100 are allowed.",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_courses_are_refused_by_file_line_and_column(courses: bytes, told: str) -> None:
    assert refusal(courses=courses).startswith(told)


@pytest.mark.parametrize(
    "rating",
    ["nan", "inf", "-1", "0", "1e-99", "1e99", "good", "", '"3,5"'],
)
def test_a_rating_that_is_none_is_refused(rating: str) -> None:
    shown = rating.strip('"')
    assert refusal(ratings=f"user,item,rating\nann,P1,3\nann,D1,{rating}\n") == (
        f"r.csv, line 3, column “rating”: must be a number above 0, not “{shown}”."
    )


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ("", "r.csv: is empty."),
        ("user,item\nann,P1\n", "r.csv, line 1, column “rating”: is missing"),
        ("user,item,rating\n,P1,3\n", "r.csv, line 2, column “user”: is empty."),
        ("user,item,rating\nann,X1,3\n", "r.csv: none of these ratings is of the items in c.csv"),
        (
            "user,item,rating\n" + "a,P1,3\n" * 500_001,
            "r.csv, line 500002: exceeds the limit of 500,000 rows",
        ),
    ],
    ids=["empty", "column", "user", "stray", "long"],
)
def test_ratings_are_refused_by_file_line_and_column(ratings: str, told: str) -> None:
    assert refusal(ratings=ratings).startswith(told)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv: cannot be read"):
        load_pair(tmp_path / "nothing.csv", tmp_path / "nothing.csv")


# Anything at all: a data set or a `DataError`


def sound(courses: bytes, ratings: bytes) -> None:
    try:
        dataset = pair(courses, ratings).dataset
    except DataError:
        return
    assert dataset.n_courses == dataset.interactions.shape[1] >= 1
    assert np.isfinite(dataset.interactions.data).all()
    assert dataset.courses["id"].is_unique
    assert len(np.unique(dataset.users)) == dataset.n_users == dataset.interactions.shape[0]


@given(st.binary(max_size=200), st.binary(max_size=200))
@example(b"id,title\na,b", b"user,item,rating\n\xc2\xb2,a,1")
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_a_data_set_or_a_named_error(courses: bytes, ratings: bytes) -> None:
    sound(courses, ratings)
    sound(b"id,title,topics\n" + courses, b"user,item,rating\n" + ratings)


CELLS = st.sampled_from(
    [
        *["", " ", "0", "1", "2", "3,5", "nan", "-inf", "1_0", "²", "１"],
        *["P1", "P1 ", "a|b", "|", "title", "<b>", "=1", "🐍", "é"],
        *['"', "\n", "\r", ";", "\t", "\ufeff", "\u202e", "\x85"],
    ]
)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=5),
    st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    st.sampled_from([("id", "title", "topics", "Url"), ("id", "title", "SQL", "description")]),
)
@settings(deadline=None, max_examples=300)
def test_any_table_is_a_data_set_or_a_named_error(
    courses: list[tuple[str, ...]],
    ratings: list[tuple[str, ...]],
    separator: str,
    encoding: str,
    header: tuple[str, ...],
) -> None:
    files = []
    for head, rows in ((header, courses), (("user", "item", "rating"), ratings)):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator).writerows([head, *rows])
        files.append(text.getvalue().encode(encoding))
    sound(*files)
