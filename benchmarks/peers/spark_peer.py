"""Spark MLlib, on as many cores as this machine has, from the same Parquet files as ours.

    spark_peer.py FOLDER answer.npz --model ALS --params '{"rank": 16}'

Other than the other peers it reads the ratings itself, from a folder of partitions, since reading
them is part of what it is good at; `seconds` are those from the files to the fitted model, Spark
being up. What it has learned goes into the answer: item factors, centres, shares of variance, or
similarities. It is judged by `at_scale.py`, which alone knows what was held out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import PCA, Normalizer, StandardScaler, VectorAssembler
from pyspark.ml.recommendation import ALS
from pyspark.mllib.linalg.distributed import CoordinateMatrix, MatrixEntry
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

ABOUT = ("id", "title", "description")  # of a course; its other columns are topics


def als(folder: Path, spark: SparkSession, **params: float) -> dict[str, np.ndarray]:
    """Implicit feedback, factors that are not negative unless `params` say so."""
    columns = {"userCol": "user", "itemCol": "item", "ratingCol": "rating"}
    settings = {"implicitPrefs": True, "nonnegative": True, "seed": 0, **columns, **params}
    fitted = ALS(**settings).fit(likes(folder, spark))
    items, factors = zip(*sorted(map(tuple, fitted.itemFactors.collect())), strict=True)
    return {"items": np.array(items), "factors": np.array(factors)}


def k_means(folder: Path, spark: SparkSession, **params: float) -> dict[str, np.ndarray]:
    """Profiles of length 1, a user counting as the courses beyond the first."""
    points = Normalizer(inputCol="profile", outputCol="point").transform(profiles(folder, spark))
    points = points.filter("n > 1").cache()
    fitted = KMeans(featuresCol="point", weightCol="counts", seed=0, **params).fit(points)
    return {"centres": np.array(fitted.clusterCenters())}


def pca(folder: Path, spark: SparkSession) -> dict[str, np.ndarray]:
    """Standardised profiles; the share of variance of every component."""
    table = profiles(folder, spark).cache()
    scaler = StandardScaler(inputCol="profile", outputCol="point", withMean=True, withStd=True)
    points = scaler.fit(table).transform(table)
    fitted = PCA(k=len(topics(folder, spark)), inputCol="point", outputCol="on").fit(points)
    return {"ratio": fitted.explainedVariance.toArray()}


def similarities(folder: Path, spark: SparkSession) -> dict[str, np.ndarray]:
    """Cosines of the courses' columns of ratings, all of them and exactly."""
    entries = likes(folder, spark).rdd.map(lambda one: MatrixEntry(one[0], one[1], one[2]))
    found = CoordinateMatrix(entries).toIndexedRowMatrix().columnSimilarities().entries
    table = np.array(found.map(lambda one: (one.i, one.j, one.value)).collect())
    return {"i": table[:, 0].astype(int), "j": table[:, 1].astype(int), "cosine": table[:, 2]}


def likes(folder: Path, spark: SparkSession) -> DataFrame:
    """The columns user, item and rating; a user's number fits 32 bits, as ALS wants it."""
    table = spark.read.parquet(str(folder / "ratings"))
    return table.select(table.user.cast("int"), table.item.cast("int"), table.rating.cast("float"))


def topics(folder: Path, spark: SparkSession) -> list[str]:
    table = spark.read.parquet(str(folder / "courses.parquet"))
    return [one for one in table.columns if one not in ABOUT]


def profiles(folder: Path, spark: SparkSession) -> DataFrame:
    """The columns user, profile, n and counts, a row for each user."""
    names = topics(folder, spark)
    courses = spark.read.parquet(str(folder / "courses.parquet")).select(*map(quoted, names))
    # A course's place in the catalogue is not in its file, which is small.
    rows = [(place, *map(int, row)) for place, row in enumerate(courses.collect())]
    short = [f"t{i}" for i in range(len(names))]
    places = sql.broadcast(spark.createDataFrame(rows, ["item", *short]))
    sums = [sql.sum(sql.col(one) * sql.col("rating")).alias(one) for one in short]
    by_user = likes(folder, spark).join(places, "item").groupBy("user")
    table = by_user.agg(*sums, sql.count("*").alias("n"))
    table = table.withColumn("counts", (sql.col("n") - 1).cast("double"))
    return VectorAssembler(inputCols=short, outputCol="profile").transform(table)


def quoted(name: str) -> str:
    return f"`{name}`"


def main() -> None:
    models = {"ALS": als, "k-means": k_means, "PCA": pca, "similarities": similarities}
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--model", required=True, choices=models)
    parser.add_argument("--params", type=json.loads, default={})
    given = parser.parse_args()
    os.environ["PYSPARK_PYTHON"] = sys.executable  # else its workers take any Python in the PATH
    # On its own, a machine whose name cannot be looked up is no machine to Spark.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", "6g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    spark.range(1).count()  # up
    start = time.perf_counter()
    found = models[given.model](given.folder, spark, **given.params)
    seconds = time.perf_counter() - start
    np.savez(given.answer, seconds=seconds, version=version("pyspark"), **found)
    spark.stop()


if __name__ == "__main__":
    main()
