"""Gradients and activations."""

from __future__ import annotations
