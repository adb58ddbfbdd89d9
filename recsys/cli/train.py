"""`recsys train`: fit models and store them."""

from __future__ import annotations

import argparse
import logging
import time
from typing import TYPE_CHECKING, Any

from recsys.cli.arguments import PROBLEM, Commands, add_json, add_scheduler, command, model_classes
from recsys.cli.terminal import note, print_json, shown_progress

if TYPE_CHECKING:
    from recsys.dataset import TrainingSet
    from recsys.models import Recommender
    from recsys.storage import Store

_WORDS = "no one two three four five six seven eight nine ten".split()


def add(commands: Commands) -> None:
    """Add the command `train`."""
    train = command(commands, _train, "train", "Fit models and store them for the dashboard.")
    train.add_argument(
        "--data",
        nargs="+",
        metavar="SET",
        help="data sets or folders (default: bundled, and ibm if it is present)",
    )
    which = train.add_mutually_exclusive_group()
    which.add_argument("--model", nargs="+", metavar="MODEL", help="only these models, such as knn")
    which.add_argument("--all", action="store_true", help="every model (the default)")
    train.add_argument("--force", action="store_true", help="fit again what is already stored")
    add_scheduler(train)
    add_json(train)


def _train(given: argparse.Namespace) -> int:
    from recsys import models
    from recsys.dataset import DataError
    from recsys.scale import for_fitting
    from recsys.sources import available, load_training_set
    from recsys.storage import Store

    wanted = [kind() for kind in model_classes(given.model) or models.registry()]
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
            note(f"Left out: {error}")  # only a default: the others are still useful
            continue
        with for_fitting(dataset, scheduler=given.scheduler) as at_hand:
            for model in wanted:
                ready = _train_one(model, at_hand, store, given.force)
                outcomes.append({"data": dataset.name, "model": model.key(), "ready": ready})
    done = bool(outcomes) and all(one["ready"] for one in outcomes)
    if given.json:
        print_json(outcomes)
    elif done:
        names = dict.fromkeys(one["data"] for one in outcomes)
        print(f"{_all_models(len(wanted))} ready on {' and '.join(names)}.")
    return 0 if done else PROBLEM


def _train_one(model: Recommender, dataset: TrainingSet, store: Store, force: bool) -> bool:
    from recsys.jobs import warm
    from recsys.jobs.queue import JobQueue

    if not force and store.get(model, dataset) is not None:
        return True
    if not model.instant:
        warm.import_libraries()  # the page fits live what is remembered to be fast
    label = f"{dataset.name}: {model.name}"
    queue = JobQueue(store)
    started = time.monotonic()
    try:
        with shown_progress(label) as progress:
            if force:
                with queue.slot(progress):
                    model.fit(dataset, progress)
                store.put(model, dataset)
            else:
                store.fitted(model, dataset, progress, queue.slot)
        if store.get(model, dataset) is None:
            note(f"{label} is fitted but not stored: {store.folder} cannot be written.")
            return False
    except Exception as error:  # an error in one model must not stop the others
        logging.debug("Fitting failed", exc_info=True)
        note(f"{label} could not be fitted: {type(error).__name__}: {error}")
        return False
    note(f"{label} fitted in {time.monotonic() - started:.1f} s")
    return True


def _all_models(count: int) -> str:
    if count == 1:
        return "The model is"
    if count == 2:
        return "Both models are"
    number = _WORDS[count] if count < len(_WORDS) else str(count)
    return f"All {number} models are"
