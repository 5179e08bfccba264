"""The codecs for movies of few photons whose Python originals are in no package, from what defines them, with NumPy.

`anscombe()` is also what anscombe-transform 1.0 calculates, so that make_fixtures.py holds the one to the other.
"""

import numpy as np

SQRT = np.sqrt(3 / 8)


def codes_of_counts(gain, zero_level, dtype):
    """The code of each count from 0 to 32767: two a standard deviation of the noise, and a straight line below zero."""
    photons = (np.arange(0x8000) - zero_level) / gain
    slope = 2.0 / SQRT
    roots = 4.0 * (np.sqrt(np.maximum(0, photons) + 3 / 8) - SQRT)
    straight = photons * slope
    return np.round(zero_level * slope / gain + (photons < 0) * straight + (photons >= 0) * roots).astype(dtype)


def middles(codes, dtype):
    """The middle of the counts of each code, by the rank of the code."""
    _, first = np.unique(codes, return_index=True)
    _, from_end = np.unique(codes[::-1], return_index=True)
    return ((first + codes.size - 1 - from_end) / 2).astype(dtype)


def look_up(numbers, table):
    return table[np.clip(np.asarray(numbers).astype(np.int64), 0, table.size - 1)]


def anscombe_encode(array, gain, zero_level, encoded="uint8"):
    return look_up(array, codes_of_counts(gain, zero_level, encoded))


def anscombe_decode(codes, gain, zero_level, encoded="uint8", decoded="int16"):
    return look_up(codes, middles(codes_of_counts(gain, zero_level, encoded), decoded))


def head(shape):
    """What stood before the codes before anscombe-transform 1.0."""
    return np.array([len(shape), *shape], "<u4").tobytes()


def short_head(shape):
    """And what stood there at first."""
    return bytes([len(shape), *shape])


class Poisson:
    """poisson, of poisson-numcodecs."""

    def __init__(self, dark_signal, photon_sensitivity, encoded_dtype="uint8", decoded_dtype="int16", beta=0.5, use_lookup=True):
        self.dark, self.gain, self.beta, self.use_lookup = dark_signal, photon_sensitivity, beta, use_lookup
        self.encoded, self.decoded = encoded_dtype, decoded_dtype
        if not use_lookup:
            return
        photons = (np.arange(np.iinfo(decoded_dtype).max + 1) - dark_signal) / photon_sensitivity
        roots = 2.0 / beta * (np.sqrt(np.maximum(0, photons) + 3 / 8) - SQRT)
        self.codes = np.round(roots).astype(encoded_dtype)
        _, first = np.unique(self.codes, return_index=True)
        later = (np.arange(first.size) / first.size * (first[-1] - first[-2]) / 2).astype(decoded_dtype)
        self.counts = first + later

    def encode(self, array):
        if self.use_lookup:
            return look_up(array, self.codes)
        photons = (array.astype("float") - self.dark) / self.gain
        return np.round(2.0 * np.sqrt(np.maximum(0, photons + 3 / 8)) / self.beta).astype(self.encoded)

    def decode(self, codes):
        if self.use_lookup:
            return look_up(codes, self.counts).astype(self.decoded)
        roots = codes.astype("float") * self.beta
        return np.round((roots**2 / 4.0 - 1 / 8) * self.gain + self.dark).astype(self.decoded)
