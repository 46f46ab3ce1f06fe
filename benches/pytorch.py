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


class Flow(nn.Module):
    """The residual perceptron of flow-matching and ddpm; the time's features are one column, which is in its favour."""

    def __init__(self, width, hidden, layers):
        super().__init__()
        self.first, self.last = nn.Linear(width + 9, hidden), nn.Linear(hidden, width)
        self.layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(layers))

    def loss(self, x):
        noise, t = torch.randn_like(x), torch.rand(len(x), 1)
        h = F.gelu(self.first(torch.cat([(1 - t) * noise + t * x, t.expand(-1, 9)], 1)), approximate="tanh")
        for layer in self.layers:
            h = h + F.gelu(layer(h), approximate="tanh")
        return F.mse_loss(self.last(h), x - noise)


class RealNvp(nn.Module):
    def __init__(self, width, couplings, hidden, noise=0.1):
        super().__init__()
        self.noise, half = noise, width // 2
        self.half = half
        self.readers = nn.ModuleList(
            nn.Sequential(
                nn.Linear(half, hidden), nn.GELU(approximate="tanh"),
                nn.Linear(hidden, hidden), nn.GELU(approximate="tanh"),
                nn.Linear(hidden, 2 * (width - half)),
            )
            for _ in range(couplings)
        )
        self.orders = [torch.randperm(width) for _ in range(couplings)]

    def loss(self, x):
        x, total = x + self.noise * torch.randn_like(x), 0
        for reader, order in zip(self.readers, self.orders):
            kept, moved = x[:, order].split([self.half, x.shape[1] - self.half], 1)
            raw, shift = reader(kept).chunk(2, 1)
            scale = 4 * torch.tanh(raw / 4)
            x, total = torch.cat([kept, moved * scale.exp() + shift], 1), total + scale.sum(1)
        return (0.5 * (x * x).sum(1) - total).mean()


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


class Gru(nn.Module):
    def __init__(self, width, levels):
        super().__init__()
        self.tokens = nn.Embedding(levels, width)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, levels)

    def loss(self, windows):
        states, _ = self.gru(self.tokens(windows[:, :-1]))
        return F.cross_entropy(self.head(states).flatten(0, 1), windows[:, 1:].flatten())


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
    "flow 64-128×3, batch 64": (lambda: Flow(64, 128, 3), lambda: torch.rand(800, 64), 64, 500),
    "flow 64-256×3, batch 64": (lambda: Flow(64, 256, 3), lambda: torch.rand(800, 64), 64, 300),
    "flow 2-64×3, batch 256": (lambda: Flow(2, 64, 3), lambda: torch.rand(2000, 2), 256, 500),
    "RealNVP 64, 6×64, batch 64": (lambda: RealNvp(64, 6, 64), lambda: torch.rand(800, 64), 64, 200),
    "RealNVP 2, 8×64, batch 256": (lambda: RealNvp(2, 8, 64, 0), lambda: torch.rand(2000, 2), 256, 100),
    "C: GPT 2×64, context 64, batch 32": (
        lambda: Gpt(2, 64, 4, 64, 64), lambda: torch.randint(64, (1000, 65)), 32, 20),
    "D: GRU 128, context 64, batch 32": (
        lambda: Gru(128, 64), lambda: torch.randint(64, (1000, 65)), 32, 20),
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
