"""From what the probes found to tables: arrays and frames in, frames out."""
