"""Writes metrics.json: small arrays, and what other packages say of them.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn prdc vendi-score POT dcor nltk
    venv/bin/python tests/references/make.py

Every expected value comes from a package other than ours, or from the definition written out here
in the slowest way. x, wide_x, u and p are the human side, y, wide_y, v and q the model's.
"""
import collections
import contextlib
import gzip
import io
import itertools
import json
import math
import pathlib

import dcor
import numpy as np
import ot
import scipy.linalg
import scipy.special
import scipy.stats
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from prdc import compute_prdc
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.neighbors import NearestNeighbors

rng = np.random.default_rng(20240724)
r = {}


def keep(name, value):
    value = np.round(np.asarray(value, dtype=float), 6)
    r[name] = value.ravel().tolist()
    return value


x = keep("x", rng.normal(size=(40, 3)))
y = keep("y", rng.normal(size=(35, 3)) * 0.8 + 0.4)
wide_x = keep("wide_x", rng.normal(size=(60, 20)))
wide_y = keep("wide_y", rng.normal(size=(60, 20)) * 0.9 + 0.1)
u = keep("u", rng.normal(size=50))
v = keep("v", rng.normal(size=30) * 1.3 + 0.5)

# Frechet distance
m1, m2, s1, s2 = y.mean(0), x.mean(0), np.cov(y.T), np.cov(x.T)
r["wasserstein2"] = float(((m1 - m2) ** 2).sum() + np.trace(s1 + s2 - 2 * scipy.linalg.sqrtm(s1 @ s2).real))

# precision, recall, density, coverage
for name, a, b in [("prdc", x, y), ("prdc_wide", wide_x, wide_y)]:
    with contextlib.redirect_stdout(io.StringIO()):
        m = compute_prdc(a, b, nearest_k=5)
    r[name] = [float(m[k]) for k in ("precision", "recall", "density", "coverage")]


# Vendi score. vendi_score.score_X ignores q, so q is applied to its kernel by score_K; importing
# the package needs an older scipy, so the two lines of its score_K are repeated here.
def vendi(kernel, q):
    w = scipy.linalg.eigvalsh(kernel / len(kernel))
    w = w[w > 1e-12]
    if q == 1:
        return float(np.exp(-(w * np.log(w)).sum()))
    if q == "inf":
        return float(1 / w.max())
    return float(np.exp(np.log((w**q).sum()) / (1 - q)))


unit = y / np.linalg.norm(y, axis=1, keepdims=True)
r["vendi_cosine"] = [vendi(unit @ unit.T, q) for q in (1, 2, 0.5, "inf")]
r["vendi_rbf"] = vendi(rbf_kernel(y, gamma=1 / (2 * 0.7**2)), 1)

# one-dimensional distances
r["w1"] = float(scipy.stats.wasserstein_distance(u, v))
n, m = len(u), len(v)
r["cramer_von_mises"] = float(scipy.stats.cramervonmises_2samp(u, v).statistic * (n + m) / (n * m))
r["cramer_von_mises"] = float(
    np.mean([(np.mean(u <= t) - np.mean(v <= t)) ** 2 for t in np.concatenate([u, v])])
)

# energy distance (V statistic), MMD
r["energy_distance"] = float(dcor.energy_distance(x, y))


def mmd(kernel, a, b):
    kaa, kbb, kab = kernel(a, a), kernel(b, b), kernel(a, b)
    off = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
    return float(off(kaa) + off(kbb) - 2 * kab.mean())


r["mmd_rbf"] = mmd(lambda a, b: rbf_kernel(a, b, gamma=1 / (2 * 0.9**2)), x, y)
r["mmd_cubic"] = mmd(lambda a, b: polynomial_kernel(a, b, degree=3, gamma=None, coef0=1), x, y)
directions = ot.sliced.get_random_projections(3, 8, seed=1)
r["directions"] = directions.T.ravel().tolist()
r["sliced"] = float(ot.sliced_wasserstein_distance(x, y, projections=directions, p=2))
r["pairwise_distance"] = float(scipy.spatial.distance.pdist(y).mean())

# Kozachenko-Leonenko entropy, k = 5
d = NearestNeighbors(n_neighbors=6).fit(y).kneighbors(y)[0][:, 5]
ball = 1.5 * math.log(math.pi) - scipy.special.gammaln(2.5) + 0
ball = 3 / 2 * math.log(math.pi) - scipy.special.gammaln(3 / 2 + 1)
r["knn_entropy"] = float(
    scipy.special.digamma(len(y)) - scipy.special.digamma(5) + ball + 3 * np.log(d).mean()
)

# discrete divergences of q from p
p = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
q = np.array([0.5, 0.2, 0.2, 0.06, 0.04])
r["p"], r["q"] = p.tolist(), q.tolist()
r["kl"] = float(scipy.stats.entropy(p, q))
r["reverse_kl"] = float(scipy.stats.entropy(q, p))
r["js"] = float(scipy.spatial.distance.jensenshannon(p, q) ** 2)
r["tv"] = float(np.abs(p - q).sum() / 2)
r["hellinger"] = float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2))
r["fisher_rao"] = float(math.acos(np.sqrt(p * q).sum()))
r["chi_squared"] = float(scipy.stats.chisquare(q, p).statistic)
r["entropy"] = float(scipy.stats.entropy(q))

# words
lines = [
    "the cat sat on the mat and the cat slept",
    "a dog sat on the log and the dog slept on the log",
    "the cat and the dog sat on the mat",
    "no cat no dog no mat only the log",
]
r["lines"] = lines
words = [line.split() for line in lines]
every = list(itertools.chain(*words))
counts = collections.Counter(every)
for k in range(1, 5):
    grams = [tuple(w[i : i + k]) for w in words for i in range(len(w) - k + 1)]
    r[f"distinct_{k}"] = len(set(grams)) / len(grams)
    r[f"rep_{k}"] = float(
        np.mean([1 - len(set(g)) / len(g) for g in ([tuple(w[i : i + k]) for i in range(len(w) - k + 1)] for w in words)])
    )
f = np.array(sorted(counts.values(), reverse=True), dtype=float)
r["zipf_slope"] = float(scipy.stats.linregress(np.log(np.arange(1, len(f) + 1)), np.log(f)).slope)
r["word_entropy"] = float(scipy.stats.entropy(f))
total = f.sum()
r["yule_k"] = float(1e4 * ((f**2).sum() - total) / total**2)
r["mattr_10"] = float(np.mean([len(set(every[i : i + 10])) / 10 for i in range(len(every) - 9)]))
smooth = SmoothingFunction().method1
r["self_bleu"] = float(
    np.mean(
        [
            sentence_bleu(words[:i] + words[i + 1 :], words[i], smoothing_function=smooth)
            for i in range(len(words))
        ]
    )
)
pathlib.Path(__file__).with_name("metrics.json").write_text(json.dumps(r, indent=1) + "\n")
