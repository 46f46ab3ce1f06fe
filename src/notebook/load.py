from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def critical(n):
    """97.5 % point of Student's t for the mean of n values.

    Exact to 3 decimals up to 5 values, then the expansion of Abramowitz & Stegun 26.7.5
    (within 0.1 %).
    """
    n = np.asarray(n, dtype=float)
    v, z = np.maximum(n - 1, 1), 1.959964
    t = (z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
         + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3))
    for few, exact in {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}.items():
        t = np.where(v == few, exact, t)
    return t


# Metric and setting names may look like missing values ("none"), so only empty means missing.
rows = pd.read_csv(CSV, keep_default_na=False, na_values=[""], low_memory=False)
# A value may be missing: the column `why` has the reason. "inf" and "-inf" are values.
rows["value"] = pd.to_numeric(rows["value"])
if not METRICS:
    METRICS = sorted(m for m in rows["metric"].unique() if m != "realised-human-fraction")
METRICS = [m for m in METRICS if (rows["metric"] == m).any()]
# Controls: the human rows of a mix alone, fitted for one generation.
ALONE = "loop.human_alone"
rows["control"] = rows[ALONE].astype(str).str.lower() == "true" if ALONE in rows.columns else False
# Columns that tell settings apart; one that has a single value says nothing.
SETTING = [c for c in dict.fromkeys(["data", "model", "regime", *SWEPT])
           if c in rows.columns and c not in ["human_fraction", ALONE] and rows[c].nunique(dropna=False) > 1]
# A swept column may repeat another one (`loop.regime` and `regime`).
SETTING = [c for i, c in enumerate(SETTING) if not any(rows[c].equals(rows[d]) for d in SETTING[:i])]
# A population has several members: a lineage's value is their mean.
KEYS = [*SETTING, "control", "human_fraction", "seed", "generation", "subject", "metric"]
rows = rows.groupby(KEYS, dropna=False, as_index=False).agg(
    value=("value", "mean"), why=("why", "first"), numbers=("value", "count"), members=("value", "size"))
# The mean of the members that survive is not the population's.
rows.loc[rows["numbers"] < rows["members"], "value"] = np.nan


def values_of(metric, control=False):
    """The rows of one metric and one subject, without the human baseline: of the mixes, or of their controls."""
    found = rows[(rows["metric"] == metric) & (rows["subject"] != "human") & (rows["control"] == control)]
    order = [SUBJECT] if SUBJECT else ["model", "synthetic", "training"]
    for subject in order:
        if (found["subject"] == subject).any():
            return found[found["subject"] == subject]
    return found.iloc[0:0]


def without_value(metric):
    """How many seeds of the last generation have no finite value, and why, for every setting."""
    part = pd.concat([values_of(metric), values_of(metric, control=True)])
    last = part[part["generation"] == part.groupby("control")["generation"].transform("max")]
    lost = last[~np.isfinite(last["value"])]
    why = lost["why"].where(lost["why"].notna(), "infinite")
    by = [c for c in ["metric", *SETTING, "control", "human_fraction"] if c in lost.columns]
    return lost.assign(why=why).groupby([*by, "why"], dropna=False)["seed"].nunique().rename("seeds").reset_index()


def settings_of(part):
    """Name and rows of every setting beside the human fraction."""
    if not SETTING:
        return [("", part)]
    return [(", ".join(f"{v}" for v in key), some)
            for key, some in part.groupby(SETTING, dropna=False)]


def name_of(fraction):
    return "own" if pd.isna(fraction) else f"{fraction:g}"


rows.head()
