"""A data set whose every text tries to be more than text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from stage import write_folder

from recsys.dataset import Dataset

ATTACKS = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=2">',
    "'><svg/onload=window.hacked=3>",
    "<a href='javascript:window.hacked=4'>click</a>",
    "</style><style>body{display:none}</style>",
    "<b>bold</b> &lt;i&gt; <br> <sup>up</sup>",
    "{{ 7 * 7 }} ${7*7} %(x)s </textarea>",
    "`};window.hacked=5;//",
    "]]><!--",
    "$\\href{javascript:window.hacked=6}{x}$",
)
FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1")


def hostile(folder: Path) -> Path:
    """The data set in a folder: ids, titles, descriptions and topics are all attacks."""
    topics = {f"T{i} {text}": [int((row + i) % 3 == 0) for row in range(10)] for i, text in
              enumerate(ATTACKS[:4])}  # fmt: skip
    courses = pd.DataFrame(
        {
            "id": [f"C{i}{text}" for i, text in enumerate(ATTACKS)],
            "title": [f"{text} course {i}" for i, text in enumerate(reversed(ATTACKS))],
            "description": [f"about {text}" for text in ATTACKS],
            **topics,
        }
    )
    ratings = pd.DataFrame(
        [(user, courses["id"][(user * 3 + i) % 10], 3.0) for user in range(12) for i in range(4)],
        columns=["user", "item", "rating"],
    )
    return write_folder(Dataset.from_tables("Hostile", courses, ratings), folder)
