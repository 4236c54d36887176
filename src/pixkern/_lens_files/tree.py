"""YAML, XML and JSON as one kind of tree: mappings, lists and texts, with numbers left as they are written.

Files from anywhere are read by what they cannot do. YAML is taken from the parser's events, so that no tag
makes an object and no alias repeats one. XML is taken from expat's, so that no document type declares an
entity. Depth and number of nodes are bounded in all three, and no key may come twice.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import yaml

from .text import shown

Node = Any  # dict[str, Node] | list[Node] | str; True, False and None from JSON

_MOST_DEPTH = 32
_MOST_NODES = 2**22  # some 400 MB of Python objects
_XML_ENCODINGS = ("utf-8", "utf-16", "us-ascii", "iso-8859-1")  # expat's own; others would run Python's codecs
_TOO_DEEP = f"nested more than {_MOST_DEPTH} levels deep"
_TOO_MANY = f"more than {_MOST_NODES} values, which no lens file has"
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def from_yaml(text: str, *, loader: Any = _YAML_LOADER) -> Node:
    """A YAML document. OpenCV's first line, "%YAML:1.0", is not YAML and is passed over."""
    text = re.sub(r"\A\s*%YAML[^\n]*", "", text)
    root: list[Node] = []
    open_nodes: list[tuple[Node, list[str]]] = [(root, [])]  # with the key that waits for its value
    count = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                raise ValueError("aliases (*name) are not read: no lens file needs them")
            if isinstance(event, yaml.CollectionEndEvent):
                open_nodes.pop()
            if not isinstance(event, yaml.NodeEvent):
                continue
            node: Node = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            if isinstance(event, yaml.ScalarEvent):
                node = event.value
            _attach(node, *open_nodes[-1])
            if not isinstance(node, str):
                open_nodes.append((node, []))
            count += 1
            if len(open_nodes) > _MOST_DEPTH:
                raise ValueError(_TOO_DEEP)
            if count > _MOST_NODES:
                raise ValueError(_TOO_MANY)
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"not valid YAML: {error.problem or error.context}{line}") from None
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(f"not valid YAML: {shown(str(error))}") from None
    if len(root) != 1:
        raise ValueError(f"one YAML document is expected, got {len(root)}")
    return root[0]


def _attach(node: Node, parent: Node, waiting: list[str]) -> None:
    if isinstance(parent, list):
        parent.append(node)
    elif waiting:
        parent[waiting.pop()] = node
    else:
        if not isinstance(node, str):
            raise ValueError("a key must be a word, got a list or a mapping")
        if node in parent:
            raise ValueError(f"the key {shown(node)} comes twice")
        waiting.append(node)
        parent[node] = ""  # seen, so that a second one is noticed


def from_json(text: str) -> Node:
    """A JSON document, with numbers as the texts that stand there."""
    return parse_json(text, parse_float=str, parse_int=str, parse_constant=str)


def parse_json(text: str, **hooks: Any) -> Node:
    """`json.loads` with `hooks`, within this module's bounds."""
    if text.count(",") + text.count("[") + text.count("{") > _MOST_NODES:
        raise ValueError(_TOO_MANY)
    try:
        return json.loads(text, object_pairs_hook=_unique, **hooks)
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON: {error.msg} at line {error.lineno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique(pairs: list[tuple[str, Node]]) -> dict[str, Node]:
    result: dict[str, Node] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {shown(key)} comes twice")
        result[key] = value
    return result


def from_xml(data: bytes) -> Element:
    """An XML document without a document type, so without entities of its own."""
    builder = TreeBuilder()
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _MOST_DEPTH:
            raise ValueError(_TOO_DEEP)
        if count > _MOST_NODES:
            raise ValueError(_TOO_MANY)
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def doctype(*_: Any) -> None:
        raise ValueError("XML with a document type (<!DOCTYPE) is not read: it could declare entities")

    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        if encoding and encoding.lower() not in _XML_ENCODINGS:
            raise ValueError(f"XML in {', '.join(_XML_ENCODINGS)} is read, got {shown(encoding)}")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, doctype
    parser.XmlDeclHandler = declaration
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"not valid XML: {expat.ErrorString(error.code)} at line {error.lineno}") from None
    return builder.close()


def from_element(element: Element) -> Node:
    """OpenCV's XML as a tree: elements named _ make a list, others a mapping, text is text."""
    children = list(element)
    if not children:
        return (element.text or "").strip()
    if all(child.tag == "_" for child in children):
        return [from_element(child) for child in children]
    return _unique([(child.tag, from_element(child)) for child in children])
