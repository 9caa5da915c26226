#!/usr/bin/env python3
"""Writes src/Kvasir.Models/Tokenizers/Unicode/UnicodeData.cs from the Unicode Character Database.

usage: unicode-tables.py FOLDER   (with UnicodeData.txt and CompositionExclusions.txt, e.g. Debian's unicode-data package)

The data is deflated: mappings, then combining classes, then what is excluded from composition. Numbers are unsigned LEB128.
  mappings:   count, then each: code point less the one before, length * 2 + (1 when a compatibility mapping), code points
  classes:    count, then each: first less the end before, length, class
  exclusions: count, then each: code point less the one before
"""
import base64, os, sys, zlib

folder = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
target = os.path.join(here, "..", "src", "Kvasir.Models", "Tokenizers", "Unicode", "UnicodeData.cs")

def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)

mappings, classes = [], []
for line in open(os.path.join(folder, "UnicodeData.txt"), encoding="ascii"):
    fields = line.split(";")
    code = int(fields[0], 16)
    if fields[3] != "0":
        kind = int(fields[3])
        if classes and classes[-1][0] + classes[-1][1] == code and classes[-1][2] == kind:
            classes[-1][1] += 1
        else:
            classes.append([code, 1, kind])
    if fields[5]:
        parts = fields[5].split(" ")
        compatible = parts[0].startswith("<")
        mappings.append((code, compatible, [int(p, 16) for p in parts[1 if compatible else 0:]]))
exclusions = sorted(
    int(line.split("#")[0].strip(), 16)
    for line in open(os.path.join(folder, "CompositionExclusions.txt"), encoding="utf-8")
    if line.split("#")[0].strip())

data = bytearray(number(len(mappings)))
last = 0
for code, compatible, parts in mappings:
    data += number(code - last) + number(len(parts) * 2 + compatible) + b"".join(map(number, parts))
    last = code
data += number(len(classes))
last = 0
for first, length, kind in classes:
    data += number(first - last) + number(length) + number(kind)
    last = first + length
data += number(len(exclusions))
last = 0
for code in exclusions:
    data += number(code - last)
    last = code

packer = zlib.compressobj(9, zlib.DEFLATED, -15)
text = base64.b64encode(packer.compress(bytes(data)) + packer.flush()).decode()
lines = [text[i:i + 150] for i in range(0, len(text), 150)]
with open(target, "w", encoding="utf-8", newline="\n") as out:
    out.write("namespace Kvasir.Models;\n\n")
    out.write("/// <summary>Made by scripts/unicode-tables.py from the Unicode Character Database 15.0; the script tells the format.</summary>\n")
    out.write("internal static class UnicodeData\n{\n    public const string Deflated =\n")
    out.write(" +\n".join(f'        "{line}"' for line in lines))
    out.write(";\n}\n")
print(len(mappings), len(classes), len(exclusions), len(data), len(text))
