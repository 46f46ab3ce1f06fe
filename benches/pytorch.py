"""The steps of benches/neural.rs in PyTorch, on one thread: the other side of the comparison.

    python3 benches/pytorch.py             # one process
    python3 benches/pytorch.py 2           # two processes side by side; the time of one model-step

Same shapes, same batches, fused Adam, fp32; medians of seven runs, in microseconds. PyTorch's matrix library holds
itself back on processors of another maker. To lift that, preload a library with one function:

    echo 'int mkl_serv_intel_cpu_true(void) { return 1; }' | cc -shared -fPIC -x c -o fast.so -
    LD_PRELOAD=$PWD/fast.so python3 benches/pytorch.py
"""

import multiprocessing
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Vae(nn.Module):
    def __init__(self, width, hidden, latent):
        super().__init__()
        self.inner = nn.Linear(width, hidden)
        self.code = nn.Linear(hidden, 2 * latent)
        self.outer = nn.Linear(latent, hidden)
        self.out = nn.Linear(hidden, width)

    def loss(self, x):
        mean, log_variance = self.code(F.relu(self.inner(x))).chunk(2, 1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        logits = self.out(F.relu(self.outer(z)))
        fit = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean**2 - log_variance.exp())
        return (fit + divergence) / len(x)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        rows, context, width = x.shape
        parts = self.qkv(self.norm1(x)).view(rows, context, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mix(seen.transpose(1, 2).reshape(rows, context, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, layers, width, heads, context, levels):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(levels, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, levels)

    def loss(self, windows):
        inputs, targets = windows[:, :-1], windows[:, 1:]
        x = self.tokens(inputs) + self.positions.weight
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.head(self.norm(x)).flatten(0, 1), targets.flatten())


def step_time(model, data, batch, steps):
    """Microseconds a step, over `steps` steps."""
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    start = time.perf_counter()
    for _ in range(steps):
        loss = model.loss(data[torch.randint(len(data), (batch,))])
        adam.zero_grad()
        loss.backward()
        adam.step()
    return (time.perf_counter() - start) / steps * 1e6


WORK = {
    "A: VAE 784-400-20, batch 128": (lambda: Vae(784, 400, 20), lambda: torch.rand(2000, 784), 128, 60),
    "B: VAE 64-128-8, batch 64": (lambda: Vae(64, 128, 8), lambda: torch.rand(2000, 64), 64, 1000),
    "C: GPT 2×64, context 64, batch 32": (
        lambda: Gpt(2, 64, 4, 64, 64), lambda: torch.randint(64, (1000, 65)), 32, 20),
    "GPT 1×32, context 32, batch 32": (
        lambda: Gpt(1, 32, 4, 32, 64), lambda: torch.randint(64, (1000, 33)), 32, 200),
}


def measure(_):
    torch.set_num_threads(1)
    found = {}
    for name, (model, data, batch, steps) in WORK.items():
        made, rows = model(), data()
        step_time(made, rows, batch, 10)
        found[name] = statistics.median(step_time(made, rows, batch, steps) for _ in range(7))
    return found


if __name__ == "__main__":
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        all_found = pool.map(measure, range(processes), chunksize=1)
    for name in WORK:
        each = statistics.mean(found[name] for found in all_found) / processes
        print(f"{name:38} {each:9.0f} µs a model-step, {processes} process(es)")
