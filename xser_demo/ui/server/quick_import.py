"""Import Gradio without its type stubs, a fifth of the page's start (docs/performance.md).

Whenever Gradio is imported, it parses the source of each of its components and writes a ``.pyi`` file beside it, for
editors. It leaves out a component whose source file cannot be found.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_stubs() -> Iterator[None]:
    """Inside, Gradio finds no source file of its classes."""
    find = inspect.getfile

    def find_others(thing) -> str:
        if str(getattr(thing, "__module__", "")).startswith("gradio."):
            raise OSError("no stubs")
        return find(thing)

    inspect.getfile = find_others
    try:
        yield
    finally:
        inspect.getfile = find
