"""The command line: data, train, recommend, evaluate, tune, serve, doctor.

Answers go to standard output, progress and problems to standard error. Exit codes: 0 done, 1 a
problem (told in a line, without a traceback), 2 wrong usage. What a command needs is imported
when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import re
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys.dataset import Dataset, TrainingSet
    from recsys.models import Hyperparameter, Recommender
    from recsys.sources import Source
    from recsys.store import Store

PROBLEM, USAGE, INTERRUPTED = 1, 2, 130
_WORDS = "no one two three four five six seven eight nine ten".split()


class UsageError(Exception):
    """Something on the command line that makes no sense."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    parser = _parser()
    given = parser.parse_args(argv)
    given.arguments = sys.argv[1:] if argv is None else argv
    try:
        code = given.run(given)
        sys.stdout.flush()
        return int(code or 0)
    except UsageError as error:
        given.parser.print_usage(sys.stderr)
        return _complain(str(error), USAGE)
    except KeyboardInterrupt:
        return _complain("Interrupted.", INTERRUPTED)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if _is_told_in_words(error):
            return _complain(str(error), PROBLEM)
        raise  # a mistake of ours: the traceback is what a bug report needs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys",
        description="Course recommenders from the command line.",
        epilog="“python -m recsys COMMAND --help” explains a command.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(run: Any, name: str, text: str, within: Any = commands) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = within.add_parser(name, help=text, description=text)
        one.set_defaults(run=run, parser=one)
        return one

    data = commands.add_parser("data", help="list the data sets, or fetch one")
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = command(_data_list, "list", "List the data sets on this machine.", actions)
    _add_json(listing)
    fetch = command(_data_fetch, "fetch", "Download a data set into data/.", actions)
    fetch.add_argument("name", choices=["ibm"], help="ibm: IBM's courses, users and ratings")
    fetch.add_argument(
        "--time-budget", type=_seconds, metavar="SECONDS", help="give up after this time"
    )
    _add_json(fetch)
    convert = command(
        _data_convert,
        "convert",
        "Write a data set as partitions, one for each block of users, to fit on a cluster.",
        actions,
    )
    convert.add_argument(
        "source",
        metavar="SET",
        help="data set, or a folder with courses.csv and a folder ratings/ of CSV or Parquet files",
    )
    convert.add_argument("folder", type=Path, metavar="FOLDER", help="where the partitions go")
    convert.add_argument(
        "--users-per-part",
        type=_count,
        default=65_536,
        metavar="N",
        help="about how many users to put in a partition (default: 65,536)",
    )
    convert.add_argument(
        "--like-from",
        type=float,
        default=0.0,
        metavar="RATING",
        help="a rating of at least this much is a like (default: all are; for a ratings/ folder)",
    )
    _add_scheduler(convert)
    _add_json(convert)

    train = command(_train, "train", "Fit models and keep them for the dashboard.")
    train.add_argument(
        "--data",
        nargs="+",
        metavar="SET",
        help="data sets or folders (default: bundled, and ibm if it is here)",
    )
    which = train.add_mutually_exclusive_group()
    which.add_argument("--model", nargs="+", metavar="MODEL", help="only these models, such as knn")
    which.add_argument("--all", action="store_true", help="every model (the default)")
    train.add_argument("--force", action="store_true", help="fit anew what is stored already")
    _add_scheduler(train)
    _add_json(train)

    recommend = command(_recommend, "recommend", "Recommend courses to someone who took some.")
    recommend.add_argument("courses", nargs="+", metavar="COURSE", help="ids of courses taken")
    recommend.add_argument("--model", default="knn", help="default: knn")
    recommend.add_argument("--k", type=_count, default=10, help="how many (default: 10)")
    _add_settings(recommend)
    _add_data(recommend)
    _add_json(recommend)

    everybody = command(
        _recommend_all, "recommend-all", "Recommend to all users of a folder of partitions."
    )
    everybody.add_argument("folder", type=Path, metavar="FOLDER", help="where the files go")
    everybody.add_argument(
        "--data", type=Path, required=True, metavar="PARTITIONS", help="made by: data convert"
    )
    everybody.add_argument("--model", default="knn", help="default: knn")
    everybody.add_argument("--k", type=_count, default=10, help="how many (default: 10)")
    _add_settings(everybody)
    _add_scheduler(everybody)
    _add_json(everybody)

    evaluate = command(_evaluate, "evaluate", "Rank models by what they foresee of held-out users.")
    evaluate.add_argument("--model", nargs="+", metavar="MODEL", help="default: all models")
    evaluate.add_argument("--baselines", action="store_true", help="the baselines beside them")
    evaluate.add_argument(
        "--protocol", nargs="+", choices=["strong", "weak", "cold"], default=["strong"]
    )
    evaluate.add_argument(
        "--catalogue",
        nargs="+",
        choices=["rated", "all", "cold"],
        help="recommend from these (default: rated; cold in the protocol cold; all with --table)",
    )
    evaluate.add_argument(
        "--k", nargs="+", type=_count, default=[10], help="lengths of the lists (default: 10)"
    )
    evaluate.add_argument(
        "--seeds", type=_count, default=1, metavar="N", help="how many splits (default: 1)"
    )
    evaluate.add_argument(
        "--table", type=Path, metavar="FILE", help="write the results as a page of Markdown"
    )
    evaluate.add_argument("--force", action="store_true", help="fit anew what was evaluated before")
    _add_data(evaluate)
    evaluate.add_argument(
        "--json", action="store_true", help="print JSON; with --table, write it beside the page"
    )

    tune = command(_tune, "tune", "Try the grids of models on users held out from training.")
    tune.add_argument(
        "--model", nargs="+", required=True, metavar="MODEL", help="such as knn, or all"
    )
    tune.add_argument("--k", type=_count, default=10, help="length of the lists (default: 10)")
    tune.add_argument(
        "--seeds", type=_count, default=1, metavar="N", help="how many divisions (default: 1)"
    )
    tune.add_argument(
        "--table", type=Path, metavar="FILE", help="write what was tried as a page of Markdown"
    )
    _add_data(tune)
    _add_json(tune)

    serve = command(_serve, "serve", "Serve the dashboard with Voilà until Ctrl-C.")
    serve.add_argument("--port", type=_port, default=8866, help="default: 8866")
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on (default: 127.0.0.1, this machine only; 0.0.0.0: all)",
    )
    serve.add_argument(
        "--token",
        nargs="?",
        const="",
        help="let in only who knows this word; without a word, one is made up and shown",
    )
    serve.add_argument(
        "--behind-proxy",
        action="store_true",
        help="let in, on 127.0.0.1, visitors that a proxy brings under another name than localhost",
    )
    serve.add_argument(
        "--preheat",
        type=_whole,
        metavar="N",
        help="how many kernels to keep ready for visitors to come (default: one to four, as memory "
        "allows)",
    )
    serve.add_argument("--no-browser", action="store_true", help="do not open a browser")
    serve.add_argument("--json", action="store_true", help="print the address as a line of JSON")

    _add_json(command(_doctor, "doctor", "Print what a bug report needs."))
    return parser


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", default="bundled", metavar="SET", help="data set or folder (default: bundled)"
    )


