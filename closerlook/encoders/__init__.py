"""Encoders: words and subwords, layers, pinned snapshots, fine-tuning, pre-training."""
