"""What scikit-learn and numpy make of small regressions; writes regression.json beside this file.

    python tests/references/regression.py

Versions are printed. The Rust tests of the regressions and of `calibration-error` read the file.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge

print("numpy", np.__version__, "scikit-learn", sklearn.__version__)
rng = np.random.default_rng(5)
r = {}

# 40 rows of three inputs, rounded so that the file holds them exactly.
n = 40
x = np.round(rng.normal(size=(n, 3)), 4)
w = np.array([0.8, -0.5, 0.3])
weights = np.round(rng.uniform(0.5, 2.0, size=n), 3)
y = np.round(x @ w + 0.7 + rng.normal(size=n), 4)
c = (rng.uniform(size=n) < 1 / (1 + np.exp(-(x @ w + 0.2)))).astype(float)
k = rng.poisson(np.exp(x @ w + 0.3)).astype(float)
r["x"], r["weights"] = x.ravel().tolist(), weights.tolist()
r["number"], r["class"], r["count"] = y.tolist(), c.tolist(), k.tolist()


def fitted(model, labels, sample_weight):
    model.fit(x, labels, sample_weight=sample_weight)
    return [*np.ravel(model.coef_).tolist(), float(np.ravel(model.intercept_)[0])]


# Weights are scaled to mean 1, as the loop does; penalties are per row.
u = weights / weights.mean()
r["least_squares"] = fitted(LinearRegression(), y, u)
r["ridge_0.2"] = fitted(Ridge(alpha=0.2 * n, tol=1e-14), y, u)
tight = dict(tol=1e-12, max_iter=10_000)
r["logistic"] = fitted(LogisticRegression(C=np.inf, solver="newton-cholesky", **tight), c, u)
r["logistic_0.05"] = fitted(LogisticRegression(C=1 / (0.05 * n), solver="newton-cholesky", **tight), c, u)
r["poisson"] = fitted(PoissonRegressor(alpha=0.0, solver="newton-cholesky", **tight), k, u)
r["poisson_0.05"] = fitted(PoissonRegressor(alpha=0.05, solver="newton-cholesky", **tight), k, u)
residuals = y - LinearRegression().fit(x, y).predict(x)
r["noise_variance"] = float((residuals**2).sum() / (n - 4))

# Calibration: log odds and labels of 200 rows whose probabilities are too bold.
s = np.round(rng.normal(scale=2.0, size=200), 4)
t = (rng.uniform(size=200) < 1 / (1 + np.exp(-0.5 * s))).astype(float)
p = 1 / (1 + np.exp(-s))
r["calibration_log_odds"], r["calibration_labels"] = s.tolist(), t.tolist()
for bins in (5, 10):
    true, predicted = calibration_curve(t, p, n_bins=bins, strategy="uniform")
    ids = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    sizes = np.bincount(ids, minlength=bins)
    r[f"calibration_error_{bins}"] = float((sizes[sizes > 0] * np.abs(true - predicted)).sum() / len(p))

# Least squares of minimum norm: fewer rows than inputs, and as many of which some are repeated.
few = np.round(rng.normal(size=(4, 6)), 3)
for name, rows in {"few": few, "repeated": np.vstack([few, few[:2]])}.items():
    labels = np.round(rng.normal(size=len(rows)), 3)
    r[f"{name}_rows"], r[f"{name}_labels"] = rows.ravel().tolist(), labels.tolist()
    r[f"{name}_minimum_norm"] = (np.linalg.pinv(rows) @ labels).tolist()

pathlib.Path(__file__).with_name("regression.json").write_text(json.dumps(r, indent=1) + "\n")
