"""The link, and the server as its clients reach it."""

from __future__ import annotations

from typing import Any, Literal, get_args

from . import _options
from ._served import Served
from .clients import Who, who
from .down import Down, DownMode, MaxClients
from .errors import OptionError
from .link import Direction, Link, Pause
from .rule import place_of_caller


class Network(Served):
    """What the bytes go through, and who can connect."""

    def link(self, client: Who = None, p: float = 1.0, direction: Direction | None = None) -> Link:
        """Makes a link: what the bytes of these connections go through, those included that come later.

        Args:
            client: Which connections: `client(...)`, an id or several; all by default. One that is meant by
                its name is met from the reply to CLIENT SETNAME on.
            p: How likely each connection is to be met, asked once for each, from the server's seed.
            direction: Which way its effects concern; by default `down`, and `both` for a blackhole.
        """
        link = self._serving().link(who("client", client))
        if p != 1.0:
            try:
                link.p(_options.probability("p", p))
            except OptionError:
                link.remove()
                raise
        return Link(link, direction, place_of_caller())

    def down(self, mode: DownMode = "refuse") -> Down:
        """Takes the server down: its connections are cut, and new ones meet what the mode says.

        It comes up again on the same port, which no other process gets meanwhile, with its data. Several may
        have it down at a time.

        Args:
            mode: `refuse`: nobody listens. `accept_close`: they are accepted and closed at once.
                `blackhole`: they are accepted and never read; they are closed when the server is up again.
        """
        _options.one_of("mode", mode, *get_args(DownMode))
        source = place_of_caller()
        return Down(self._serving().down(mode, source), source)

    def up(self) -> None:
        """Brings the server up again, whoever has it down."""
        self._running().up()

    @property
    def is_down(self) -> bool:
        """Whether the server is down."""
        return self._running().is_down()

    def restart(self, *, keep: bool = True) -> None:
        """Does what clients see when the server's process ends and starts anew on its port.

        Connections are cut, settings are as at the start, INFO has another `run_id` and counts from zero.
        The data is kept, or lost but for that of the RDB file the server was started with. Stubs, links and
        calls stay.
        """
        self._serving().restart(_options.truth("keep", keep))

    def pause(self, client: Who = None) -> Pause:
        """Stops serving these connections: nothing is read or answered until the pause is removed."""
        return Pause(self._serving().link(who("client", client)).paused(), place_of_caller())

    def kill(self, client: Who = None, how: Literal["close", "reset"] = "close") -> int:
        """Ends these connections at once, by a FIN or a RST, and tells how many there were."""
        return self._running().kill(who("client", client), _options.one_of("how", how, "close", "reset"))

    def max_clients(self, most: int) -> MaxClients:
        """Lets so many clients be connected at a time; others get the real server's error and are closed."""
        most = _options.whole("max_clients", most, 1)
        source = place_of_caller()
        return MaxClients(self._serving().max_clients(most, source), source)

    def push(self, client: Who, value: Any) -> int:
        """Sends these connections a message that nobody asked for, and tells how many there were.

        Args:
            client: Which connections: `client(...)`, an id or several, None for all.
            value: `message(...)`, `invalidate(...)`, `push(...)` or a list.

        Raises:
            OptionError: A connection cannot take it; nothing is sent then. Over RESP2 only subscribers hear
                what they did not ask for, and only messages.
        """
        return self._running().push(who("client", client), value)
