"""Fitted models on disk: the folder of models (`store`) and the format of one file (`format`)."""

from recsys.storage.format import StoreError, load, save
from recsys.storage.store import Store

__all__ = ["Store", "StoreError", "load", "save"]
