"""Whatever bytes a file holds, they give a data set or a `DataError`, in little time and memory."""

from __future__ import annotations

import gzip
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from crashing import in_a_process
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from recsys.dataset import DataError, Dataset
from recsys.models import KNN
from recsys.sources import load_dataset
from recsys.sources.upload import read_courses, read_pair

COURSES = "COURSE_ID,TITLE,DESCRIPTION,Python\nA,First,One,1\nB,Second,Two,0\n"
RATINGS = "user,item,rating\n1,A,3\n1,B,2\n2,A,3\n"
FILES = {
    "bundled": {"courses.csv": COURSES, "ratings.csv": RATINGS},
    "ibm": {
        "course_genre.csv": "COURSE_ID,TITLE,Python\nA,first,1\nB,second,0\n",
        "course_processed.csv": "COURSE_ID,TITLE,DESCRIPTION\nA,first,one\nB,second,two\n",
        "ratings.csv": RATINGS,
        "user_profile.csv": "user,Python\n1,3.0\n2,3.0\n",
    },
    "movielens": {
        "movies.csv": "movieId,title,genres\n1,One (1999),Drama|War\n2,Two,Comedy\n",
        "ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.5,9\n1,2,2,9\n2,1,0.5,9\n",
    },
}
PLACES = [(layout, name) for layout, files in FILES.items() for name in files]
SPECIAL = '\0\r\n",;\t|\ufeff\u2028\u202eא🎓<script>=+-@0123456789.eE_nanif'


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RECSYS_DATA", raising=False)


def loaded(folder: Path, layout: str, **contents: bytes) -> Dataset | DataError:
    """What comes of a folder in which some files have other contents. A data set has to be usable,
    and the same when it comes from the cache.
    """
    folder.mkdir(exist_ok=True)
    for name, text in FILES[layout].items():
        (folder / name).write_bytes(contents.get(name.split(".")[0], text.encode()))
    try:
        dataset = load_dataset(folder)
    except DataError as error:
        return error
    assert load_dataset(folder).fingerprint == dataset.fingerprint
    ids = dataset.courses["id"].tolist()
    model = KNN(neighbours=None).fit(dataset)
    assert set(model.recommend({ids[0]: 1.0})["course_id"]) <= set(ids)
    assert model.course_ids_.tolist() == ids
    return dataset


@some.composite
def mangled(draw: some.DrawFn) -> tuple[str, str, bytes]:
    """A file of a layout in which a stretch was replaced, or any bytes at all."""
    layout, name = draw(some.sampled_from(PLACES))
    whole = FILES[layout][name].encode()
    start = draw(some.integers(0, len(whole)))
    end = draw(some.integers(start, min(len(whole), start + 20)))
    texts = some.text(some.sampled_from(SPECIAL), max_size=12).map(str.encode)
    stretch = draw(texts | some.binary(max_size=12))
    content = whole[:start] + stretch + whole[end:]
    return layout, name.split(".")[0], draw(some.just(content) | some.binary(max_size=200))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(("bundled", "courses", COURSES.replace("First", "First\0").encode()))
@example(("bundled", "ratings", RATINGS.replace("3", "1e39").encode()))
@given(mangled())
def test_any_bytes_give_a_data_set_or_a_data_error(
    tmp_path: Path, file: tuple[str, str, bytes]
) -> None:
    layout, name, content = file
    loaded(tmp_path / layout, layout, **{name: content})


@settings(deadline=None)
@given(some.binary(max_size=200) | mangled().map(lambda file: file[2]), some.booleans())
def test_any_uploaded_bytes_give_a_data_set_or_a_data_error(content: bytes, first: bool) -> None:
    try:
        courses = read_courses("courses.csv", content if first else COURSES.encode())
        read_pair(courses, "ratings.csv", RATINGS.encode() if first else content)
    except DataError:
        pass


def dirty(name: str, content: str | bytes, wanted: str, layout: str = "bundled") -> object:
    content = content.encode() if isinstance(content, str) else content
    return pytest.param(layout, name, content, wanted, id=f"{name}: {wanted}")


