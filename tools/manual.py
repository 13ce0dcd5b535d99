#!/usr/bin/env python3
"""man/ssctl.1.md -> ssctl.1 (mdoc), for the packages: manual.py INPUT OUTPUT.

Knows the Markdown that file uses: "## ssctl noun verb" sections, paragraphs, bullets, `code`, ``` blocks.
"""

import re
import sys


def escape(text):
    text = text.replace("\\", "\\e").replace("…", "...").replace("`", "")
    return "\\&" + text if text[:1] in (".", "'") else text


def sentences(text):
    """mdoc wants each sentence to begin a line."""
    return [escape(part) for part in re.split(r"(?<=[.:]) (?=[A-Z])", text)]


def option(line):
    """- `--output FILE` what it does"""
    name, rest = re.match(r"- `--([^`]+)` ?(.*)", line).groups()
    words = name.split(" ", 1)
    head = f".It Fl \\-{words[0]}" + (f" Ar {words[1]}" if len(words) > 1 else "")
    return [head] + sentences(rest)


def body(lines):
    out, paragraph, in_list, in_code = [], [], False, False

    def flush():
        if paragraph:
            out.extend(sentences(" ".join(paragraph)))
            paragraph.clear()

    for line in lines:
        if line.startswith("```"):
            flush()
            in_code = not in_code
            out.append(".Bd -literal -offset indent" if in_code else ".Ed")
        elif in_code:
            out.append(escape(line))
        elif line.startswith("- `--"):
            flush()
            if not in_list:
                out.append(".Bl -tag -width Ds")
                in_list = True
            out.extend(option(line))
        elif line.startswith("usage: "):
            out.append(".Dl " + escape(line[len("usage: "):]))
        elif line:
            if in_list:
                out += [".El", ".Pp"]
                in_list = False
            paragraph.append(line)
        else:
            flush()
            if out and not in_list and not out[-1].startswith(".Pp"):
                out.append(".Pp")
    flush()
    if in_list:
        out.append(".El")
    while out and out[-1] == ".Pp":
        out.pop()
    # .Pp before a list or a block says nothing, and mandoc warns.
    return [l for i, l in enumerate(out)
            if not (l == ".Pp" and (i == 0 or (i + 1 < len(out) and out[i + 1].startswith((".Bl", ".Bd")))))]


def main(source, target):
    text = open(source, encoding="utf-8").read()
    parts = re.split(r"^## ssctl ?(.*)$", text, flags=re.M)[1:]
    sections = list(zip(parts[0::2], parts[1::2]))
    out = ['.\\" Printed from man/ssctl.1.md by tools/manual.py.', ".Dd $Mdocdate$", ".Dt SSCTL 1", ".Os",
           ".Sh NAME", ".Nm ssctl", ".Nd the operator's toolkit of Social Selling",
           ".Sh SYNOPSIS", ".Nm", ".Op Ar options", ".Ar noun", ".Op Ar verb", ".Op Ar options"]
    for path, content in sections:
        out.append(".Sh DESCRIPTION" if not path else f".Ss ssctl {path}")
        out.extend(body(content.strip("\n").split("\n")))
        if not path:
            out.append(".Sh COMMANDS")
    out += [".Sh SEE ALSO", ".Xr social-selling.toml 5", ""]
    with open(target, "w", encoding="utf-8") as stream:
        stream.write("\n".join(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