def _add_scheduler(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="work on a Dask cluster: its address, such as tcp://10.0.0.5:8786, or “local” for one "
        "of this machine's cores (default: RECSYS_SCHEDULER; without it, local for partitions)",
    )


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a hyperparameter, such as neighbours=40; may be repeated",
    )


# The commands


def _data_list(given: argparse.Namespace) -> None:
    from recsys.sources import available

    sources = available()
    if given.json:
        _print_json([_described(one) for one in sources])
        return
    _print_table(
        ("data set", "title", "folder"), [(one.key, one.title, one.folder) for one in sources]
    )


def _data_fetch(given: argparse.Namespace) -> None:
    from recsys.sources import fetch_ibm

    folder = fetch_ibm(budget=given.time_budget, report=_note)
    if given.json:
        _print_json({"data": given.name, "folder": str(folder)})
    else:
        _note(f"The IBM courses are in {folder}.")


def _data_convert(given: argparse.Namespace) -> None:
    from recsys.sources import load_dataset
    from recsys.sources.partitions import write

    source = Path(given.source)
    if (source / "ratings").is_dir():
        from recsys.scale.cluster import connected
        from recsys.scale.convert import convert

        with connected(given.scheduler) as client, _progress("Converting") as progress:
            made = convert(
                source, given.folder, client, given.users_per_part, given.like_from, progress
            )
    else:
        made = write(load_dataset(given.source), given.folder, given.users_per_part)
    if given.json:
        about = {"parts": len(made.parts), "users": made.n_users, "ratings": made.n_ratings}
        _print_json({"folder": str(given.folder), **about})
    else:
        _note(
            f"{given.folder} has {made.n_ratings:,} ratings of {made.n_users:,} users in "
            f"{len(made.parts):,} parts. Fit on it with: recsys train --data {given.folder}"
        )


