"""Data sets from folders: the three layouts, what is refused, what is mended, and the cache."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys import machine, models
from recsys.dataset import DataError, Dataset
from recsys.sources import LAYOUTS, available, cache, ibm, load_dataset

ROOT = Path(__file__).resolve().parents[2]
IBM = {
    "course_genre.csv": "COURSE_ID,TITLE,Python,Database\nP1,python,1,0\nD1,sql,0,1\n",
    "course_processed.csv": (
        'COURSE_ID,TITLE,DESCRIPTION\nP1,python,"loops\nand functions"\nD1,sql,joins\n'
    ),
    "ratings.csv": "user,item,rating\n5,P1,3.0\n5,D1,2.0\n4,D1,3.0\n",
}
PLAIN = {
    "courses.csv": "COURSE_ID,TITLE,DESCRIPTION,Python\nP1,Python,Loops.,1\nD1,SQL,Joins.,0\n",
    "ratings.csv": "user,item,rating\n5,P1,3\n",
}
FILMS = {
    "movies.csv": (
        "movieId,title,genres\r\n1,Heat (1995),Action|Crime|Thriller\r\n"
        '2,"Net, The (1995)",Action\r\n3,Short (2001),(no genres listed)\r\n'
    ),
    "ratings.csv": (
        "userId,movieId,rating,timestamp\r\n1,1,4.0,9\r\n1,2,3.0,9\r\n2,1,3.5,9\r\n2,3,0.5,9\r\n"
    ),
}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test: no data, no cache."""
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # What a developer has downloaded into the checkout is not looked for either.
    monkeypatch.setattr(machine, "checkout", lambda: tmp_path / "home")
    (tmp_path / "home" / "data").mkdir(parents=True)
    return tmp_path / "home" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "set"


def write(folder: Path, files: dict[str, str], **changes: str) -> Path:
    """The files in a folder; `ratings="…"` replaces the content of ratings.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = changes.get(name.removesuffix(".csv"), content)
        (folder / name).write_bytes(text.encode())
    return folder


def refusal(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    return caught.value


# The layouts


def test_ibm_layout(folder: Path) -> None:
    dataset = load_dataset(write(folder, IBM))
    assert dataset.name == "IBM courses"
    assert dataset.topics == ("Python", "Database")
    assert dataset.courses["description"].tolist() == ["loops\nand functions", "joins"]
    assert dataset.users.tolist() == [4, 5]
    assert dataset.interactions.toarray().tolist() == [[0, 3], [3, 2]]
    assert dataset.profiles.tolist() == [[0, 3], [3, 2]]


def test_bundled_layout_plain_and_gzipped(folder: Path) -> None:
    plain = load_dataset(write(folder, PLAIN))
    (folder / "ratings.csv.gz").write_bytes(gzip.compress((folder / "ratings.csv").read_bytes()))
    (folder / "ratings.csv").unlink()
    assert load_dataset(folder).fingerprint == plain.fingerprint
    assert plain.courses["title"].tolist() == ["Python", "SQL"]


def test_movielens_layout(folder: Path) -> None:
    dataset = load_dataset(write(folder, FILMS))
    assert dataset.noun == "film"
    assert dataset.topics == ("Action", "Crime", "Thriller")
    assert dataset.topic_matrix.tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    described = dataset.courses["description"].tolist()
    assert described == ["Action, Crime and Thriller.", "Action.", ""]
    assert dataset.popularity.tolist() == [2, 0, 0]  # 3.0 and 0.5 are no likes


def test_the_bundled_set_is_sound(bundled: Dataset) -> None:
    assert bundled.repairs == ()
    assert bundled.n_courses >= 250
    assert len(bundled.topics) == 14
    assert bundled.courses["description"].str.len().min() > 20


def test_real_ibm_profiles_equal_the_published_ones(ibm: Dataset, ibm_folder: Path) -> None:
    published = pd.read_csv(ibm_folder / "user_profile.csv", index_col="user")
    computed = pd.DataFrame(ibm.profiles, index=ibm.users, columns=list(ibm.topics))
    both = computed.index.intersection(published.index)
    assert len(both) == ibm.n_users > 30_000
    assert list(published.columns) == list(computed.columns)
    assert (computed.loc[both] == published.loc[both]).all(axis=None)


def test_real_movielens(movielens: Dataset) -> None:
    assert movielens.name == "MovieLens (small)"
    assert (movielens.n_courses, movielens.n_users) == (9742, 610)
    assert movielens.interactions.nnz == 100_836
    assert len(movielens.topics) == 19
    assert movielens.repairs == ()


# What is present


def test_available_lists_what_is_there_in_order(alone: Path) -> None:
    write(alone / "movielens-latest-small", FILMS)
    write(alone / "ibm-courses", IBM)
    write(alone / "bundled", PLAIN)
    sources = available()
    assert [one.key for one in sources] == ["bundled", "ibm", "movielens"]
    assert [one.noun for one in sources] == ["course", "course", "film"]
    for one in sources:
        assert load_dataset(one.key).name == one.title


def test_a_set_in_recsys_data_that_takes_no_known_place_is_called_by_its_path(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(alone / "bundled", PLAIN)
    own = write(tmp_path / "Own courses", PLAIN)
    first, second = (write(tmp_path / name, FILMS) for name in ("films", "more-films"))
    monkeypatch.setenv("RECSYS_DATA", f"{own}:{first}:{second}")
    found = {one.key: (one.title, one.description) for one in available()}
    assert list(found) == ["bundled", "movielens", str(own), str(second)]
    assert found[str(own)] == ("Own courses", f"From {own}.")
    assert found[str(second)] == ("MovieLens", f"From {second}.")


def test_folders_of_partitions_are_known_by_their_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [
        write(tmp_path / name, {"about.json": "{}", "courses.parquet": ""}) for name in ("a", "b")
    ]
    monkeypatch.setenv("RECSYS_DATA", ":".join(map(str, folders)))
    assert [(one.key, one.title) for one in available()] == [
        (str(folder), folder.name) for folder in folders
    ]


def test_every_layout_is_recognised_and_says_how_to_get_its_data(tmp_path: Path) -> None:
    """What the page, the command line and the errors say follows from each layout's own words."""
    tmp_path.joinpath("empty").mkdir()
    told = str(refusal(tmp_path / "empty"))
    keys = [layout.KEY for layout in LAYOUTS]
    assert len(set(keys)) == len(keys)
    for layout in LAYOUTS:
        assert layout.DESCRIPTION.endswith(".")
        for name in layout.FILES:
            assert name in told
        with pytest.raises(DataError) as absent:
            load_dataset(layout.KEY)
        assert f"There is no data set “{layout.KEY}” on this machine. {layout.HINT}" in str(
            absent.value
        )


