"""The loops of benches/papers.rs as their authors' own Python runs them: the other side of the comparison.

    mkdir authors && cd authors
    git clone https://github.com/berserank/rate-of-model-collapse
    git -C rate-of-model-collapse checkout a172c4d50ec32f0c54bf8a8fa8bd7fc8774720f4
    git clone https://github.com/RylanSchaeffer/KoyejoLab-Collapse-or-Thrive
    git -C KoyejoLab-Collapse-or-Thrive checkout 369132e38c6b4774efbdafead228a0858497e17e
    git clone https://github.com/MukaiCodes/Model_Collapse_Codes
    git -C Model_Collapse_Codes checkout b9995cf8
    cd .. && python3 benches/authors.py authors

Needs numpy, scipy, scikit-learn and tqdm. The authors' functions are called as they stand. What logs to an account is
given an object that drops what it is told, so logging costs nothing. One thread; CPU time, medians of five runs, and
one run of the two longest, the Zipf panel and the ten outcomes.
"""

import contextlib
import io
import json
import os
import statistics
import sys
import time
import types

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np


def timed(name, work, runs=5):
    """Prints the median CPU time of `work` in milliseconds."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            work()
        times.append(time.process_time() - start)
    print(f"{1e3 * statistics.median(times):12.2f} ms  {name}", flush=True)


def suresh2024(folder):
    """The notebook's cells that define the Zipf panel; then the panel."""
    cells = json.load(open(f"{folder}/rate-of-model-collapse/simulations.ipynb"))["cells"]
    scope = {"np": np, "tqdm": lambda **_: types.SimpleNamespace(update=lambda _: None, close=lambda: None)}
    for source in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"):
        if "def zipf_mandelbrot" in source or "def zipf_recursive_training" in source:
            exec(source, scope)
    timed(
        "suresh2024: Zipf panel, 200 trajectories x 10 generations",
        lambda: scope["zipf_recursive_training"](1, 2.7),
        runs=1,
    )


def kazdan2024(folder):
    """The scripts of the sweeps, one configuration each."""
    wandb = types.ModuleType("wandb")
    wandb.api = types.SimpleNamespace(default_entity=None)
    wandb.init = lambda **_: None
    wandb.log = lambda _: None
    wandb.finish = lambda: None
    wandb.config = {}
    logging = types.ModuleType("wandb.integration.kfp.kfp_patch")
    logging.wandb_log = None
    sys.modules["wandb"] = wandb
    for path in ("wandb.integration", "wandb.integration.kfp"):
        sys.modules[path] = types.ModuleType(path)
    sys.modules["wandb.integration.kfp.kfp_patch"] = logging
    # Of the package's own modules these scripts use only the default settings, which `wandb.config` replaces.
    sys.modules["src.data"] = types.ModuleType("src.data")
    sys.path.insert(0, f"{folder}/KoyejoLab-Collapse-or-Thrive")
    from src.fit_discrete_distributions.fit_discrete_distributions import fit_discrete_distributions
    from src.fit_gaussians.fit_gaussians import fit_gaussians
    from src.fit_linear_regressions.fit_linear_regressions import fit_linear_regression

    common = {"seed": 0, "num_samples_per_iteration": 100, "num_iterations": 100, "sigma_squared": 1.0}
    for setting in ("Replace", "Accumulate"):
        wandb.config = common | {"data_dim": 10, "setting": setting}
        timed(f"kazdan2024: Gaussian d = 10, n = 100, 100 fits, {setting.lower()}", fit_gaussians)
    for setting in ("Replace", "Accumulate"):
        wandb.config = common | {"data_dim": 10, "setting": setting}
        timed(f"kazdan2024: regression d = 10, n = 100, 100 fits, {setting.lower()}", fit_linear_regression)

    fits = 0

    def count(_):
        nonlocal fits
        fits += 1

    wandb.log = count
    wandb.config = {"seed": 0, "num_outcomes": 10, "num_samples_per_iteration": 1000, "setting": "Replace"}
    timed("kazdan2024: 10 outcomes, n = 1000, until one is left", fit_discrete_distributions, runs=1)
    print(f"{'':15}({fits - 1} fits)")


def he2025(folder):
    """One weight and one repetition of figure 8, model by model, as the paper's script calls them."""
    sys.path.insert(0, f"{folder}/Model_Collapse_Codes/Scenario2")
    from Frameworks.D_Fresh_Data import Fresh_Data

    rng = np.random.default_rng(0)
    steps, rows, width, start = 200, 100, 2, 150
    x = [rng.standard_normal((rows, width)) for _ in range(steps)]
    truth = np.ones(width)
    timed(
        "he2025: Gaussian, 200 weighted steps",
        lambda: Fresh_Data(steps, 0.62, 1).Gaussian_esti(x, np.zeros(width), np.eye(width), seed=1, start=start),
    )
    labels = {
        "least squares": ("RandomLR", lambda e: e + rng.standard_normal(rows)),
        "logistic": ("Logistic", lambda e: rng.binomial(1, 1 / (1 + np.exp(-e)))),
        "Poisson": ("Poisson", lambda e: rng.poisson(np.exp(e))),
    }
    for name, (method, draw) in labels.items():
        data = [(each, draw(each @ truth)) for each in x]
        fit = getattr(Fresh_Data(steps, 0.62, 1), method)
        timed(f"he2025: {name} regression, 200 weighted steps", lambda fit=fit, data=data: fit(data, truth, seed=1, start=start))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    kazdan2024(sys.argv[1])
    he2025(sys.argv[1])
    suresh2024(sys.argv[1])
