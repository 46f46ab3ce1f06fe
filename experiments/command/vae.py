"""A variational autoencoder in PyTorch, one call: vae.py TRAIN SAMPLES N SEED"""
import csv
import sys

import torch
from torch import nn

train, samples, n, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.manual_seed(seed)

with open(train) as file:
    header, *rows = csv.reader(file)
x = torch.tensor([[float(cell) for cell in row] for row in rows])
mean, std = x.mean(0), x.std(0).clamp(min=1e-6)
x, d, latent = (x - mean) / std, x.shape[1], 2

encoder = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 2 * latent))
decoder = nn.Sequential(nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, d))
log_noise = nn.Parameter(torch.tensor(-1.0))
optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters(), log_noise], lr=3e-3)

for step in range(1000):
    batch = x[torch.randint(len(x), (128,))]
    mu, log_var = encoder(batch).chunk(2, dim=1)
    z = mu + torch.randn_like(mu) * (log_var / 2).exp()
    error = ((batch - decoder(z)) / log_noise.exp()).square().sum(1) / 2 + d * log_noise
    kl = (mu.square() + log_var.exp() - 1 - log_var).sum(1) / 2
    loss = (error + kl).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

with torch.no_grad(), open(samples, "w", newline="") as file:
    made = decoder(torch.randn(n, latent))
    made = (made + torch.randn_like(made) * log_noise.exp()) * std + mean
    csv.writer(file).writerows([header, *made.tolist()])
