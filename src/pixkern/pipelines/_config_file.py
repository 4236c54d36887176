"""The file of a configuration, or of key frames, as plain dicts and lists: YAML or JSON, safe whoever wrote it.

Only data is made (YAML's tags for Python objects are refused), keys that stand twice in a mapping are errors, and
neither a large file, nor deep nesting, nor aliases of aliases can use up the memory.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ._config_values import shown

_MOST_BYTES = 2**20
_MOST_VALUES = 100_000  # with aliases counted as often as they stand for something
_DEEPEST = 20


def read(file: Path) -> Any:
    """What a YAML or JSON file holds; ValueError, in one line that names the file and the place, if it cannot be."""
    with open(file, "rb") as stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"{file}: more than {_MOST_BYTES} bytes are refused")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not text in UTF-8 (byte {error.start})") from None
    try:
        return _from_json(text) if file.suffix.lower() == ".json" else _from_yaml(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = " ".join(filter(None, (error.context, error.problem)))
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ValueError(f"{file}: not YAML{place}: {told}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ValueError(f"{file}: nested too deeply") from None
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{file}: {error}") from None


def _from_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {shown(key)} stands twice in one mapping")
        made[key] = value
    return made


class _Loader(yaml.SafeLoader):
    """yaml.SafeLoader with limits, without double keys, and with the numbers of YAML 1.2 (1e-3 is one)."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":  # "<<: *defaults": its keys give way to those beside it
                continue
            word = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key)
            if word in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {shown(key.value)} stands twice", key.start_mark
                )
            seen.add(word)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def _from_yaml(text: str) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check_size(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_size(root: yaml.Node) -> None:
    """Refuse a document that is larger than its text, or endless, because of its aliases."""
    sizes: dict[int, int] = {}
    within: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in within:
            raise yaml.constructor.ConstructorError(None, None, "an alias stands for what it is in", node.start_mark)
        if id(node) not in sizes:
            within.add(id(node))
            parts = node.value if isinstance(node, yaml.CollectionNode) else ()
            inner = (part for pair in parts for part in (pair if isinstance(pair, tuple) else (pair,)))
            sizes[id(node)] = 1 + sum(map(size, inner))
            within.discard(id(node))
        if sizes[id(node)] > _MOST_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, f"aliases make it larger than {_MOST_VALUES} values", node.start_mark
            )
        return sizes[id(node)]

    size(root)
