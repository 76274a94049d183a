"""A shuffled order of the numbers below a size, computed number by number; nothing is stored.

Knows nothing of what the numbers stand for.

References
----------
Black and Rogaway 2002, "Ciphers with arbitrary finite domains": a generalized Feistel network over two factors whose
product covers the size, walked again where it leads outside.
"""

import hashlib
import math

# Four rounds make a permutation that looks random (Luby and Rackoff 1988); two more, since halves here are small.
_ROUNDS = 6
_MASK = 2**64 - 1


class Shuffle:
    """A permutation of `range(size)`, decided by a seed.

    Parameters
    ----------
    size
        How many numbers, at least 1.
    seed
        Any whole number.

    Examples
    --------
    >>> shuffle = Shuffle(10, seed=3)
    >>> [shuffle[place] for place in range(10)]
    [0, 4, 3, 5, 1, 9, 8, 2, 6, 7]
    >>> shuffle.position(7)
    9
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        # Two factors near the root: their product exceeds the size by less than one factor, so few walks go on.
        self._left = math.isqrt(max(size - 1, 0)) + 1
        self._right = -(-size // self._left)
        # Not `random.Random`: a plan must come out the same in every release of Python, for runs are resumed by it.
        name = hashlib.blake2b(str(seed).encode(), digest_size=8 * _ROUNDS).digest()
        self._keys = [int.from_bytes(name[place : place + 8]) for place in range(0, len(name), 8)]

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> int:
        """Return the number that stands at a position of the order."""
        if not 0 <= position < self._size:
            message = f"position {position} is outside of {self._size} numbers"
            raise IndexError(message)
        number = self._forward(position)
        # Walking on inside a permutation comes back sooner or later, and keeps what is left a permutation.
        while number >= self._size:
            number = self._forward(number)
        return number

    def position(self, number: int) -> int:
        """Return where a number stands in the order."""
        place = self._backward(number)
        while place >= self._size:
            place = self._backward(place)
        return place

    def _forward(self, number: int) -> int:
        left, right = divmod(number, self._right)
        for turn, key in enumerate(self._keys):
            if turn % 2:
                right = (right + _mix(left, key)) % self._right
            else:
                left = (left + _mix(right, key)) % self._left
        return left * self._right + right

    def _backward(self, number: int) -> int:
        left, right = divmod(number, self._right)
        for turn in reversed(range(_ROUNDS)):
            if turn % 2:
                right = (right - _mix(left, self._keys[turn])) % self._right
            else:
                left = (left - _mix(right, self._keys[turn])) % self._left
        return left * self._right + right


def _mix(value: int, key: int) -> int:
    """Spread a number over 64 bits: the finalizer of SplitMix64."""
    mixed = (value + key) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)
