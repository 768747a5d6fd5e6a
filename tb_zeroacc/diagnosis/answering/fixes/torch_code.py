"""Code of fixes for a model that PyTorch trains, whose names are not on record."""

from __future__ import annotations

LOWER_AND_CLIP = (
    "+ optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)\n"
    "  loss.backward()\n"
    "+ torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n"
    "  optimizer.step()"
)
CLIPPED = "trainer = Trainer(gradient_clip_val=1.0)  # and a lower rate in `configure_optimizers`"


def rate_in_torch(rate: float) -> str:
    """An optimizer with another learning rate."""
    return f"optimizer = torch.optim.Adam(model.parameters(), lr={rate:g})"
