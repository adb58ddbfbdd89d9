"""What the page tells the visitor in words, and a guard that lets no error go untold.

Must not know what the words are about, nor widgets.
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

# Errors whose message is meant for the visitor.
VISITOR_ERRORS = (DataError, HyperparameterError)

# What the visitor has asked for, as long as it is being done; "" in between.
_asked_for: ContextVar[str] = ContextVar("asked_for", default="")


class Messages(HasTraits):
    """The status, the last error, and a note on the link that was opened."""

    status = Unicode(help="what is happening, or has just happened")
    error = Unicode(help="what went wrong, in words; empty if nothing did")
    note = Unicode(help="what of a link made no sense here, in words, until it is dismissed")

    def dismiss(self) -> None:
        """Forget the error and the note."""
        self.error = self.note = ""

    def report(self, problem: BaseException, doing: str) -> None:
        """Show an error in words, and log it with its traceback.

        Parameters
        ----------
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
    """Let no error out of a method: report it to the object's `messages`.

    Where one guarded method causes another, as when an answer follows a choice, an error in the
    second does not stop the first; it is told in terms of what the visitor has asked for.

    Parameters
    ----------
    doing : what the method does, as in "Something went wrong while …"
    asked : whether the visitor asks for it; then the last error is forgotten
    """

    def decorate(method: _Method[_Self, _Arguments]) -> _Method[_Self, _Arguments]:
        @functools.wraps(method)
        def call(self: _Self, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
            outer = _asked_for.get()
            token = _asked_for.set(outer or doing)
            if asked and not outer:
                self.messages.error = ""
            try:
                method(self, *args, **kwargs)
            except Exception as problem:
                self.messages.report(problem, outer or doing)
            finally:
                _asked_for.reset(token)

        return call

    return decorate
