"""Fitted models on disk: which there are (`store`), and how one lies in a file (`format`)."""

from recsys.storage.format import StoreError, load, save
from recsys.storage.store import Store

__all__ = ["Store", "StoreError", "load", "save"]
