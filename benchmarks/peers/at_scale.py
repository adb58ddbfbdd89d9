"""Our fits beside Spark MLlib's, implicit's and RecTools', on users that fill many files.

    python benchmarks/peers/at_scale.py [--times 10 100] [--json FILE]
    python benchmarks/peers/at_scale.py --json FILE --table docs/scale.md

The last one measures nothing, but writes the figures of the file into the page.

After `make scale`; Spark needs Java 17. All are given the users that `benchmarks/scale.py` makes,
and both cores of the machine: ours two workers, Spark two threads, implicit two. Ours and Spark
read the Parquet files themselves, and the seconds count that; implicit and RecTools are handed a
matrix in memory, and theirs do not. Memory is the most that all processes of a contender had
together, the asking one included.

Quality is measured on 5,000 users that are in no file: of each a third is held out, and NDCG@10
tells who finds it; users are folded in. Clusters are judged by the mean squared distance of a user
to the nearest centre, in the space of unit profiles; components and similarities, which have one
right answer, by how far they are from ours. Settings are not tuned for these users: ours are the
defaults, those of the peers the best of docs/results/peers-bundled.md, Spark's the best of three.
The penalties of iALS are multiplied with the root of how many times the users are; those of NMF and
of Spark grow by themselves, with the strongest pattern and with the ratings.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from environments import NoEnvironmentError, python_of
from protocol import NOTHING, Task, best, read_answer, write_task
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls
from scipy.sparse import csr_matrix, vstack

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from models import machine  # noqa: E402
from scale import MEMORY, drawn, grown  # noqa: E402
from tables import fill  # noqa: E402

from recsys import load_dataset, models  # noqa: E402
from recsys.evaluation import metrics  # noqa: E402
from recsys.evaluation.report import markdown  # noqa: E402
from recsys.sources import partitions  # noqa: E402

K = 10
TESTED = 5_000  # users
UNSEEN = 10**6  # a number that no file has
CORES = 2
ALPHA = 15.0  # how much more a like counts than none, in Spark's ALS as in implicit's
TIME_LIMIT = 3600


@dataclass(frozen=True)
class Contender:
    """Who fits what: `library` "recsys" is ours, and `task` what its quality means."""

    task: str
    library: str
    model: str
    params: dict[str, Any]
    largest: int = 1000  # times, beyond which it is not tried

    def at(self, times: int) -> Contender:
        """With the penalty that so many times the users need to be punished alike."""
        grown = {one: self.params[one] * times**0.5 for one in PENALTIES if one in self.params}
        return replace(self, params=self.params | grown)

    @property
    def name(self) -> str:
        given = {name: f"{value:.4g}" for name, value in self.params.items() if value is not False}
        off = [f"not {name}" for name, value in self.params.items() if value is False]
        settings = ", ".join([*map(" ".join, given.items()), *off])
        return f"{self.library} {self.model}{f' ({settings})' * bool(settings)}"


PENALTIES = ("regularisation", "regularization")  # in the words of ours, and of implicit
FACTORS = {"factors": 16, "regularization": 30.0, "alpha": ALPHA, "num_threads": CORES}
SPARK = {"rank": 16, "alpha": ALPHA}
CONTENDERS = (
    Contender("NDCG@10", "recsys", "nmf", {}),
    Contender("NDCG@10", "recsys", "ials", {"regularisation": 100.0}),
    Contender("NDCG@10", "recsys", "ease", {}),
    *(
        Contender("NDCG@10", "spark", "ALS", SPARK | {"regParam": value}, largest)
        for value, largest in ((0.1, 10), (1.0, 1000), (10.0, 1000))
    ),
    Contender("NDCG@10", "spark", "ALS", SPARK | {"regParam": 10.0, "nonnegative": False}),
    Contender("NDCG@10", "implicit", "ALS", FACTORS),
    Contender("NDCG@10", "rectools", "ALS", FACTORS, largest=10),
    Contender("distance²", "recsys", "clustering", {}),
    Contender("distance²", "spark", "k-means", {"k": 20, "maxIter": 20}),
    Contender("components", "recsys", "clustering-pca", {}),
    Contender("components", "spark", "PCA", {}),
    Contender("cosines", "recsys", "knn", {}),
    Contender("cosines", "spark", "similarities", {}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", nargs="+", type=int, default=[10])
    parser.add_argument("--only", nargs="+", help="libraries; by default all")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "recsys-scale")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path, help="the page to write the file's figures into")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)  # how it calls itself
    given = parser.parse_args()
    if given.one:
        folder, key, answer, params = given.one
        fit_ours(Path(folder), key, Path(answer), json.loads(params))
        return
    if given.table:
        if not given.json:
            parser.error("--table needs the file of figures: --json FILE")
        fill(given.table, "peers", table(json.loads(given.json.read_text("utf-8"))["results"]))
        return
    about = {"machine": machine(), "tested users": TESTED}
    results: list[dict[str, Any]] = []
    for times in given.times:
        folder = grown(given.folder, times, None)
        print(f"\n{times} times the bundled users")
        ours: dict[str, dict[str, np.ndarray]] = {}
        for one in (each.at(times) for each in CONTENDERS):
            if times > one.largest or (given.only and one.library not in given.only):
                continue
            found: dict[str, Any] = {"times": times, "task": one.task, "contender": one.name}
            try:
                found |= measured(one, folder, ours)
                told = f"{found['seconds']:8.1f} s {found['MB']:8,.0f} MB  {found['quality']:.4g}"
            except (NoEnvironmentError, subprocess.SubprocessError, ValueError) as problem:
                found["error"] = told = str(problem)[-200:]
            print(f"{one.task:11}{one.name:75}{told}", flush=True)
            results.append(found)
            if given.json:
                text = json.dumps({**about, "results": results}, indent=1, ensure_ascii=False)
                given.json.write_text(text + "\n", "utf-8")


def table(results: Sequence[dict[str, Any]]) -> str:
    """All figures, in Markdown."""
    rows = []
    for one in results:
        figures = [one.get("error", ""), "", ""]
        if "seconds" in one:
            figures = [f"{one['seconds']:.1f}", f"{one['MB']:,.0f}", f"{one['quality']:.3g}"]
        rows.append([f"{one['times']} ×", one["task"], one["contender"], *figures])
    return markdown(["ratings", "quality", "who", "s", "MB", "value"], rows, "lllrrr")


def measured(
    one: Contender, folder: Path, ours: dict[str, dict[str, np.ndarray]]
) -> dict[str, float]:
    """Seconds, memory and quality of one contender; what ours has found is kept for the others."""
    with tempfile.TemporaryDirectory() as place:
        answer = Path(place, "answer.npz")
        if one.library in ("implicit", "rectools"):
            return asked(one, folder, Path(place))
        if one.library == "recsys":
            words = ["--one", str(folder), one.model, str(answer), json.dumps(one.params)]
            command = [sys.executable, __file__, *words]
        else:
            script = [str(python_of("spark")), str(HERE / "spark_peer.py"), str(folder)]
            params = ["--params", json.dumps(one.params)]
            command = [*script, str(answer), "--model", one.model, *params]
        memory = run(command)
        with np.load(answer) as arrays:
            found = dict(arrays)
    if one.library == "recsys":
        ours[one.task] = found
    quality = judged(one, found, ours.get(one.task, {}))
    return {"seconds": float(found["seconds"]), "MB": memory, "quality": quality}


def run(command: Sequence[str]) -> float:
    """Run a program; the most megabytes that it and all that it starts had together."""
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + TIME_LIMIT
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            if time.monotonic() > end:
                process.kill()
            time.sleep(0.2)
        said = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        raise subprocess.SubprocessError(said.strip().splitlines()[-1] if said else "it ended")
    return peak


def memory_of(pid: int) -> float:
    total = 0
    try:
        root = psutil.Process(pid)
        for one in [root, *root.children(recursive=True)]:
            total += one.memory_info().rss
    except psutil.Error:  # it ends just now
        pass
    return total / 1e6


# Ours


def fit_ours(folder: Path, key: str, answer: Path, params: dict[str, Any]) -> None:
    """In a process of its own: fit on two workers, and answer as Spark does."""
    from recsys.scale.cluster import OnCluster, connected

    dataset = partitions.open_partitions(folder)
    model: Any = models.find(key)(**params)
    if key == "knn":  # all cosines as they are
        model = models.KNN(neighbours=None, weighting="similarity", shrinkage=0.0)
    if key == "clustering-pca":
        model = models.ClusteringPCA(scaling="standardised", variance=100)
    found: dict[str, Any] = {}
    with connected("local", n_workers=CORES, memory_limit=MEMORY) as client:
        start = time.perf_counter()
        training = OnCluster(dataset, client)
        if key == "clustering-pca":  # its components alone, as Spark's
            model.topics_ = np.array(dataset.topics)
            model.course_topics_ = dataset.topic_matrix
            model._fit_embedding(training.blocks, True)
        else:
            model.fit(training)
        found["seconds"] = time.perf_counter() - start
    if key == "clustering-pca":
        found["ratio"] = model.explained_variance_ratio_
    elif key == "knn":
        upper = model.similarity_.tocoo()
        kept = upper.row < upper.col
        found |= {"i": upper.row[kept], "j": upper.col[kept], "cosine": upper.data[kept]}
    elif key == "clustering":
        found["centres"] = model.centroids_ + model.mean_
    else:
        queries, _ = tested()
        found["ranked"] = best(model.score(queries), Task(queries, queries, K))
    np.savez(answer, **found)


# Libraries that are handed a matrix


def asked(one: Contender, folder: Path, place: Path) -> dict[str, float]:
    dataset = partitions.open_partitions(folder)
    known = np.flatnonzero(dataset.popularity)
    likes = csr_matrix(vstack([part.ratings()[1] for part in dataset.parts]))
    train = likes[:, known].sign().astype(np.float32)
    queries, _ = tested()
    task = Task(train, queries[:, known].sign().astype(np.float32), K)
    write_task(place / "task.npz", task)
    script = [str(python_of(one.library)), str(HERE / f"{one.library}_peer.py")]
    words = [str(place / "task.npz"), str(place), "--model", one.model]
    memory = run([*script, *words, "--params", json.dumps(one.params)])
    found = read_answer(place / "0.npz", task)
    ranked = np.append(known, NOTHING)[found.ranked]
    return {"seconds": found.fit_seconds, "MB": memory, "quality": ndcg(ranked)}


# Quality


@cache
def tested() -> tuple[csr_matrix, csr_matrix]:
    """(n, n_courses) what is known of users who are in no file, and what is held out of them."""
    base = load_dataset("bundled")
    user, item, rating = drawn(base, UNSEEN, TESTED)
    held = np.random.default_rng(1).random(len(user)) < 1 / 3
    shape = (TESTED, base.n_courses)
    queries = csr_matrix((rating[~held], (user[~held], item[~held])), shape)
    holdouts = csr_matrix((rating[held], (user[held], item[held])), shape)
    both = (queries.getnnz(axis=1) > 0) & (holdouts.getnnz(axis=1) > 0)
    return queries[both], holdouts[both]


def judged(one: Contender, found: dict[str, Any], ours: dict[str, Any]) -> float:
    if one.task == "NDCG@10":
        return ndcg(found["ranked"] if "ranked" in found else folded_in(found, one.params))
    if one.task == "distance²":
        return spread(found["centres"])
    if not ours:
        raise ValueError("ours is not there to compare with")
    if one.task == "components":
        return float(np.abs(found["ratio"] - ours["ratio"]).max())
    n = load_dataset("bundled").n_courses
    theirs, own = (csr_matrix((f["cosine"], (f["i"], f["j"])), (n, n)) for f in (found, ours))
    return float(abs(theirs - own).max())


def ndcg(ranked: np.ndarray) -> float:
    _, holdouts = tested()
    hit = metrics.hits(ranked, holdouts)
    return float(metrics.ndcg(hit, np.asarray(holdouts.getnnz(axis=1))).mean())


def folded_in(found: dict[str, Any], params: dict[str, Any]) -> np.ndarray:
    """The lists of the tested users by Spark's item factors: it can fold nobody in itself, so each
    user's factors are solved for here, by the problem that its ALS solves.
    """
    queries, _ = tested()
    factors = np.zeros((queries.shape[1], found["factors"].shape[1]))
    factors[found["items"]] = found["factors"]
    gram = factors.T @ factors
    scores = np.empty(queries.shape)
    for row, likes in enumerate(queries):
        mine = factors[likes.indices]
        more = params["alpha"] * likes.data
        ridge = params["regParam"] * len(mine) + 1e-9
        left = gram + (mine.T * more) @ mine + ridge * np.eye(len(gram))
        root = cholesky(left)
        right = solve_triangular(root, mine.T @ (1 + more), trans="T")
        nonnegative = params.get("nonnegative", True)
        user = nnls(root, right)[0] if nonnegative else solve_triangular(root, right)
        scores[row] = factors @ user
    return best(scores, Task(queries, queries, K))


def spread(centres: np.ndarray) -> float:
    """The mean squared distance of users who are in no file to the nearest centre."""
    base = load_dataset("bundled")
    user, item, rating = drawn(base, UNSEEN + 1, 4 * TESTED)
    profiles = csr_matrix((rating, (user, item)), (4 * TESTED, base.n_courses)) @ base.topic_matrix
    counts = np.bincount(user, minlength=4 * TESTED) - 1.0
    lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
    points = profiles / np.where(lengths > 0, lengths, 1)
    distances = ((points[:, None, :] - centres[None]) ** 2).sum(axis=2).min(axis=1)
    return float(np.average(distances, weights=counts))


if __name__ == "__main__":
    main()