def test_recsys_data_comes_before_the_usual_places(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(alone / "ibm-courses", IBM)
    mine = write(tmp_path / "mine", IBM, ratings="user,item,rating\n9,P1,3\n")
    films = write(tmp_path / "films", FILMS)
    monkeypatch.setenv("RECSYS_DATA", f"{mine}:{films}")
    assert load_dataset("ibm").users.tolist() == [9]
    assert load_dataset("movielens").noun == "film"


def test_a_recsys_data_without_data_says_which_files_it_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        available()
    (tmp_path / "nowhere").mkdir()
    with pytest.raises(DataError, match=r"nowhere: contains no data set.*course_genre\.csv"):
        available()


def test_an_unknown_source_lists_those_that_are_there(alone: Path) -> None:
    write(alone / "bundled", PLAIN)
    with pytest.raises(DataError, match=r"no data set “imdb” .*Present: “bundled”"):
        load_dataset("imdb")
    with pytest.raises(DataError, match="Fetch it with: make data"):
        load_dataset("ibm")


# What is refused, with file, line and column


@pytest.mark.parametrize(
    ("files", "changes", "place"),
    [
        (IBM, {"ratings": "user,item\n1,P1\n"}, "ratings.csv, line 1, column “rating”: is missing"),
        (IBM, {"ratings": "user,item,rating\n1,P1,3\n2,P1,three\n"}, "line 3, column “rating”"),
        (IBM, {"ratings": "user,item,rating\n1,P1,nan\n"}, "line 2, column “rating”"),
        (IBM, {"ratings": "user,item,rating\n1,P1,inf\n"}, "line 2, column “rating”"),
        (IBM, {"ratings": "user,item,rating\n1,P1,1e300\n"}, "line 2, column “rating”"),
        (IBM, {"ratings": "user,item,rating\n1,P1,0\n"}, "line 2, column “rating”"),
        (IBM, {"ratings": "user,item,rating\n\n\n,P1,3\n"}, "line 4, column “user”: is empty"),
        (IBM, {"ratings": "user,item,rating\n1, ,3\n"}, "line 2, column “item”: is empty"),
        (IBM, {"ratings": "user,item,rating\n1,P1,3\n1,D1\n"}, "line 3: has 2 fields where"),
        (IBM, {"ratings": "user,item,rating\n1,P1,3,4\n"}, "line 2: has 4 fields where"),
        (IBM, {"ratings": "user,item,rating\n"}, "ratings.csv: has a header but no rows"),
        (IBM, {"ratings": ""}, "ratings.csv: is empty"),
        (IBM, {"ratings": "user;item;rating\n1;P1;3\n"}, "not semicolons"),
        (IBM, {"ratings": "<!DOCTYPE html>\n<p>Not found\n"}, "It seems to be a web page"),
        (IBM, {"ratings": "user,item,rating\n1,X1,3\n"}, "do not belong together"),
        (
            IBM,
            {"course_genre": "COURSE_ID,TITLE,Python\nP1,python,1\nD1,sql,2\n"},
            "course_genre.csv, line 3, column “Python”: must be 0 or 1",
        ),
        (
            IBM,
            {"course_genre": "COURSE_ID,TITLE,Python\nP1,python,1\nP1,sql,0\n"},
            "course_genre.csv, line 3, column “COURSE_ID”: is the id on line 2 too",
        ),
        (
            IBM,
            {"course_genre": "COURSE_ID,TITLE,Python,Python\nP1,python,1,1\n"},
            "course_genre.csv, line 1, column “Python”: is there twice",
        ),
        (
            IBM,
            {"course_processed": 'COURSE_ID,TITLE,DESCRIPTION\nP1,a,"two\nlines"\n,b,c\n'},
            "course_processed.csv, line 4, column “COURSE_ID”: is empty",
        ),
        (
            IBM,
            {"course_processed": 'COURSE_ID,TITLE,DESCRIPTION\nP1,a,b\nD1,b,"never closed\n'},
            "course_processed.csv, line 3: cannot be read as CSV",
        ),
        (
            PLAIN,
            {"courses": "COURSE_ID,TITLE,DESCRIPTION,title\nP1,a,b,1\n"},
            "courses.csv, line 1, column “title”: cannot be the name of a topic",
        ),
        (FILMS, {"movies": "movieId,title,genres\n1,,Action\n"}, "movies.csv, line 2, column “ti"),
    ],
)
def test_broken_files_are_refused(
    folder: Path, files: dict[str, str], changes: dict[str, str], place: str
) -> None:
    assert place in str(refusal(write(folder, files, **changes)))


def test_encodings(folder: Path) -> None:
    write(folder, PLAIN)
    courses = folder / "courses.csv"
    text = PLAIN["courses.csv"].replace("Loops.", "Schleifen für alle.")
    courses.write_bytes(text.encode("utf-8-sig"))
    assert load_dataset(folder).courses["description"][0] == "Schleifen für alle."
    courses.write_bytes(text.encode("latin-1"))
    assert "courses.csv, line 2: contains bytes that are not UTF-8" in str(refusal(folder))
    courses.write_bytes(text.encode("utf-16"))
    assert "courses.csv: is in UTF-16; save it as “CSV UTF-8”" in str(refusal(folder))


def test_a_gzip_file_that_is_cut_off_is_refused(folder: Path) -> None:
    write(folder, PLAIN)
    whole = gzip.compress(PLAIN["ratings.csv"].encode() * 50)
    (folder / "ratings.csv.gz").write_bytes(whole[:-20])
    assert "ratings.csv.gz: is incomplete, or not a gzip file" in str(refusal(folder))


# What is mended, and told


def repairs(folder: Path) -> list[str]:
    """The repairs, but for the note that this is not the published ratings.csv."""
    told = load_dataset(folder).repairs
    assert f"ratings.csv: {ibm.NOT_PUBLISHED}" in told
    return [one for one in told if ibm.NOT_PUBLISHED not in one]


def test_the_later_of_two_ratings_counts(folder: Path) -> None:
    write(folder, IBM, ratings="user,item,rating\n1,P1,2\n1,D1,3\n1,P1,3\n")
    assert repairs(folder) == [
        "1 rating of ratings.csv was replaced by a later one of the same user and course."
    ]
    assert load_dataset(folder).interactions.toarray().tolist() == [[3, 3]]


def test_ratings_of_unknown_courses_are_left_out(folder: Path) -> None:
    write(folder, IBM, ratings="user,item,rating\n1,P1,3\n2,X7,3\n2,X8,3\n")
    assert repairs(folder) == [
        "2 ratings of courses that are not in course_genre.csv (such as “X7”) were left out."
    ]
    assert load_dataset(folder).users.tolist() == [1]


def test_courses_in_one_file_only_are_kept(folder: Path) -> None:
    write(
        folder,
        IBM,
        course_processed="COURSE_ID,TITLE,DESCRIPTION\nP1,python,loops\nZ1,only here,text\n",
        ratings="user,item,rating\n1,Z1,3\n1,D1,3\n",
    )
    dataset = load_dataset(folder)
    assert repairs(folder) == [
        "1 course (such as “D1”) not in course_processed.csv was kept without description.",
        "1 course (such as “Z1”) not in course_genre.csv was kept without topics.",
    ]
    assert dataset.courses["id"].tolist() == ["P1", "D1", "Z1"]
    assert dataset.courses["title"].tolist() == ["python", "sql", "only here"]
    assert dataset.courses["description"].tolist() == ["loops", "", "text"]
    assert dataset.topic_matrix.tolist() == [[1, 0], [0, 1], [0, 0]]


def test_a_course_listed_twice_in_the_same_words_counts_once(folder: Path) -> None:
    write(folder, IBM, course_genre=IBM["course_genre.csv"] + "P1,python,1,0\n")
    assert repairs(folder) == [
        "1 row of course_genre.csv that repeats an earlier one word for word was left out."
    ]
    assert load_dataset(folder).n_courses == 2


def test_profiles_that_contradict_the_ratings_are_told(folder: Path) -> None:
    write(folder, IBM)
    profiles = "user,Python,Database\n5,3.0,2.0\n4,0.0,2.0\n77,3.0,3.0\n"
    (folder / "user_profile.csv").write_text(profiles)
    assert repairs(folder) == [
        "user_profile.csv differs from the ratings for 1 user; "
        "the profiles are computed from the ratings.",
        "user_profile.csv lists 1 user without ratings, who are left out.",
    ]


# The cache


def is_mapped(array: np.ndarray | None) -> bool:
    """Whether the array's memory is a file's, which other processes share."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


def entries(data: Path) -> list[Path]:
    return sorted((data / ".cache").iterdir())


@pytest.mark.parametrize("files", [IBM, PLAIN, FILMS], ids=["ibm", "bundled", "movielens"])
def test_what_the_cache_gives_is_what_parsing_gave(files: dict[str, str], folder: Path) -> None:
    write(folder, files)
    fresh, kept = load_dataset(folder), load_dataset(folder)
    assert is_mapped(kept.interactions.data)
    assert not is_mapped(fresh.interactions.data)
    pd.testing.assert_frame_equal(kept.courses, fresh.courses)
    pd.testing.assert_frame_equal(kept.ratings, fresh.ratings)
    for name in ("name", "topics", "like_threshold", "noun", "repairs", "fingerprint"):
        assert getattr(kept, name) == getattr(fresh, name)
    for part in ("data", "indices", "indptr"):
        mapped, parsed = getattr(kept.interactions, part), getattr(fresh.interactions, part)
        assert mapped.dtype == parsed.dtype
        assert not mapped.flags.writeable
        assert not parsed.flags.writeable
        np.testing.assert_array_equal(mapped, parsed)
    np.testing.assert_array_equal(kept.users, fresh.users)
    assert kept.users.dtype == fresh.users.dtype


def test_text_user_ids_survive_the_cache(folder: Path) -> None:
    write(folder, PLAIN, ratings="user,item,rating\nzoë,P1,3\n007,P1,3\n")
    fresh, kept = load_dataset(folder), load_dataset(folder)
    assert kept.users.tolist() == fresh.users.tolist() == ["007", "zoë"]
    assert kept.fingerprint == fresh.fingerprint


def test_a_model_learns_the_same_from_mapped_arrays(folder: Path) -> None:
    write(folder, IBM)
    fresh, kept = load_dataset(folder), load_dataset(folder)
    scores = [models.KNN().fit(one).score(one.interactions) for one in (fresh, kept)]
    np.testing.assert_array_equal(*scores)


def test_changed_content_is_read_anew(folder: Path, alone: Path) -> None:
    load_dataset(write(folder, IBM))
    write(folder, IBM, ratings="user,item,rating\n8,P1,3.0\n")
    assert load_dataset(folder).users.tolist() == [8]
    assert len(entries(alone)) == 2


@pytest.mark.parametrize("file", ["dataset.json", "users.npy", "ratings.npy", "topics.npy"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "foreign"])
def test_a_torn_entry_is_treated_as_absent(
    folder: Path, alone: Path, file: str, damage: str
) -> None:
    fresh = load_dataset(write(folder, IBM))
    (entry,) = entries(alone)
    torn = entry / file
    content = torn.read_bytes()
    if damage == "cut":
        torn.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        torn.write_bytes(content[:-4] + bytes(255 - byte for byte in content[-4:]))
    elif damage == "gone":
        torn.unlink()
    else:
        torn.write_bytes(b"[]")
    assert cache.load(entry, "x") is None
    assert load_dataset(folder).fingerprint == fresh.fingerprint
    assert entries(alone) == [entry]
    assert cache.load(entry, "x") is not None


def test_without_a_place_for_a_cache_loading_still_works(
    folder: Path, alone: Path, tmp_path: Path
) -> None:
    (alone / ".cache").write_text("a file where the folder should be")
    (tmp_path / "cache").write_text("here too")
    write(folder, IBM)
    assert load_dataset(folder).fingerprint == load_dataset(folder).fingerprint


def test_an_unwritable_data_folder_falls_back_to_the_users_cache(
    folder: Path, alone: Path, tmp_path: Path
) -> None:
    (alone / ".cache").write_text("a file where the folder should be")
    load_dataset(write(folder, IBM))
    assert len(list((tmp_path / "cache" / "recsys").iterdir())) == 1
    assert is_mapped(load_dataset(folder).interactions.data)


def test_many_may_load_at_once(folder: Path, alone: Path) -> None:
    write(folder, IBM)
    with ThreadPoolExecutor(8) as pool:
        fingerprints = set(pool.map(lambda _: load_dataset(folder).fingerprint, range(24)))
    assert len(fingerprints) == 1
    assert len(entries(alone)) == 1


def test_a_half_written_entry_is_never_seen(
    folder: Path, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "flush", full_disk)
    load_dataset(write(folder, IBM))
    assert entries(alone) == []


def test_the_home_may_move_with_its_cache(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(alone / "bundled", PLAIN)
    first = load_dataset().fingerprint
    shutil.move(tmp_path / "home", tmp_path / "elsewhere")
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "elsewhere"))
    assert load_dataset().fingerprint == first
    assert len(entries(tmp_path / "elsewhere" / "data")) == 1


HOLD = """
import re, sys
from pathlib import Path
import recsys.models
from recsys.sources import load_dataset

def private() -> int:  # clean pages are the files', for whoever maps them next
    sizes = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty:\\s+(\\d+)", sizes, re.MULTILINE)[1])

for _ in range(2):  # what parsing and mapping import is no part of a data set
    load_dataset(Path(sys.argv[1]))
before = private()
dataset = load_dataset(Path(sys.argv[2]))
read = dataset.interactions.data.sum() + dataset.interactions.indices.sum() + dataset.likes.nnz
print((private() - before) * 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells what is private.")
@pytest.mark.parametrize("which", ["bundled", "ibm_folder", "movielens_folder"])
def test_a_visitor_has_little_of_a_data_set_to_itself(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = ROOT / "data" / "bundled" if which == "bundled" else request.getfixturevalue(which)
    load_dataset(place)
    other = load_dataset(place)  # another visitor's: mapped, and read
    assert is_mapped(other.interactions.data)
    assert other.interactions.data.sum() + other.interactions.indices.sum() > 0
    told = subprocess.run(
        [sys.executable, "-c", HOLD, str(write(tmp_path / "warm", PLAIN)), str(place)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout) < 5_000_000
