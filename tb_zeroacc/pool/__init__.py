"""Reading and judging by several processes, where there is much to do."""
