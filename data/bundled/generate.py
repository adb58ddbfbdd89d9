"""The bundled ratings: 33,901 invented users with tastes, drawn from a fixed seed.

    python data/bundled/generate.py        writes ratings.csv.gz beside this file

How a user comes about:

1. The number of courses is dealt out: the histogram of the real set is kept exactly.
2. The user follows one to three of the learning `PATHS` below, one of them most of the time.
3. A course attracts the user by its *appeal*, times how much it lies on the user's paths (a little
   everywhere: everybody strays). Courses are drawn by attraction, without repetition.
4. Half of the courses are drawn like that. They then open doors: `steps` of a path make the next
   course much more attractive to those who took the one before. The other half is drawn after that.
5. Appeal is found by trying: courses drawn too seldom for `COUNTS` get more of it, and so on.
6. Those who take fewer than five courses, and a few collectors, only audit (2); the others
   complete (3), nearly always.

Every figure marked “published” describes the ratings of the IBM machine learning capstone, as
printed in public notebooks: users per number of courses in Analysis.ipynb of
panstenos/Online-Course-Recommender-System, ratings of 2 in the classification notebook of
Giorgio36/Course-Recommender-System-Machine-Learning-Project, the 20 most taken courses in
01_EDA.ipynb of mxagar/course_recommender_streamlit, and a few rarer ones in notebooks of
mboccenti/Recommender_system_project. No user and no rating is copied.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
SEED = 20
AUDITED, COMPLETED = 2, 3

# Published: how many users take 1, 2, 3 … courses.
USERS_BY_COURSES = {
    1: 8320, 2: 382, 3: 102, 4: 35, 5: 6179, 6: 4455, 7: 3168, 8: 2344, 9: 1665, 10: 1408,
    11: 1093, 12: 840, 13: 666, 14: 508, 15: 436, 16: 328, 17: 287, 18: 260, 19: 210, 20: 177,
    21: 120, 22: 119, 23: 106, 24: 74, 25: 71, 26: 70, 27: 55, 28: 30, 29: 38, 30: 35,
    31: 41, 32: 29, 33: 28, 34: 24, 35: 29, 36: 20, 37: 16, 38: 21, 39: 15, 40: 15,
    41: 7, 42: 10, 43: 10, 44: 9, 45: 9, 46: 9, 47: 8, 48: 4, 49: 7, 50: 5,
    51: 2, 59: 1, 61: 1,
}  # fmt: skip
AUDITS = 10_976  # Published: ratings of 2, out of 233,306.

# Ratings per course, aimed at. The first 20 are published, and so are the first seven of those
# added below; the rest is our own, down to courses that one person took.
COUNTS = {
    "PY0101EN": 14936, "DS0101EN": 14477, "BD0101EN": 13291, "BD0111EN": 10599,
    "DA0101EN": 8303, "DS0103EN": 7719, "ML0101EN": 7644, "BD0211EN": 7551,
    "DS0105EN": 7199, "BC0101EN": 6719, "DV0101EN": 6709, "ML0115EN": 6323,
    "CB0103EN": 5512, "RP0101EN": 5237, "ST0101EN": 5015, "CC0101EN": 4983,
    "CO0101EN": 4480, "DB0101EN": 3697, "BD0115EN": 3670, "DS0301EN": 3624,
}  # fmt: skip
COUNTS |= {
    "BC0201EN": 2866, "WA0101EN": 2247, "BC0202EN": 775, "AI0111EN": 383,
    "TMP0105EN": 347, "WA0103EN": 56, "TMP0106EN": 35,
    "CC0103EN": 3560, "CL0101EN": 3470, "BD0141EN": 3280, "CO0201EN": 3070,
    "SC0101EN": 2970, "BD0131EN": 2850, "ML0120EN": 2730, "ML0122EN": 2620,
    "ML0151EN": 2510, "CC0201EN": 2450, "ML0103EN": 2370, "CO0301EN": 2260,
    "BD0212EN": 2200, "PA0101EN": 2110, "DV0151EN": 2020, "BD0123EN": 1790,
    "DW0101EN": 1710, "DB0151EN": 1670, "BD0121EN": 1600, "CO0401EN": 1540,
    "SC0103EN": 1400, "BD0145EN": 1360, "BD0221EN": 1250, "RP0105EN": 1190,
    "DS0321EN": 1160, "LB0101EN": 1130, "SC0105EN": 1090, "ML0109EN": 1070,
    "TA0105EN": 1030, "CC0250EN": 1010, "CB0105EN": 970, "DS0110EN": 950,
    "DAI101EN": 910, "BD0133EN": 810, "BD0143EN": 790, "ML0121EN": 770,
    "BD0223EN": 750, "DJ0101EN": 740, "LB0103EN": 730, "BD0135EN": 700,
    "LB0105EN": 670, "RP0103EN": 660, "CC0150EN": 590, "DE0205EN": 540,
    "IT0101EN": 530, "ML0201EN": 520, "ML0111EN": 480, "SW0101EN": 470,
    "BD0137EN": 430, "EE0101EN": 390, "LB0107EN": 340, "SECM03EN": 330,
    "BD0153EN": 315, "CC0210EN": 290, "DS0201EN": 285, "TA0106EN": 270,
    "SW0201EN": 265, "ML0123EN": 260, "LB0109EN": 255, "LB0111EN": 250,
    "CNSC02EN": 220, "PHPM002EN": 215, "RP0151EN": 200, "BD0151EN": 190,
    "DB0113EN": 180, "CP0101EN": 155, "COM001EN": 145, "HCC104EN": 135,
    "DS0107EN": 125, "DP0101EN": 118, "CB0101EN": 112, "OS0101EN": 60,
    "HCC105EN": 55, "PA0107EN": 49, "PA0103EN": 43, "CO0302EN": 30,
    "QC0101EN": 24, "GPXX0T0FEN": 20, "DS0132EN": 17, "ST0201EN": 14,
    "CB0201EN": 12, "ST0301EN": 10, "DB0115EN": 9, "DB0111EN": 8,
    "CO0193EN": 6, "DA0201EN": 5, "CC0120EN": 4, "DA0151EN": 3,
    "DX0107EN": 2, "PA0109EN": 2, "BENTEST4": 2, "TMP0107EN": 2,
    "DX0108EN": 1, "DX0106EN": 1, "PA0105EN": 1, "CC0271EN": 1,
    "TMP0101EN": 1, "SN0111EN": 1, "GPXX0QR3EN": 1,
}  # fmt: skip

# Learning paths: how many users follow each, as a weight, and its courses in walking order.
PATHS = {
    "data science": (20, "DS0101EN DS0105EN DS0103EN PY0101EN DA0101EN DS0110EN DS0107EN DS0201EN"),
    "python": (16, "PY0101EN DA0101EN DV0101EN ML0101EN ML0115EN ML0120EN"),
    "analysis": (10, "ST0101EN DA0101EN DV0101EN ML0103EN WA0101EN PA0101EN DJ0101EN DP0101EN "
                 "CP0101EN WA0103EN DA0201EN ST0201EN ST0301EN BD0153EN"),
    "machine learning": (11, "ML0101EN ML0115EN ML0120EN ML0122EN DW0101EN ML0121EN ML0109EN "
                         "ML0123EN ML0111EN AI0111EN"),
    "prediction": (4, "ML0103EN PA0101EN PA0103EN PA0107EN PA0109EN PA0105EN"),
    "hadoop": (17, "BD0101EN BD0111EN BD0115EN BD0131EN BD0141EN BD0121EN BD0145EN BD0133EN "
               "BD0143EN BD0135EN BD0137EN"),
    "spark": (9, "BD0101EN BD0211EN BD0212EN BD0221EN BD0223EN TMP0105EN BD0123EN"),
    "scala": (5, "SC0101EN BD0211EN SC0103EN SC0105EN BD0212EN"),
    "r": (9, "RP0101EN DV0151EN ML0151EN RP0103EN RP0105EN RP0151EN DA0151EN DX0106EN"),
    "databases": (6, "DB0101EN DB0151EN DS0301EN DB0113EN DB0115EN DB0111EN DE0205EN"),
    "cloud": (9, "CC0101EN CL0101EN CC0103EN CC0250EN CC0150EN CC0210EN SECM03EN CNSC02EN "
              "CC0120EN CC0271EN QC0101EN"),
    "containers": (9, "CO0101EN CO0201EN CO0301EN CO0401EN CC0201EN COM001EN CO0302EN HCC104EN "
                   "HCC105EN CO0193EN GPXX0QR3EN"),
    "blockchain": (7, "BC0101EN BC0201EN BC0202EN DS0321EN"),
    "chatbots": (6, "CB0103EN CB0105EN CB0101EN CB0201EN"),
    "reactive": (3, "LB0101EN LB0103EN LB0105EN LB0107EN LB0109EN LB0111EN EE0101EN"),
    "text": (2, "TA0105EN TA0106EN BD0151EN TMP0101EN"),
    "makers": (2, "IT0101EN ML0201EN SW0101EN SW0201EN GPXX0T0FEN PHPM002EN OS0101EN SN0111EN"),
    "ai for all": (3, "DAI101EN DS0132EN BENTEST4 CB0103EN ML0115EN"),
    "bootcamps": (1, "PY0101EN TMP0106EN TMP0107EN DX0107EN DX0108EN"),
}  # fmt: skip

MAIN_PATH = 0.8  # the share of interest in the first of a user's paths
STRAY = 0.035  # the pull of a course on none of the user's paths; 1 is that of one on all
NEXT_STEP = 7.5  # how many times more attractive the next course of a path becomes
ROUNDS = 12  # of trying appeals


def generate() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Invent the ratings, always the same ones.

    Returns
    -------
    users, items, ratings : (n_ratings,) sorted by user; `items` are course ids
    """
    rng = np.random.default_rng(SEED)
    n_courses = np.repeat(list(USERS_BY_COURSES), list(USERS_BY_COURSES.values()))
    rng.shuffle(n_courses)
    taken = _courses_taken(n_courses, rng)
    ratings = _ratings(taken, n_courses, rng)
    ids = np.sort(rng.choice(2_100_000, len(n_courses), replace=False)) + 1
    rows, columns = np.nonzero(taken)
    return ids[rows], np.array(list(COUNTS))[columns], ratings