def _train(given: argparse.Namespace) -> int:
    from recsys import models
    from recsys.dataset import DataError
    from recsys.scale import placed
    from recsys.sources import available, load_training_set
    from recsys.store import Store

    wanted = [kind() for kind in _kinds(given.model) or models.registry()]
    present = {one.key for one in available()}
    sources = given.data or [key for key in ("bundled", "ibm") if key in present] or ["bundled"]
    store = Store()
    outcomes: list[dict[str, Any]] = []
    for source in sources:
        try:
            dataset = load_training_set(source)
        except DataError as error:
            if given.data:
                raise
            _note(f"Left out: {error}")  # nobody asked for it by name
            continue
        with placed(dataset, scheduler=given.scheduler) as at_hand:
            for model in wanted:
                ready = _train_one(model, at_hand, store, given.force)
                outcomes.append({"data": dataset.name, "model": model.key(), "ready": ready})
    done = bool(outcomes) and all(one["ready"] for one in outcomes)
    if given.json:
        _print_json(outcomes)
    elif done:
        names = dict.fromkeys(one["data"] for one in outcomes)
        print(f"{_all_models(len(wanted))} ready on {' and '.join(names)}.")
    return 0 if done else PROBLEM


def _train_one(model: Recommender, dataset: TrainingSet, store: Store, force: bool) -> bool:
    from recsys.turns import Turns

    if not force and store.get(model, dataset) is not None:
        return True
    label = f"{dataset.name}: {model.name}"
    turns = Turns(store)
    started = time.monotonic()
    try:
        with _progress(label) as progress:
            if force:
                with turns.turn(progress):
                    model.fit(dataset, progress)
                store.put(model, dataset)
            else:
                store.fitted(model, dataset, progress, turns.turn)
        if store.get(model, dataset) is None:
            _note(f"{label} is fitted but not kept: {store.folder} cannot be written.")
            return False
    except Exception as error:  # one model's mistake must not cost the others
        logging.debug("Fitting failed", exc_info=True)
        _note(f"{label} could not be fitted: {type(error).__name__}: {error}")
        return False
    _note(f"{label} fitted in {time.monotonic() - started:.1f} s")
    return True


def _recommend(given: argparse.Namespace) -> None:
    from recsys.sources import load_dataset
    from recsys.store import Store

    asked = _model(given.model, given.set)
    dataset = load_dataset(given.data)
    courses = _as_spelled(given.courses, dataset)
    dataset.positions(courses)  # an unknown course is told before anything is fitted
    with _progress(f"Fitting {asked.name}") as progress:
        model = Store().fitted(asked, dataset, progress)
    history = dict.fromkeys(courses, dataset.typical_rating)
    found = model.recommend(history, k=given.k)
    silence = model.why_silent(history) if found.empty else ""
    if given.json:
        _print_json(
            {
                "data": dataset.name,
                "model": model.key(),
                "hyperparameters": model.values(),
                "history": history,
                "score": model.score_label,
                "recommendations": found.to_dict("records"),
                "message": silence,
            }
        )
    elif silence:
        print(silence)
    else:
        columns = ("rank", "score", "course_id", "title")
        rows = zip(*(found[column] for column in columns), strict=True)
        _print_table(
            ("rank", "score", dataset.noun, "title"),
            [(rank, f"{score:.3f}", course, title) for rank, score, course, title in rows],
        )
        print(f"\nscore: {model.score_label}")


def _recommend_all(given: argparse.Namespace) -> None:
    from recsys.scale.batch import recommend_all
    from recsys.scale.cluster import OnCluster, connected
    from recsys.sources.partitions import open_partitions
    from recsys.store import Store

    asked = _model(given.model, given.set)
    dataset = open_partitions(given.data)
    with connected(given.scheduler) as client, _progress(asked.name) as progress:
        model = Store().fitted(asked, OnCluster(dataset, client), progress)
        started = time.monotonic()
        n_users = recommend_all(model, dataset, given.folder, client, given.k, progress)
        seconds = time.monotonic() - started
    if given.json:
        _print_json({"folder": str(given.folder), "users": n_users, "seconds": seconds})
    else:
        _note(f"{given.folder} has the recommendations; {n_users:,} users in {seconds:.1f} s.")


