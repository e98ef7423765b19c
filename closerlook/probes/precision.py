"""How closely distances of hulls are computed, and how near hulls count as meeting."""

from numbers import Real

from closerlook.errors import InputError

TOL = 1e-3  # relative gap between the bounds of a distance
RESOLUTION = 1e-9  # times the radius of the two sets: hulls this near count as meeting
ENCODER_RESOLUTION = 1e-5  # the same for an encoder's float32 vectors, which rounding moves by some 1e-6
HALF_RESOLUTION = 2e-3  # the same for vectors in half precision, of which each is moved by up to 5e-4


def check_precision(tol, resolution):
    """An error if the gap or the resolution that is asked for makes no sense."""
    for name, value, what in (("tol", tol, "relative gap"), ("resolution", resolution, "share of the points' radius")):
        if not isinstance(value, Real) or not 0 < float(value) < 1:
            raise InputError(f"`{name}` is a {what} between 0 and 1, not {value!r}.")
