"""The messages that the page shows, and a decorator that reports every error there.

Must not know what the messages are about, nor widgets.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from traitlets import HasTraits, Unicode

from recsys.dataset import DataError
from recsys.models import HyperparameterError

log = logging.getLogger(__name__)

# Errors whose message is written for the visitor.
VISITOR_ERRORS = (DataError, HyperparameterError)

# The visitor's action that is being carried out; "" if there is none.
_current_action: ContextVar[str] = ContextVar("current_action", default="")


class Messages(HasTraits):
    """The status, the last error, and a note about the link that was opened."""

    status = Unicode(help="what is happening or has just happened")
    error = Unicode(help="what went wrong; empty if nothing did")
    note = Unicode(help="the ignored parts of a link, until it is dismissed")

    def dismiss(self) -> None:
        """Remove the error and the note."""
        self.error = self.note = ""

    def report(self, problem: BaseException, doing: str) -> None:
        """Show an error, and log it with its traceback.

        Parameters
        ----------
        problem : the error; its text is shown
        doing : what failed, as in "Something went wrong while …"
        """
        log.error("Error while %s", doing, exc_info=problem)
        if isinstance(problem, VISITOR_ERRORS):
            self.error = str(problem)
        else:
            self.error = (
                f"Something went wrong while {doing}: {problem or type(problem).__name__}. "
                "The server's log has the details."
            )


class _HasMessages(Protocol):
    messages: Messages


_Self = TypeVar("_Self", bound=_HasMessages)
_Arguments = ParamSpec("_Arguments")
_Method = Callable[Concatenate[_Self, _Arguments], None]


def guarded(
    doing: str, *, asked: bool = True
) -> Callable[[_Method[_Self, _Arguments]], _Method[_Self, _Arguments]]:
    """Decorate a method to report its errors to the object's `messages` instead of raising them.

    One guarded method may call another, such as when a new choice updates the list. An error in
    the inner method does not stop the outer one, and its message names the visitor's action.

    Parameters
    ----------
    doing : what the method does, as in "Something went wrong while …"
    asked : whether the visitor calls it; if so, the last error is cleared first
    """

    def decorate(method: _Method[_Self, _Arguments]) -> _Method[_Self, _Arguments]:
        @functools.wraps(method)
        def call(self: _Self, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
            outer = _current_action.get()
            token = _current_action.set(outer or doing)
            if asked and not outer:
                self.messages.error = ""
            try:
                method(self, *args, **kwargs)
            except Exception as problem:
                self.messages.report(problem, outer or doing)
            finally:
                _current_action.reset(token)

        return call

    return decorate