def _evaluate(given: argparse.Namespace) -> None:
    from recsys import models
    from recsys.evaluation import CATALOGUES, compare
    from recsys.evaluation.report import page
    from recsys.sources import load_dataset
    from recsys.standings import for_evaluation, remembering
    from recsys.store import Store

    kinds = _kinds(given.model) or list(models.registry())
    kinds += models.baselines() if given.baselines else ()
    dataset = for_evaluation(load_dataset(given.data))
    same = bool((dataset.popularity > 0).all())  # then the two catalogues are one
    results = {}
    for protocol in given.protocol:
        known = [one for one in CATALOGUES[protocol] if not (same and one == "all")]
        wanted = [one for one in given.catalogue or () if one in known]
        if given.catalogue and not wanted:
            raise UsageError(f"--catalogue: the protocol {protocol} has {', '.join(known)} here.")
        with _progress(f"Evaluating ({protocol})") as progress:
            results[protocol] = compare(
                [kind() for kind in kinds],
                dataset,
                protocol=protocol,
                ks=given.k,
                seeds=range(given.seeds),
                catalogues=wanted or (known if given.table else known[:1]),
                progress=progress,
                answering=remembering(Store(), afresh=given.force),
            )
    if given.table:
        text = page(results, dataset, _honest_name(dataset), _command(given))
        _write_page(given.table, text)
    if given.json:
        text = _json(_all_figures(results, dataset))
        if given.table:
            given.table.with_suffix(".json").write_text(f"{text}\n", "utf-8")
        else:
            print(text)
    if not given.table and not given.json:
        _print_boards(results)


def _all_figures(results: dict[Any, Any], dataset: Dataset) -> dict[str, Any]:
    from recsys.evaluation import leaderboard, rating_table

    return {
        "data": _honest_name(dataset),
        "fingerprint": dataset.fingerprint,
        "leaderboard": [
            {"protocol": protocol} | row
            for protocol, found in results.items()
            for row in leaderboard(found).to_dict("records")
        ],
        "ratings": [
            {"protocol": protocol} | row
            for protocol, found in results.items()
            for row in rating_table(found).to_dict("records")
        ],
    }


def _print_boards(results: dict[Any, Any]) -> None:
    from recsys.evaluation import leaderboard

    for protocol, found in results.items():
        for (catalogue, k), board in leaderboard(found).groupby(["catalogue", "k"], sort=False):
            print(f"protocol {protocol}, catalogue {catalogue}, lists of {k}")
            names = "ndcg recall mrr coverage diversity novelty fit_seconds".split()
            rows = board.to_dict("records")
            _print_table(
                ("model", *names),
                [(row["model"], *(f"{row[name]:.3f}" for name in names)) for row in rows],
            )
            print()
    _note("More figures, and how sure they are: --json, or a page with --table FILE.")


def _honest_name(dataset: Dataset) -> str:
    """The data set's name, with a word about ratings that are not the published ones."""
    from recsys.sources import ibm

    inferred = any(ibm.NOT_PUBLISHED in repair for repair in dataset.repairs)
    return f"{dataset.name} (inferred ratings)" if inferred else dataset.name


def _tune(given: argparse.Namespace) -> None:
    from recsys.evaluation import GRIDS, tune
    from recsys.evaluation.report import tuning_page
    from recsys.sources import load_dataset
    from recsys.standings import for_evaluation, remembering
    from recsys.store import Store

    kinds = _kinds(GRIDS if given.model == ["all"] else given.model)
    for kind in kinds:
        if kind.key() not in GRIDS:
            raise UsageError(f"{kind.key()} has no grid; there are grids for {', '.join(GRIDS)}.")
    dataset = for_evaluation(load_dataset(given.data))
    tried = {}
    for kind in kinds:
        with _progress(f"Tuning {kind.name}") as progress:
            tried[kind.name] = tune(
                kind,
                dataset,
                k=given.k,
                repeats=given.seeds,
                progress=progress,
                answering=remembering(Store()),
            )
    if given.table:
        _write_page(given.table, tuning_page(tried, _honest_name(dataset), _command(given)))
    elif given.json:
        print(_json({name: table.to_dict("records") for name, table in tried.items()}))
    else:
        for name, table in tried.items():
            print(name)
            shown = [[_shown(value) for value in row] for row in table.to_numpy().tolist()]
            _print_table(tuple(table.columns), shown)
            print()


def _command(given: argparse.Namespace) -> str:
    return f"python -m recsys {shlex.join(given.arguments)}"