@pytest.mark.parametrize(
    ("layout", "name", "content", "wanted"),
    [
        dirty("courses", COURSES.encode("utf-16"), "UTF-16"),
        dirty("courses", COURSES.replace("First", "Fïrst").encode("latin-1"), "not UTF-8"),
        dirty("courses", COURSES.replace(",", ";"), "semicolons"),
        dirty("courses", COURSES.replace("First", '"First'), "quotation mark"),
        dirty("courses", COURSES.replace("B,", "A,"), "the id on line 2 too"),
        dirty("courses", COURSES.replace("First", " "), "is empty"),
        dirty("courses", COURSES.replace("First", "F" * 301), "longer than 300"),
        dirty("courses", COURSES.replace("One,1", "One,yes"), "0 or 1"),
        dirty("courses", COURSES.replace("First", "Fi\0rst"), "zero character"),
        dirty("courses", b"", "is empty"),
        dirty("courses", b"\xef\xbb\xbf", "is empty"),
        dirty("courses", b"PK\x03\x04\x14\0\0\0", "zero character"),
        dirty("courses", "<!DOCTYPE html>\n<p>Sign in\n", "web page"),
        dirty("courses", COURSES.replace("Python", "id"), "name of a topic"),
        dirty("courses", COURSES.split("\n")[0] + "\n", "no rows"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A,NaN"), "line 2, column “rating”"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A,inf"), "line 2, column “rating”"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A,-1"), "line 2, column “rating”"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A,1e400"), "line 2, column “rating”"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A,1e-60"), "line 2, column “rating”"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A,three"), "line 2, column “rating”"),
        dirty("ratings", RATINGS.replace("1,A,3", "1,A"), "2 fields where the header has 3"),
        dirty("ratings", RATINGS.replace("1,A,3", ",A,3"), "line 2, column “user”"),
        dirty("ratings", RATINGS.replace("1,A,3", "u" * 301 + ",A,3"), "longer than 300"),
        dirty("ratings", RATINGS.replace(",A", ",X").replace(",B", ",Y"), "belong together"),
        dirty(
            "movies", "movieId,title,genres\n1,One,title\n2,Two,x\n", "no genre can be", "movielens"
        ),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, layout: str, name: str, content: bytes, wanted: str
) -> None:
    found = loaded(tmp_path / "set", layout, **{name: content})
    assert isinstance(found, DataError)
    assert wanted in str(found)
    assert len(str(found)) < 300


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("courses", b"\xef\xbb\xbf" + COURSES.encode()),
        ("courses", COURSES.replace("\n", "\r\n").encode()),
        ("courses", COURSES.replace("\n", "\r").encode()),
        ("courses", COURSES.replace("First", '"Fi""r""st, or\nso"').encode()),
        ("courses", COURSES.replace("First", "\u202eשלום 🎓 e\u0301").encode()),
        ("courses", COURSES.replace("A,First", "<b>,<script>alert(1)</script>").encode()),
        ("courses", COURSES.replace("A,First", "../../etc/passwd,=1+1").encode()),
        ("ratings", RATINGS.replace("1,A,3", '"1","A","3.0"').encode()),
        ("ratings", RATINGS.replace("1,A,3", "-1,A,3").encode()),
        ("ratings", RATINGS.replace("1,A,3", "007,A,3\n7,A,3").encode()),
        ("ratings", RATINGS.replace("1,A,3", f"{10**30},A,3").encode()),
        ("ratings", RATINGS.replace("1,A,3", "O'Brien 🎓,A,3").encode()),
        ("ratings", (RATINGS + "\n\n\n").encode()),
    ],
)
def test_what_is_unusual_but_right_is_read(tmp_path: Path, name: str, content: bytes) -> None:
    found = loaded(tmp_path / "set", "bundled", **{name: content})
    if (name == "courses" and b"<b>" in content) or b"../" in content:
        assert isinstance(found, Dataset)
        assert {"<b>", "../../etc/passwd"} & set(found.courses["id"])
    else:
        assert isinstance(found, Dataset), found


def big() -> dict[str, str]:
    topics = ",".join(f"T{i}" for i in range(2_000_000))
    flags = ",".join(["0"] * 2_000_000)
    return {
        "two million columns": f"COURSE_ID,TITLE,DESCRIPTION,{topics}\nA,First,,{flags}\n",
        "a field of ten million": COURSES.replace("First", "F" * 10_000_000),
        "a line without end": "COURSE_ID,TITLE,DESCRIPTION" + "x" * 50_000_000,
        "a million blank lines": "\n" * 1_000_000 + COURSES,
        "a quotation mark never closed": COURSES.replace("One", '"' + "x\n" * 1_000_000),
    }


def test_large_nonsense_costs_little(tmp_path: Path) -> None:
    for what, text in big().items():
        folder = tmp_path / what
        content = text.encode()
        within_bounds(
            lambda folder=folder, content=content: loaded(folder, "bundled", courses=content)
        )


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    loaded(folder, "bundled")
    (folder / "ratings.csv").unlink()
    with gzip.open(folder / "ratings.csv.gz", "wb") as bomb:
        bomb.write(RATINGS.encode())
        for _ in range(300):
            bomb.write(bytes(1_000_000))

    def refused() -> None:
        with pytest.raises(DataError, match="100 times its size"):
            load_dataset(folder)

    within_bounds(refused)


def within_bounds(action: Callable[[], object], seconds: int = 10, memory: int = 2**29) -> None:
    """Do it in a process that may take so much time, and so much memory more than this one has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        action()

    in_a_process(bounded)
