"""One function per figure: a frame in, a matplotlib Figure out."""
