from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

try:
    from scipy.stats import t as student
except ImportError:
    student = None


def critical(n):
    """97.5 % point for the mean of n values; the normal one where scipy is missing."""
    n = np.asarray(n, dtype=float)
    if student is None:
        return np.full(n.shape, 1.96)
    return student.ppf(0.975, np.maximum(n - 1, 1))


# Metric and setting names may look like missing values ("none"), so only empty means missing.
rows = pd.read_csv(CSV, keep_default_na=False, na_values=[""], low_memory=False)
if not METRICS:
    METRICS = sorted(m for m in rows["metric"].unique() if m != "realised-human-fraction")
# Columns that tell settings apart; one that has a single value says nothing.
SETTING = [c for c in dict.fromkeys(["data", "model", "regime", *SWEPT])
           if c in rows.columns and c != "human_fraction" and rows[c].nunique(dropna=False) > 1]
# A population has several members: a lineage's value is their mean.
KEYS = [*SETTING, "human_fraction", "seed", "generation", "subject", "metric"]
rows = rows.groupby(KEYS, dropna=False, as_index=False)["value"].mean()


def values_of(metric):
    """The rows of one metric and one subject, without the human baseline."""
    found = rows[(rows["metric"] == metric) & (rows["subject"] != "human")]
    order = [SUBJECT] if SUBJECT else ["model", "synthetic", "training"]
    for subject in order:
        if (found["subject"] == subject).any():
            return found[found["subject"] == subject]
    return found.iloc[0:0]


def settings_of(part):
    """Name and rows of every setting beside the human fraction."""
    if not SETTING:
        return [("", part)]
    return [(", ".join(f"{v}" for v in key), some)
            for key, some in part.groupby(SETTING, dropna=False)]


def name_of(fraction):
    return "own" if pd.isna(fraction) else f"{fraction:g}"


rows.head()
