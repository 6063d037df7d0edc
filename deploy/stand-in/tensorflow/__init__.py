"""Stands in for TensorFlow, which Rasa 3.6 imports when it starts and which nothing of Hypnic uses.

TensorFlow would take 850 MB of disk, 240 MB of memory and three seconds of every start. deploy/install.sh puts this folder
at the end of the environment's path, so a TensorFlow that is installed there is found first. Importing works, for Rasa names
TensorFlow's classes in annotations and derives classes from them; using any of them raises ImportError. spaCy, which asks
whether TensorFlow is there, is told that it is not. docs/decisions/013-no-tensorflow.md has the figures.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any, NoReturn

REFUSED = ("tensorflow.experimental",)  # asked for by spaCy's thinc, in a try
SENTENCE = (
    "TensorFlow is left out of this environment. DIETClassifier, ResponseSelector, TEDPolicy and UnexpecTEDIntentPolicy need "
    "it: `uv pip install --no-deps -r requirements-stock.lock` puts it in, or take them out of config.yml."
)


class _Named(type):
    """Has every attribute, and cannot be called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        raise ImportError(SENTENCE)


class Missing(metaclass=_Named):
    """Whatever is asked of TensorFlow."""


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module below this one, and Keras."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        ours = name.startswith("tensorflow.") or name.split(".")[0] == "keras"
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if ours and name not in REFUSED else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return Missing


sys.meta_path.insert(0, _Finder())
