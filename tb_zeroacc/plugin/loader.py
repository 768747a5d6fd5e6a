"""What TensorBoard imports at its start.

A fault here would stop TensorBoard itself, so that this module imports `base_plugin` alone; all
else is imported in `load`, where a fault only leaves the tab out.
"""

from __future__ import annotations

import logging

from tensorboard.plugins import base_plugin

logger = logging.getLogger(__name__)


class ZeroAccuracyLoader(base_plugin.TBLoader):  # type: ignore[misc]  # TensorBoard is untyped
    """Makes the plugin, or leaves it out with one sentence in TensorBoard's log."""

    def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin | None:
        """Makes the plugin. It opens no file and starts no thread before the tab is opened."""
        try:
            from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin

            return ZeroAccuracyPlugin(context)
        except Exception:
            logger.warning("The tab Zero Accuracy is left out: it failed to load.", exc_info=True)
            return None
