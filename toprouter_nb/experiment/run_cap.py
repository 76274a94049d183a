"""The most a run may spend: what a call may cost at worst is set aside before it, and settled after it.

Knows nothing of calls or prices. Whole numbers of 10**-9 US dollars, so that sums are exact.
"""

import asyncio


class Cap:
    """A limit on what is spent.

    Life: `reserve` before each call, `settle` after it.

    Parameters
    ----------
    limit_nano_usd
        The most that may be spent, earlier starts included; None = no limit.
    spent_nano_usd
        What earlier starts spent.

    Attributes
    ----------
    spent, reserved
        10**-9 US dollars: paid so far; set aside for calls under way.

    Examples
    --------
    >>> cap = Cap(100, spent_nano_usd=20)
    >>> async def spend():
    ...     first = await cap.reserve(60)
    ...     cap.settle(60, 50)
    ...     return first, await cap.reserve(60)
    >>> asyncio.run(spend()), cap.spent
    ((True, False), 70)
    """

    def __init__(self, limit_nano_usd: int | None, spent_nano_usd: int = 0) -> None:
        self.limit = limit_nano_usd
        self.spent = spent_nano_usd
        self.reserved = 0
        self._settled = asyncio.Event()

    async def reserve(self, worst_nano_usd: int) -> bool:
        """Set the worst case of a call aside; False where it does not fit, whatever the calls under way will cost.

        Waits where it may still fit once they are settled.
        """
        while self.limit is not None and self.spent + self.reserved + worst_nano_usd > self.limit:
            if self.spent + worst_nano_usd > self.limit or not self.reserved:
                return False
            self._settled.clear()
            await self._settled.wait()
        self.reserved += worst_nano_usd
        return True

    def settle(self, worst_nano_usd: int, cost_nano_usd: int) -> None:
        """Put what a call did cost in the place of what was set aside for it."""
        self.reserved -= worst_nano_usd
        self.spent += cost_nano_usd
        self._settled.set()
