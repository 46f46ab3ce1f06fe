"""Writes models.json: small arrays, and what scikit-learn and SciPy fit to them.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn
    venv/bin/python tests/references/make_models.py
"""
import json
import pathlib

import numpy as np
import scipy.stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

rng = np.random.default_rng(20250411)
r = {}


def keep(name, value):
    value = np.round(np.asarray(value, dtype=float), 6)
    r[name] = value.ravel().tolist()
    return value


# Three overlapping clusters of unequal size and shape.
x = keep(
    "rows",
    np.concatenate(
        [
            rng.normal(size=(40, 2)) @ [[1.0, 0.0], [0.6, 0.5]] + [-3, 0],
            rng.normal(size=(25, 2)) * [0.5, 1.2] + [1, 2],
            rng.normal(size=(15, 2)) * 0.8 + [2, -2],
        ]
    ),
)
points = keep("points", rng.normal(size=(10, 2)) * 3)


def mixture(name, data, shape, components=3, tol=1e-3):
    m = GaussianMixture(components, covariance_type=shape, tol=tol, max_iter=2000, reg_covar=1e-6, random_state=0)
    m.fit(data)
    assert m.converged_
    order = np.argsort(m.means_[:, 0])
    covariances = {
        "full": lambda: m.covariances_,
        "diag": lambda: np.array([np.diag(v) for v in m.covariances_]),
        "spherical": lambda: np.array([v * np.eye(2) for v in m.covariances_]),
    }[shape]()
    r[name] = {
        "weights": m.weights_[order].tolist(),
        "means": m.means_[order].ravel().tolist(),
        "covariances": covariances[order].ravel().tolist(),
        "log_likelihood": m.score_samples(points).tolist(),
    }


mixture("mixture_full", x, "full")
mixture("mixture_diagonal", x, "diag")
mixture("mixture_spherical", x, "spherical")
# Rows of the first cluster twice: what a weight of two must give.
# The start of k-means may differ, so EM runs to its fixed point.
mixture("mixture_weighted", np.concatenate([x, x[:40]]), "full", tol=1e-14)

# Kernel densities: scikit-learn's rules ignore the data's spread, SciPy's multiply it in.
for name, h in [("number", 0.7), ("scott", "scott"), ("silverman", "silverman")]:
    kde = KernelDensity(bandwidth=h, kernel="gaussian", rtol=1e-12).fit(x)
    r[f"kde_{name}"] = {"bandwidth": float(kde.bandwidth_), "log_likelihood": kde.score_samples(points).tolist()}
weights = keep("weights", rng.uniform(0.2, 3.0, size=len(x)))
weighted = scipy.stats.gaussian_kde(x.T, weights=weights)
r["kde_weighted"] = {"scott": float(weighted.scotts_factor()), "silverman": float(weighted.silverman_factor())}
kde = KernelDensity(bandwidth=0.7, kernel="gaussian", rtol=1e-12).fit(x, sample_weight=weights)
r["kde_weighted"]["log_likelihood"] = kde.score_samples(points).tolist()

# Conditionals of a table: a numeric column, a column of three levels, two parents (one of them coded).
n = 120
z = keep("table_z", rng.normal(size=n))
g = keep("table_g", rng.integers(0, 2, size=n))
y = keep("table_y", 0.5 + 1.5 * z - 0.8 * g + rng.normal(size=n) * 0.4)
scores = np.stack([0.2 * z, 0.8 * g - 0.3 * z, 0.5 + 0.9 * z - 0.4 * g], axis=1)
c = keep("table_c", (scores + rng.gumbel(size=scores.shape)).argmax(1))
parents = np.stack([z, g], axis=1)
ols = LinearRegression().fit(parents, y)
residual = y - ols.predict(parents)
r["table_linear"] = {
    "fitted": ols.predict(parents[:10]).tolist(),
    "variance": float((residual**2).mean()),
}
# As the family sees them: numbers standardised, an indicator for every level. C is 1 / ridge; the
# intercept is not penalised.
inputs = np.stack([(z - z.mean()) / z.std(), g == 0, g == 1], axis=1).astype(float)
logistic = LogisticRegression(C=2.0, tol=1e-10, max_iter=10_000).fit(inputs, c.astype(int))
r["table_logistic"] = {"probabilities": logistic.predict_proba(inputs[:10]).ravel().tolist()}
pathlib.Path(__file__).with_name("models.json").write_text(json.dumps(r, indent=1) + "\n")
