"""The time left that a progress bar promises, against closed forms of how long items take."""

import io

import pytest

from closerlook.probes.threads import Slowing


def promised(seconds, total, at):
    """What the bar promises, and what is left, after some of the items; `seconds(left)` is what an item takes."""
    bar, clock = Slowing(total=total, file=io.StringIO(), delay=0, mininterval=1e9), 0.0
    bar._time = lambda: bar.start_t + clock
    found = None
    for done in range(total):
        if done == at:
            found, then = bar.seconds_left(), clock
        clock += seconds(total - done)
        bar.update()
    bar.disable = True
    return found, clock - then


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("power", [0.0, 0.3, 0.6])
def test_it_is_the_time_that_is_left(power, at):
    found, left = promised(lambda left: 9.0 * left**-power, 3000, int(3000 * at))
    assert found == pytest.approx(left, rel=0.15)


def test_what_gets_faster_is_not_taken_to_go_on_so():
    found, left = promised(lambda left: 1e-4 * left, 2000, 1000)
    assert left < found < 3 * left


def test_a_jump_is_seen_soon():
    found, left = promised(lambda left: 0.01 if left > 300 else 0.5, 3000, 2730)
    assert left / 3 < found < 3 * left


def test_at_first_nothing_is_promised():
    assert promised(lambda left: 0.1, 100, 2)[0] is None


def test_it_is_shown():
    bar = Slowing(total=1000, file=io.StringIO(), delay=0, mininterval=0)
    clock = 0.0
    bar._time = lambda: bar.start_t + clock
    for _ in range(500):
        clock += 1.0
        bar.update()
    shown = str(bar)
    bar.disable = True
    assert "500/1000" in shown and "<08:20" in shown