def _write_page(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    _note(f"The results are in {file}.")


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _serve(given: argparse.Namespace) -> None:
    from recsys.serve import serve

    token = "" if given.token is None else given.token or secrets.token_urlsafe()
    browser = not given.no_browser
    serve(
        given.host,
        given.port,
        preheat=given.preheat,
        open_browser=browser,
        token=token,
        behind_proxy=given.behind_proxy,
        as_json=given.json,
    )


def _doctor(given: argparse.Namespace) -> None:
    findings = _findings()
    if given.json:
        _print_json(findings)
        return
    for topic, finding in findings.items():
        lines = [finding] if isinstance(finding, str) else [f"{k}: {v}" for k, v in finding.items()]
        print(f"{topic}:", *(f"  {line}" for line in lines or ["none"]), sep="\n")


def _findings() -> dict[str, Any]:
    import platform
    from importlib import metadata

    from recsys.dataset import DataError
    from recsys.sources import available
    from recsys.store import Store

    def version(package: str) -> str:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "not installed"

    packages = "recsys numpy scipy pandas scikit-learn tensorflow tensorflow-cpu plotly ipywidgets"
    try:
        data: dict[str, str] | str = {one.key: str(one.folder) for one in available()}
    except DataError as error:
        data = str(error)
    folder = Store().folder
    files = list(folder.glob("*.model"))
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    return {
        "machine": f"{platform.platform()}, {os.cpu_count()} cores",
        "python": f"{platform.python_version()} at {sys.executable}",
        "packages": {name: version(name) for name in (*packages.split(), "voila", "jupyterlab")},
        "settings": {k: v for k, v in sorted(os.environ.items()) if k.startswith("RECSYS_")},
        "data sets": data,
        "fitted models": f"{len(files)} ({megabytes:.1f} MB) in {folder}",
        "browser for the tests": _browser() or "none found; install chromium or google-chrome",
    }


def _browser() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    mac = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
    return next((found for name in (*names, *mac) if (found := shutil.which(name))), None)


# What the words on the command line mean


def _kind(key: str) -> type[Recommender]:
    from recsys import models

    try:
        return models.find(key.lower())
    except KeyError as error:
        raise UsageError(error.args[0]) from None


def _kinds(keys: Iterable[str] | None) -> list[type[Recommender]]:
    """The models of these keys, each once."""
    return list(dict.fromkeys(_kind(key) for key in keys or ()))


def _model(key: str, settings: Iterable[str]) -> Recommender:
    """The model of a key with hyperparameters as `NAME=VALUE`."""
    from recsys.models import HyperparameterError

    kind = _kind(key)
    known = {one.name: one for one in kind.hyperparameters()}
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            names = ", ".join(f"{one}=…" for one in known) or "none"
            raise UsageError(f"--set {setting}: the hyperparameters of {kind.key()} are {names}.")
        values[name] = _value(known[name], text.strip())
    try:
        return kind(**values)
    except HyperparameterError as error:
        raise UsageError(str(error)) from None


def _as_spelled(ids: Iterable[str], dataset: Dataset) -> list[str]:
    """Ids as the data set spells them, where they differ by small and capital letters only."""
    known = set(dataset.courses["id"])
    spelled = {one.lower(): one for one in known}
    return [one if one in known else spelled.get(one.lower(), one) for one in ids]


def _value(one: Hyperparameter, text: str) -> Any:
    """The value a text stands for; what makes no sense is left for the model to refuse."""
    if one.none and text.lower() in (one.none.lower(), "none"):
        return None
    if one.kind is bool:
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return seconds


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to 65535, not {text!r}")
    return int(text)


# How it is shown


def _described(source: Source) -> dict[str, str]:
    about = ("key", "title", "noun", "description", "folder")
    return {name: str(getattr(source, name)) for name in about}


def _all_models(count: int) -> str:
    number = _WORDS[count] if count < len(_WORDS) else str(count)
    return f"All {number} models are" if count > 1 else "The model is"


def _print_json(value: Any) -> None:
    print(_json(value))


def _json(value: Any) -> str:
    return json.dumps(_without_nan(value), ensure_ascii=False, indent=2)


def _without_nan(value: Any) -> Any:
    """JSON knows no NaN; what does not exist is null."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _print_table(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    table = [[_harmless(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


@contextmanager
def _progress(label: str) -> Iterator[Any]:
    """A `Progress` that rewrites one line of a terminal, and says nothing into a file."""
    shown = sys.stderr.isatty()
    width = shutil.get_terminal_size().columns - 1

    def tell(done: float, message: str, **figures: float) -> None:
        if shown:
            line = f"{label}: {done:.0%} {message}"
            print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _note(text: str) -> None:
    print(_harmless(text), file=sys.stderr, flush=True)


def _harmless(text: str) -> str:
    """The text without characters that would steer a terminal: titles come from anywhere."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)


def _complain(text: str, code: int) -> int:
    _note(text)
    return code


def _is_told_in_words(error: Exception) -> bool:
    """Whether the error's text was written for the person at the terminal."""
    from recsys.dataset import DataError
    from recsys.scale import ClusterError
    from recsys.serve import ServeError
    from recsys.sources import FetchError
    from recsys.store import StoreError

    ours = DataError | FetchError | StoreError | ServeError | ClusterError
    return isinstance(error, ours | OSError)
