"""Reference values of the downstream learners from scikit-learn.

python tests/references/tasks.py  writes tests/references/tasks.json (scikit-learn 1.9.1).
"""

import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score

x = np.array(
    [0.5, 1.2, -0.3, 0.8, 1.5, -1.1, 0.2, 0.1, -0.7, -0.4, 2.0, 1.1, 1.3, -0.6, -1.8, 0.9, 0.0, -2.0, 0.7,
     0.6, -1.2, 1.9, -0.9, 0.3]
).reshape(-1, 2)
w = np.array([1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.0, 1.0, 0.25, 1.0, 1.0, 1.0])


def fit(x, y, c, weights=None):
    return LogisticRegression(C=c, tol=1e-12, max_iter=100_000).fit(x, y, sample_weight=weights)


two = fit(x, [0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1], 1.5, w)
three = fit(x, [0, 1, 2, 0, 0, 1, 1, 2, 1, 0, 2, 2], 0.7)

train = [
    "the food was good and the staff was kind", "a very good place , good food", "bad food and bad service",
    "i will not come back , bad place", "the staff was rude and the food was cold", "kind staff , warm food",
    "never again", "we loved the place and the food", "the service was slow and bad", "good service",
]
y = [1, 1, 0, 0, 0, 1, 0, 1, 0, 1]
weights = np.array([1, 1, 2, 1, 1, 0.5, 1, 1, 1, 3.0])
test = ["good staff and warm place", "the food was bad and slow", "we will come again", "rude and cold", "zebra"]
truth = [1, 0, 1, 0, 1]
tfidf = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", lowercase=False)
features = tfidf.fit_transform(train)
model = fit(features, y, 2.0, weights)
p = model.predict_proba(tfidf.transform(test))
predicted = p.argmax(1)

out = {
    "logistic": {
        "x": x.ravel().tolist(),
        "two": {"coefficients": two.coef_.ravel().tolist(), "intercepts": two.intercept_.tolist()},
        "three": three.predict_proba([[0.4, -0.2]])[0].tolist(),
    },
    "text": {
        "train": train, "labels": y, "weights": weights.tolist(), "test": test, "truth": truth,
        "positive": p[:, 1].tolist(),
        "accuracy": accuracy_score(truth, predicted),
        "macro_f1": f1_score(truth, predicted, average="macro"),
        "brier": brier_score_loss(truth, p[:, 1]),
        "features": len(tfidf.vocabulary_),
    },
    "scores": {
        # A class that is only predicted, and one that is only there.
        "truth": [0, 0, 1, 1, 1, 3], "predicted": [0, 2, 1, 1, 0, 0],
        "macro_f1": f1_score([0, 0, 1, 1, 1, 3], [0, 2, 1, 1, 0, 0], average="macro", zero_division=0.0),
    },
}
path = Path(__file__).with_name("tasks.json")
path.write_text(json.dumps(out, indent=1) + "\n")
