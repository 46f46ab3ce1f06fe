"""Writes tables.json: two small tables, and what SDMetrics says of them.

    python -m venv venv && venv/bin/pip install sdmetrics
    venv/bin/python tests/references/tables.py
"""
import itertools
import json
import pathlib

import numpy as np
import pandas as pd
from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
from sdmetrics.single_column import CategoryCoverage, KSComplement, TVComplement

rng = np.random.default_rng(20261201)


def table(n, slope, probabilities, shift):
    age = np.round(rng.normal(40 + shift, 12, n), 2)
    income = np.round(slope * age + rng.normal(0, 20, n), 2)
    city = rng.choice(len(probabilities), n, p=probabilities)
    plan = (city + rng.integers(0, 2, n)) % 3
    return pd.DataFrame({"age": age, "income": income, "city": city, "plan": plan})


real = table(120, 2.0, [0.4, 0.3, 0.15, 0.1, 0.05], 0)
synthetic = table(90, 0.5, [0.7, 0.3, 0.0, 0.0, 0.0], 6)
# A level that no human row has.
synthetic.loc[:3, "city"] = 6
numbers, categories = ["age", "income"], ["city", "plan"]

shape = {c: KSComplement.compute(real[c], synthetic[c]) for c in numbers}
shape |= {c: TVComplement.compute(real[c], synthetic[c]) for c in categories}
correlation, contingency = [], []
for a, b in itertools.combinations(real.columns, 2):
    pair = [a, b]
    if a in numbers and b in numbers:
        correlation.append(CorrelationSimilarity.compute(real[pair], synthetic[pair]))
    else:
        binned = [c for c in pair if c in numbers]
        score = ContingencySimilarity.compute(
            real[pair].copy(), synthetic[pair].copy(), continuous_column_names=binned or None
        )
        contingency.append(score)

found = {
    "real": {c: real[c].tolist() for c in real},
    "synthetic": {c: synthetic[c].tolist() for c in synthetic},
    "columns": [float(shape[c]) for c in real],
    "KSComplement": float(np.mean([shape[c] for c in numbers])),
    "TVComplement": float(np.mean([shape[c] for c in categories])),
    "CategoryCoverage": float(np.mean([CategoryCoverage.compute(real[c], synthetic[c]) for c in categories])),
    "CorrelationSimilarity": float(np.mean(correlation)),
    "ContingencySimilarity": float(np.mean(contingency)),
    "Column Shapes": float(np.mean(list(shape.values()))),
    "Column Pair Trends": float(np.mean(correlation + contingency)),
}
pathlib.Path(__file__).with_name("tables.json").write_text(json.dumps(found) + "\n")
