"""From a traced step to the tables of its sample."""
