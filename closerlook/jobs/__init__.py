"""What concerns a job and not a number: log, GPU, fingerprint, benchmarks, what is missing, the plan."""
