# SPDX-License-Identifier: Apache-2.0
"""What the tree looks like, read from its text: files, functions, nesting, who includes whom,
prototypes and their docstrings. For tests/lint and tests/figures. Sources are as clang-format
leaves them."""

import re

ROOMS = ("base", "apdu", "card", "readers", "personalization", "host", "services", "tests")
PRODUCT = ROOMS[:-1]
TEXT_SUFFIXES = {"", ".c", ".h", ".sh", ".py", ".md", ".txt", ".tsv", ".apdu", ".pml", ".conf"}
INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')
CONTROL = re.compile(r"( *)(?:\} )?(?:else if|if|else|for|while|do|switch)\b")
NO_PROTOTYPE = re.compile(r"typedef\b|static\b|extern\b|return\b|enum \w+ \{|struct \w+ \{|union \w+ \{")


def is_text(path):
    return path.suffix in TEXT_SUFFIXES and path.is_file() \
        and b"\0" not in path.read_bytes()[:4096]


def sources(root):
    """Every text file that belongs to the project, sorted, as paths relative to root."""
    tops = [root / room for room in ROOMS] + [root / "docs"]
    paths = [path for top in tops if top.is_dir() for path in top.rglob("*") if is_text(path)]
    paths += [path for path in (root / "Makefile", root / "README.md") if path.is_file()]
    return sorted(path.relative_to(root) for path in paths
                  if "__pycache__" not in path.parts)


def is_main(name):
    return re.search(r"^[a-z]+/tessera(-[a-z-]+)?\.c$", name) is not None


def functions(lines):
    """(first line, lines, first line's text) of every function of a formatted file, its heading
    included."""
    begin = heading = None
    for number, line in enumerate(lines, 1):
        if begin is None and re.match(r"[A-Za-z_]", line):
            heading = number
        if begin is None and heading and line.endswith(") {") and "=" not in line:
            begin = heading
        elif line == "}" and begin:
            yield begin, number - begin + 1, lines[begin - 1]
            begin = heading = None
        elif begin is None and (line.endswith((";", "{", "}")) or not line):
            heading = None


def nesting(lines):
    """The deepest control statement of a formatted file: 1 is an if of a function's own level."""
    depths = [len(found.group(1)) // 4 for found in map(CONTROL.match, lines) if found]
    return max(depths, default=0)


def prototypes(lines):
    """(line, text, documented) of every prototype of a header. Documented are those right under ///
    lines: one, or a family of them one behind the other."""
    depth, told = 0, False
    for number, line in enumerate(lines, 1):
        told = line.startswith("///") or told and line != "" and not line.startswith("//")
        if depth == 0 and re.match(r"[a-z_][\w ]*[ *]\w+\(", line) and not NO_PROTOTYPE.match(line):
            yield number, line, told
        if not line.lstrip().startswith(("//", "#")) and 'extern "C"' not in line:
            depth += line.count("{") - line.count("}")


def module_of(name):
    """A source, its header and its private header (NAME_private.h) are one module."""
    return name.rsplit(".", 1)[0].removesuffix("_private")


def module_graph(files):
    """module -> the modules that it includes. files: name -> lines of every .c and .h."""
    modules = {module_of(name) for name in files}
    graph = {module: set() for module in modules}
    for name, lines in files.items():
        for found in filter(None, map(INCLUDE.match, lines)):
            target = module_of(found.group(2))
            if found.group(1) == '"' and target in modules and target != module_of(name):
                graph[module_of(name)].add(target)
    return graph


def circles(graph):
    """The groups of modules that include each other, each sorted (Tarjan's algorithm, with a stack
    of its own)."""
    index, low, stack, found = {}, {}, [], []
    for root in sorted(graph):
        if root not in index:
            walk(graph, root, index, low, stack, found)
    return sorted(found)


def walk(graph, root, index, low, stack, found):
    work = [(root, None)]
    while work:
        node, rest = work.pop()
        if rest is None:
            index[node] = low[node] = len(index)
            stack.append(node)
            rest = sorted(graph[node])
        while rest and rest[0] in index:
            if rest[0] in stack:
                low[node] = min(low[node], low[rest[0]])
            rest = rest[1:]
        if rest:
            work += [(node, rest), (rest[0], None)]
        elif low[node] == index[node]:
            group = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(group) > 1:
                found.append(sorted(group))


def crowded(names, most):
    """(folder, count) of folders with more than so many sources and scripts. Data do not count."""
    counts = {}
    for path in names:
        if path.suffix in (".c", ".h") or path.name.startswith("e2e-"):
            counts[path.parent] = counts.get(path.parent, 0) + 1
    return [(folder, count) for folder, count in sorted(counts.items()) if count > most]
