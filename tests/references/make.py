"""Writes metrics.json: small arrays, and what other packages say of them.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn prdc vendi-score POT dcor nltk mauve-text
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
import sys
import types

import dcor
import numpy as np
import ot
import scipy.linalg
import scipy.special
import scipy.stats
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from prdc import compute_prdc
from sklearn.metrics import auc
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

sys.modules.setdefault("faiss", types.ModuleType("faiss"))  # mauve imports it for k-means, which is not used here
from mauve.compute_mauve import get_divergence_curve_for_multinomials  # noqa: E402

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
standard = lambda a: (a - x.mean(axis=0)) / np.sqrt(x.var(axis=0).mean())
r["mmd_cubic"] = mmd(lambda a, b: polynomial_kernel(a, b, degree=3, gamma=None, coef0=1), standard(x), standard(y))
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
short_lines = ["the cat", "cat", "the dog and the cat sat", "a dog sat on the mat today"]
r["short_lines"] = short_lines
short = [line.split() for line in short_lines]
r["self_bleu_short"] = float(
    np.mean(
        [
            sentence_bleu(short[:i] + short[i + 1 :], short[i], smoothing_function=smooth)
            for i in range(len(short))
        ]
    )
)
r["hapax_share"] = sum(1 for c in counts.values() if c == 1) / len(counts)


def mtld_factors(words, threshold=0.72):
    factors, start = 0.0, 0
    for end in range(1, len(words) + 1):
        if len(set(words[start:end])) / (end - start) <= threshold:
            factors, start = factors + 1, end
    rest = words[start:]
    return factors + ((1 - len(set(rest)) / len(rest)) / (1 - threshold) if rest else 0)


r["mtld"] = (len(every) / mtld_factors(every) + len(every) / mtld_factors(every[::-1])) / 2


# Guo et al.'s lexical diversity, its random pools replaced by their expectation
def lexical_diversity(pool):
    grams = [
        collections.Counter(tuple(w[i : i + k]) for w in words for i in range(len(w) - k + 1)) for k in (1, 2, 3)
    ]
    pool = min(pool, sum(grams[2].values()))
    return float(
        np.mean(
            [
                sum(1 - scipy.stats.hypergeom(sum(g.values()), c, pool).pmf(0) for c in g.values()) / pool
                for g in grams
            ]
        )
    )


r["lexical_diversity_10"], r["lexical_diversity"] = lexical_diversity(10), lexical_diversity(10_000)

# Hill numbers of q
r["hill"] = [
    float((q**order).sum() ** (1 / (1 - order))) if order not in (1, np.inf)
    else float(np.exp(scipy.stats.entropy(q))) if order == 1 else float(1 / q.max())
    for order in (0, 0.5, 1, 2, 3.5, np.inf)
]
r["quantiles"] = [float(np.quantile(u, a)) for a in (0.5, 0.05, 0.25, 0.75, 0.95)]


# MAUVE: the area under the divergence frontier of two histograms
def mauve(p, q, scale):
    weights = np.linspace(1e-6, 1 - 1e-6, 25)
    a, b = get_divergence_curve_for_multinomials(p, q, weights, scale).T
    return float((auc(np.sort(a), np.sort(b)[::-1]) + auc(np.sort(b), np.sort(a)[::-1])) / 2)


r["mauve"] = [mauve(p, q, 5), mauve(p, q, 1), mauve(p, np.array([0, 0.5, 0.5, 0, 0]), 5)]

# classifier two-sample test: leave-one-out accuracy of k nearest neighbours, equal sizes
rows = min(len(x), len(y))
pooled, side = np.concatenate([x[:rows], y[:rows]]), np.repeat([0, 1], rows)
r["classifier_two_sample"] = [
    float(cross_val_score(KNeighborsClassifier(k), pooled, side, cv=LeaveOneOut()).mean()) for k in (1, 5)
]

pathlib.Path(__file__).with_name("metrics.json").write_text(json.dumps(r, indent=1) + "\n")