def _courses_taken(n_courses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n_users, n_items) True where the user takes the course."""
    on_path, steps = _paths()
    taste = np.log(STRAY + _interests(len(n_courses), rng) @ on_path)
    # The k largest of log(attraction) + Gumbel noise are k draws without repetition in proportion
    # to attraction. The noise is drawn once, so that trying another appeal changes nothing else.
    luck, later_luck = -np.log(-np.log(rng.random((2, *taste.shape))))
    wanted = np.array(list(COUNTS.values()), float)
    appeal = np.log(wanted)
    for correction in np.geomspace(1, 0.25, ROUNDS):  # ever smaller, to settle
        early = _top(taste + appeal + luck, (n_courses + 1) // 2)
        later = taste + appeal + early @ steps + later_luck
        taken = _top(np.where(early, np.inf, later), n_courses)
        appeal += correction * np.log(wanted / np.maximum(taken.sum(axis=0), 0.5))
    return taken


def _paths() -> tuple[np.ndarray, np.ndarray]:
    """(n_paths, n_items) which courses lie on a path; (n_items, n_items) log pull from → to."""
    position = {course: i for i, course in enumerate(COUNTS)}
    on_path = np.zeros((len(PATHS), len(COUNTS)))
    steps = np.zeros((len(COUNTS), len(COUNTS)))
    for path, (_, courses) in enumerate(PATHS.values()):
        walk = [position[course] for course in courses.split()]
        on_path[path, walk] = 1
        steps[walk[:-1], walk[1:]] = np.log(NEXT_STEP)
    return on_path, steps


def _interests(n_users: int, rng: np.random.Generator) -> np.ndarray:
    """(n_users, n_paths) how much a user cares for each path; rows sum to 1."""
    weight = np.array([weight for weight, _ in PATHS.values()], float)
    # The smallest of exponential waiting times: one path after the other, in proportion to weight.
    waiting = -np.log(rng.random((n_users, len(PATHS)))) / weight
    favourites = np.argsort(waiting, axis=1)[:, :3]
    rest = 1 - MAIN_PATH
    by_number = np.array([[1, 0, 0], [MAIN_PATH, rest, 0], [MAIN_PATH, rest / 2, rest / 2]])
    number = np.searchsorted([0.5, 0.85], rng.random(n_users))  # 1, 2 or 3 paths: 50, 35, 15 %
    interests = np.zeros((n_users, len(PATHS)))
    np.put_along_axis(interests, favourites, by_number[number], axis=1)
    return interests


def _top(scores: np.ndarray, n: np.ndarray) -> np.ndarray:
    """(n_users, n_items) True at the n[u] largest scores of row u."""
    order = np.argsort(-scores, axis=1)
    top = np.zeros(scores.shape, bool)
    np.put_along_axis(top, order, np.arange(scores.shape[1]) < n[:, None], axis=1)
    return top


def _ratings(taken: np.ndarray, n_courses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rating per course taken, row by row: 2 for those who only look, 3 for the others."""
    collectors = rng.choice(np.flatnonzero(n_courses >= 30), 24, replace=False)
    looks_on = n_courses < 5
    looks_on[collectors] = True
    user = np.nonzero(taken)[0]
    ratings = np.where(looks_on[user], AUDITED, COMPLETED)
    completed = np.flatnonzero(ratings == COMPLETED)
    unfinished = AUDITS - (len(ratings) - len(completed))
    ratings[rng.choice(completed, unfinished, replace=False)] = AUDITED
    return ratings


def as_csv(users: np.ndarray, items: np.ndarray, ratings: np.ndarray) -> bytes:
    """The ratings as the text of a CSV file."""
    lines = (f"{u},{i},{r}\n" for u, i, r in zip(users, items, ratings, strict=True))
    return ("user,item,rating\n" + "".join(lines)).encode()


def main() -> None:
    # No time and no file name go into the archive, so the same ratings give the same bytes.
    with (
        (FOLDER / "ratings.csv.gz").open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as archive,
    ):
        archive.write(as_csv(*generate()))


if __name__ == "__main__":
    main()
