"""Who carries requests: in which order carriers are asked, and that they leave no trace."""

from toprouter_nb.stage import Stage


class Around:
    """A carrier that writes its name around what it is given."""

    def __init__(self, name, *, is_offline=False):
        self.name = name
        self.is_offline = is_offline

    def carry(self, sender):
        """Wrap it, or stand in its place."""
        return self.name if self.is_offline else f"{self.name}({sender})"

    carry_async = carry


def test_the_innermost_carrier_decides():
    """Each stands around those entered before it; one that answers by itself hides them."""
    stage = Stage()
    outer, inner, player = Around("outer"), Around("inner"), Around("player", is_offline=True)
    stage.enter(outer)
    stage.enter(inner)
    assert (stage.carry("real"), stage.carry_async("real")) == ("inner(outer(real))",) * 2
    assert not stage.is_offline
    stage.enter(player)
    assert stage.carry("real") == "player"
    assert stage.is_offline


def test_carriers_leave_in_any_order():
    """Blocks that overlap, as start and stop in cells can, take away their own carrier only; twice does no harm."""
    stage = Stage()
    first, second = Around("first"), Around("second")
    stage.enter(first)
    stage.enter(second)
    stage.leave(first)
    assert stage.carry("real") == "second(real)"
    stage.leave(first)
    stage.leave(second)
    assert stage.carry("real") == "real"
