"""What PyTorch's AdamW with gradient clipping, and transformers' schedules, make of made-up gradients.

    python3 -P tests/oracle/optimizer.py > tests/oracle/optimizer.json

`-P` keeps this folder off the path, where `statistics.py` would hide the standard library's module.
"""

import json
import math

import torch
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup
from transformers import get_linear_schedule_with_warmup

STEPS = 20
SIZE = 7


def start(index):
    return math.sin(1.0 + index) * 0.5


def gradient(step, index):
    # Some steps lie above the clipping norm and some below; one weight never has a gradient.
    return 0.0 if index == 3 else math.cos(0.7 * step + 1.3 * index) * (0.05 + 0.2 * (step % 5))


def adamw(weight_decay, clip):
    values = torch.nn.Parameter(torch.tensor([start(i) for i in range(SIZE)], dtype=torch.float32))
    optimizer = torch.optim.AdamW([values], lr=5e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=weight_decay)
    schedule = get_cosine_schedule_with_warmup(optimizer, 3, STEPS)
    steps = []
    for step in range(STEPS):
        values.grad = torch.tensor([gradient(step, i) for i in range(SIZE)], dtype=torch.float32)
        norm = torch.nn.utils.clip_grad_norm_([values], clip)
        rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()
        state = optimizer.state[values]
        steps.append({
            "rate": rate,
            "norm": norm.item(),
            "values": values.tolist(),
            "m": state["exp_avg"].tolist(),
            "v": state["exp_avg_sq"].tolist(),
        })
    return {"weight_decay": weight_decay, "clip": clip, "steps": steps}


def rates(make, warmup, total):
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
    schedule = make(optimizer, warmup, total)
    out = []
    for _ in range(total):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return out


def constant(optimizer, warmup, _total):
    return get_constant_schedule_with_warmup(optimizer, warmup)


SCHEDULES = {
    "cosine": get_cosine_schedule_with_warmup,
    "linear": get_linear_schedule_with_warmup,
    "constant": constant,
}

print(json.dumps({
    "adamw": [adamw(0.0, 1.0), adamw(0.1, 0.3)],
    "schedules": [
        {"schedule": name, "warmup_steps": warmup, "rates": rates(make, warmup, total)}
        for name, make in SCHEDULES.items()
        for warmup, total in [(0, 5), (3, 30), (10, 20)]
    ],
}))
