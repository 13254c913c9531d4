"""Which image files pass, against Pillow: what `plan --check images` lets pass, Pillow opens, and the other way round."""

import base64
import io
import itertools
import json
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

from PIL import Image
from support import BINARY, REPO

MANIFEST = """version: 1
server: {url: "sandbox:.sandbox"}
project: {name: images, create: true}
bags: ["*/"]
"""
SIZE = 16, 12
OFFSET = 4096  # where the pixels of a TIFF begin


def tiff(order="<", photo=1, fmt=(1,), fill=None, bits=(8,), extra=(), compression=1, planar=1, big=False, samples=None, colours=True):
    """A TIFF of one strip of zeros with this layout, as no encoder would write them all."""
    width, height = SIZE
    samples = len(bits) if samples is None else samples
    planes = len(bits) if planar == 2 else 1
    data = bytes((width * sum(bits) // planes + 7) // 8 * height)
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, bits), 259: (3, [compression]), 262: (3, [photo]),
            273: (4, [0] * planes), 277: (3, [samples]), 278: (4, [height]), 279: (4, [len(data)] * planes), 284: (3, [planar])}
    if photo == 3 and colours:
        tags[320] = 3, [0] * 3 * 2 ** min(bits[0], 8)
    if fmt:
        tags[339] = 3, fmt
    if fill:
        tags[266] = 3, [fill]
    if extra:
        tags[338] = 3, extra
    entry, room, head, count = ("HHQ", 8, 16, "Q") if big else ("HHL", 4, 8, "H")
    at = head + struct.calcsize(order + count) + len(tags) * (struct.calcsize(order + entry) + room) + room
    body, entries = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        if tag == 273:
            values = [OFFSET + i * len(data) for i in range(planes)]
        packed = struct.pack(order + ("H" if kind == 3 else "L") * len(values), *values)
        if len(packed) > room:
            place = struct.pack(order + ("Q" if big else "L"), at + len(body))
            body += packed
        else:
            place = packed.ljust(room, b"\0")
        entries += struct.pack(order + entry, tag, kind, len(values)) + place
    magic = {"<": b"II", ">": b"MM"}[order]
    start = struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HL", 42, 8)
    return magic + start + struct.pack(order + count, len(tags)) + entries + bytes(room) + body.ljust(OFFSET - at, b"\0") + data * planes


def tiffs():
    layouts = [(b,) for b in (1, 2, 4, 8, 12, 16, 32, 64)] + [(b,) * n for b in (8, 16) for n in (2, 3, 4, 5, 6)]
    extras = [(), (0,), (1,), (2,), (0, 0), (1, 0), (2, 0), (0, 0, 0), (2, 0, 0), (999,)]
    for order, photo, bits in itertools.product("<>", (0, 1, 2, 3, 5, 6, 8), layouts):
        for fmt, fill in itertools.product((1, 2, 3), (None, 2)):
            yield f"{order}{photo}f{fmt}o{fill}b{bits}", tiff(order, photo, (fmt,) * len(bits), fill, bits)
        for extra in extras[1:]:
            if len(extra) < len(bits):
                yield f"{order}{photo}b{bits}e{extra}", tiff(order, photo, (1,) * len(bits), None, bits, extra)
    for compression in (1, 2, 5, 8, 9, 32771, 32773, 32946, 34661, 34712, 34887, 50002):
        yield f"compression {compression}", tiff(compression=compression)
    for planar, bits, extra in itertools.product((1, 2), ((8,) * 3, (8,) * 4, (8,) * 5, (16,) * 3, (16,) * 5), ((), (0,), (0, 0), (2,))):
        yield f"planar {planar} {bits} {extra}", tiff(photo=2, fmt=(), bits=bits, extra=extra, planar=planar)
        yield f"planar {planar} {bits} {extra} deflated", tiff(photo=2, fmt=(), bits=bits, extra=extra, planar=planar, compression=8)
    for bits, extra in (((8,), ()), ((16,), ()), ((8, 8), (0,)), ((8, 8), (2,)), ((16,) * 5, (0,) * 4), ((8,) * 5, (0,) * 4)):
        yield f"planar grey {bits} {extra}", tiff(fmt=(), bits=bits, extra=extra, planar=2)
    yield "no colours", tiff(photo=3, colours=False)
    yield "fewer pixels than there should be", tiff(photo=2, fmt=(), bits=(8,), samples=3)
    yield "one number of bits for three samples", tiff(photo=2, fmt=(), bits=(8,), samples=3) + bytes(2 * SIZE[0] * SIZE[1])
    yield "bits that differ", tiff(photo=2, fmt=(), bits=(5, 6, 5))
    yield "formats that differ", tiff(photo=2, fmt=(1, 2, 1), bits=(8, 8, 8))
    yield "compression 50001", tiff(compression=50001)
    yield "BigTIFF", tiff(big=True)
    yield "BigTIFF, big-endian", tiff(order=">", big=True)
    whole = tiff(photo=2, bits=(8, 8, 8))
    for cut in (1, 100, len(whole) - 20, len(whole) - 9):
        yield f"cut {cut}", whole[:-cut]


def tiffs_not_unpacked():
    """Zeros are none of these, which only libtiff unpacks here."""
    for compression in (7, 34676, 34925, 50000):
        yield f"compression {compression}", tiff(compression=compression)


def tiled(tags, tile=True, data=None):
    """A grey TIFF of 48 x 40 pixels in tiles of 16 x 16, or strips of 16 rows, with other tags; None takes one out."""
    number, size = (9, 256) if tile else (3, 768)
    data = bytes(number * size) if data is None else data
    places = [OFFSET + i * size for i in range(number)]
    all_tags = {256: (4, [48]), 257: (4, [40]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1]), 277: (3, [1])}
    all_tags |= {322: (4, [16]), 323: (4, [16]), 324: (4, places), 325: (4, [size] * number)} if tile else {273: (4, places), 278: (4, [16]), 279: (4, [768, 768, 384])}
    all_tags = {tag: value for tag, value in (all_tags | tags).items() if value}
    at, body, entries = 8 + 2 + 12 * len(all_tags) + 4, b"", b""
    for tag, (kind, values) in sorted(all_tags.items()):
        packed = b"".join(struct.pack({1: "<B", 2: "<B", 3: "<H", 5: "<Q", 7: "<B"}.get(kind, "<L"), v) for v in values)
        place = packed.ljust(4, b"\0")
        if len(packed) > 4:
            place = struct.pack("<L", at + len(body))
            body += packed
        entries += struct.pack("<HHL", tag, kind, len(values)) + place
    head = b"II*\0" + struct.pack("<LH", 8, len(all_tags)) + entries + bytes(4) + body
    return head.ljust(OFFSET, b"\0") + data


def tiff_sizes():
    """Sizes and numbers of strips and tiles that lie."""
    for tile in (False, True):
        width, rows = (322, 323) if tile else (256, 278)
        for tag in (256, 257, width, rows):
            for value in (0, 1, 8, 15, 16, 17, 32, 39, 40, 41, 47, 48, 49, 64, 100):
                yield f"{tile} {tag} is {value}", tiled({tag: (4, [value])}, tile)
            yield f"{tile} without {tag}", tiled({tag: None}, tile)
        for tag in (256, 257, 258, 259, 262, 277):
            for kind in (1, 2, 5, 7, 20):
                yield f"{tile} {tag} of type {kind}", tiled({tag: (kind, [{256: 48, 257: 40, 258: 8}.get(tag, 1)])}, tile)
        places, lengths = (324, 325) if tile else (273, 279)
        if tile:  # libtiff takes the tags of strips for them, too
            packed = zlib.compress(bytes(256))
            strips = {273: (4, [OFFSET] * 9), 279: (4, [len(packed)] * 9), 324: None, 325: None}
            yield "tiles in the tags of strips, deflated", tiled(strips | {259: (3, [8])}, tile, packed)
            yield "tiles in the tags of strips, one row, deflated", tiled(strips | {259: (3, [8]), 278: (4, [1])}, tile, packed)
        packed = zlib.compress(bytes(48 * 40))
        for number in (0, 1, 2, 3, 8, 9, 10):
            yield f"{tile} {number} places", tiled({places: (4, [OFFSET] * number)}, tile)
            yield f"{tile} {number} places, deflated", tiled({259: (3, [8]), places: (4, [OFFSET] * number), lengths: (4, [len(packed)] * number)}, tile, packed)


def bmps():
    for header, bits, compression, colours in itertools.product((12, 16, 40, 52, 56, 64, 108, 124, 240), (1, 2, 4, 8, 16, 24, 32, 64), (0, 1, 3, 4, 5), (0, 2, 70000)):
        for masks in [(0,) * 4] if compression != 3 else [(0xf800, 0x7e0, 0x1f, 0), (0x7c00, 0x3e0, 0x1f, 0), (0xff0000, 0xff00, 0xff, 0), (0xff, 0xff00, 0xff0000, 0xff000000), (1, 2, 4, 8)]:
            yield f"{header} {bits} {compression} {colours} {masks}", bmp(header, bits, compression, colours, masks)
    for rows in (12, -12):
        yield f"{rows} rows", bmp(40, 24, 0, 0, (0,) * 4, rows)
    runs = bmp(40, 8, 1, 0, (0,) * 4)
    for cut in (1, 2, 3, 4, 5, 20, 40):
        yield f"runs, cut {cut}", runs[:-cut]
    whole = bmp(40, 24, 0, 0, (0,) * 4)
    for cut in (1, 30, len(whole) - 40, len(whole) - 20):
        yield f"cut {cut}", whole[:-cut]
    for bits, cut in itertools.product((1, 4, 8, 24), range(1, 5)):
        yield f"{bits} bits, cut {cut}", bmp(40, bits, 0, 0, (0,) * 4)[:-cut]


def bmp(header, bits, compression, colours, masks, height=SIZE[1]):
    row = (SIZE[0] * bits + 31) // 32 * 4
    if header == 12:
        info, palette = struct.pack("<LHHHH", 12, SIZE[0], height, 1, bits), 3
    else:
        info = struct.pack("<LllHHLLllLL", header, SIZE[0], height, 1, bits, compression, 0, 0, 0, colours, 0)
        if header > 40:
            info += struct.pack("<4L", *masks)
        info, palette = info[:header].ljust(header, b"\0"), 4
    if compression == 3 and header == 40:
        info += struct.pack("<3L", *masks[:3])
    table = bytes(palette * min(colours or 1 << bits, 70000)) if bits <= 8 else b""
    pixels = bytes(row * abs(height))
    if compression == 1:
        pixels = (struct.pack("BB", SIZE[0], 0) + bytes(2)) * SIZE[1] + b"\0\1"
    return b"BM" + struct.pack("<LLL", 0, 0, 14 + len(info) + len(table)) + info + table + pixels


def targas():
    for colours, kind, depth, orientation, entry in itertools.product((0, 1, 2), (0, 1, 2, 3, 9, 10, 11, 32), (1, 8, 15, 16, 24, 32), (0, 0x30), (15, 16, 24, 32)):
        head = struct.pack("<BBBHHBHHHHBB", 0, colours, kind, 0, 4 if colours else 0, entry, 0, 0, *SIZE, depth, orientation)
        pixels = (b"\x8f" + bytes((depth + 7) // 8)) * SIZE[1] if kind & 8 else bytes(SIZE[0] * SIZE[1] * 4)
        pixels = bytes(4 * (entry // 8) if colours else 0) + pixels
        yield f"{colours} {kind} {depth} {orientation} {entry}", head + pixels
        yield f"{colours} {kind} {depth} {orientation} {entry} cut", head + pixels[:20]


def icons():
    picture = Image.new("RGBA", SIZE, (1, 2, 3, 4))
    for kind in ("png", "bmp"):
        out = io.BytesIO()
        picture.resize((32, 32)).save(out, "ICO", bitmap_format=kind, sizes=[(16, 16), (32, 32)])
        whole = out.getvalue()
        yield kind, whole
        for cut in (1, 60, len(whole) // 2, len(whole) - 30, len(whole) - 10):
            yield f"{kind} cut {cut}", whole[:-cut]
        yield f"{kind} as a cursor", b"\0\0\2\0" + whole[4:]
    yield "none", b"\0\0\1\0\0\0"
    for bits in (1, 2, 4, 8, 16, 24, 32):
        dib = bmp(40, bits, 0, 0, (0,) * 4, 2 * SIZE[1])[14:]
        for kind in (1, 2):
            entry = struct.pack("<BBBBHHLL", *SIZE, 0, 0, 1, bits, len(dib), 22)
            yield f"{kind} of {bits} bits", struct.pack("<HHH", 0, kind, 1) + entry + dib
            yield f"{kind} of {bits} bits, cut", struct.pack("<HHH", 0, kind, 1) + entry + dib[:100]


def chunk(name, data=b"", wrong=0):
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data) ^ wrong)


def exif_blocks():
    """EXIF blocks, of which CVAT reads the orientation."""
    def block(kind, value, count=1):
        return b"II*\0" + struct.pack("<LHHHLL", 8, 1, 274, kind, count, value) + bytes(4)

    whole = block(3, 6)
    for size in range(len(whole) + 1):
        yield f"cut to {size}", whole[:size]
    for head in itertools.product((b"II", b"MM", b"IM"), (b"*\0", b"\0*", b"+\0", b"\0+", b"\x13*")):
        yield f"{head}", b"".join(head) + whole[4:]
    for kind, value, count in itertools.product(range(15), (0, 1, 6, 9), (0, 1, 2)):
        yield f"type {kind}, value {value}, {count}", block(kind, value, count)


def pngs():
    head = b"\x89PNG\r\n\x1a\n"
    ihdr = struct.pack(">LLBBBBB", *SIZE, 8, 0, 0, 0, 0)
    idat, end = chunk(b"IDAT", zlib.compress(bytes((SIZE[0] + 1) * SIZE[1]))), chunk(b"IEND")
    start = head + chunk(b"IHDR", ihdr)
    yield "whole", start + idat + end
    for depth, colour, method, filters, interlace in itertools.product((1, 2, 3, 4, 8, 16), (0, 1, 2, 3, 4, 6), (0, 1), (0, 1), (0, 1)):
        row = (SIZE[0] * depth * {0: 1, 1: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] + 7) // 8 + 1
        data = zlib.compress(bytes(2 * row * SIZE[1]))
        header = struct.pack(">LLBBBBB", *SIZE, depth, colour, method, filters, interlace)
        yield f"{depth} {colour} {method} {filters} {interlace}", head + chunk(b"IHDR", header) + chunk(b"PLTE", bytes(3)) + chunk(b"IDAT", data) + end
    large = zlib.compress(bytes(2 << 20))
    small = zlib.compress(b"text")
    for name in (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"tRNS", b"acTL", b"fcTL", b"eXIf", b"PLTE", b"abCd", b"a Cd", b"teST"):
        for data in (b"", b"k", b"k\0", b"k\0\0", b"k\0\1", b"k\0\0" + small, b"k\0\0" + large, b"k\0\1\0\0\0" + large, b"k\0\1\0\0\0" + small, b"k\0" + bytes(2 << 20), bytes(26)):
            yield f"{name} {len(data)} {data[:9]}", start + chunk(name, data) + idat + end
            if len(data) < 50:
                yield f"{name} {len(data)} {data[:9]}, wrong checksum", start + chunk(name, data, 1) + idat + end
    def frame(number):
        return chunk(b"fcTL", struct.pack(">LLLLLHHBB", number, *SIZE, 0, 0, 1, 1, 0, 0))

    def more(number):
        return chunk(b"fdAT", struct.pack(">L", number) + zlib.compress(bytes((SIZE[0] + 1) * SIZE[1])))

    for name, block in exif_blocks():
        yield f"EXIF {name}", start + chunk(b"eXIf", block) + idat + end
        yield f"raw EXIF {name}", start + chunk(b"tEXt", b"Raw profile type exif\0\nexif\n  8\n" + block.hex().encode()) + idat + end
    parts = {"f0": frame(0), "f1": frame(1), "IDAT": idat, "d0": more(0), "d1": more(1), "d2": more(2)}
    for frames, number in itertools.product((0, 1, 2), (1, 2, 3, 4)):
        for order in itertools.permutations(parts, number):
            if "IDAT" in order:
                moving = chunk(b"acTL", struct.pack(">LL", frames, 0)) if frames else b""
                yield f"animation of {frames}: {' '.join(order)}", start + moving + b"".join(parts[p] for p in order) + end
    yield "wrong checksum of IHDR", head + chunk(b"IHDR", ihdr, 1) + idat + end
    yield "no pixels", start + end
    yield "no size", head + chunk(b"IHDR", bytes(8) + ihdr[8:]) + idat + end
    yield "no header", head + idat + end
    for cut in (4, 16, 40):  # without its IEND a PNG is cut off, although Pillow shows what is there
        yield f"cut {cut}", (start + idat + end)[:cut]


def riff(*chunks, size=None):
    body = b"WEBP" + b"".join(name + struct.pack("<L", len(data)) + data + bytes(len(data) & 1) for name, data in chunks)
    return b"RIFF" + struct.pack("<L", len(body) if size is None else size) + body


def webp_chunks(content):
    at, chunks = 12, []
    while at < len(content):
        size = struct.unpack("<L", content[at + 4:at + 8])[0]
        chunks.append((content[at:at + 4], content[at + 8:at + 8 + size]))
        at += 8 + size + (size & 1)
    return chunks


def webp_head(flags, width=64, height=48):
    return b"VP8X", struct.pack("<L", flags) + struct.pack("<L", width - 1)[:3] + struct.pack("<L", height - 1)[:3]


def webps():
    """Files whose chunks, flags and sizes disagree, or whose picture is damaged where it begins."""
    lossy, = webp_chunks(encoded("WEBP"))
    lossless = webp_chunks(encoded("WEBP", lossless=True))[-1]
    others = [(b"ALPH", bytes(64 * 48 + 1)), (b"ICCP", bytes(10)), (b"EXIF", b"II*\0\x08\0\0\0\0\0"), (b"XMP ", b"<x/>"), (b"ANIM", bytes(6)), (b"abcd", b"abc")]
    for picture in (lossy, lossless):
        for flags in (0, 1, 2, 4, 8, 0x10, 0x20, 0x3e, 0x40, 0x80, 0x100):
            head = webp_head(flags)
            yield f"{flags:#x} {picture[0]}", riff(head, picture)
            yield f"{flags:#x} {picture[0]} twice", riff(head, picture, picture)
            yield f"{flags:#x} {picture[0]}, two heads", riff(head, head, picture)
            for other in others:
                yield f"{flags:#x} {other[0]} {picture[0]}", riff(head, other, picture)
                yield f"{flags:#x} {picture[0]} {other[0]}", riff(head, picture, other)
        for width, height in ((1, 1), (64, 47), (63, 48), (65, 48), (64, 49), (1 << 14, 1 << 14), (1 << 24, 1 << 24)):
            yield f"{width} x {height} {picture[0]}", riff(webp_head(0, width, height), picture)
        for other in others:
            yield f"{other[0]} {picture[0]}", riff(other, picture)
            yield f"{picture[0]} {other[0]}", riff(picture, other)
        for size in (0, 4, 7, 8, 11, 12, 20, len(picture[1]) + 11, len(picture[1]) + 12, len(picture[1]) + 13, (1 << 32) - 1):
            yield f"a size of {size} {picture[0]}", riff(picture, size=size)
        for more in (-10, -1, 1, 2, 1000):
            whole = riff(picture)
            yield f"{more} bytes more {picture[0]}", whole[:16] + struct.pack("<L", len(picture[1]) + more) + whole[20:]
        for i in range(12):
            for value in (0, 1, 0xff):
                damaged = picture[1][:i] + bytes([value]) + picture[1][i + 1:]
                if picture is lossy or i < 5:
                    yield f"byte {i} of {picture[0]} is {value}", riff((picture[0], damaged))
    for size in (0, 5, 9, 11, 12, 20):
        yield f"a head of {size} bytes", riff((b"VP8X", (webp_head(0)[1] + bytes(20))[:size]), lossy)
    moving = webp_chunks(encoded("WEBP", save_all=True, append_images=[Image.effect_noise((64, 48), 90).convert("RGB")], duration=100))
    for i, (name, data) in enumerate(moving):
        yield f"an animation without {i} {name}", riff(*moving[:i], *moving[i + 1:])
        yield f"an animation, {i} {name} twice", riff(*moving[:i], moving[i], *moving[i:])
        for at in range(16 if name == b"ANMF" else len(data)):
            for value in (0, 1, 0xff):
                yield f"an animation, byte {at} of {i} {name} is {value}", riff(*moving[:i], (name, data[:at] + bytes([value]) + data[at + 1:]), *moving[i + 1:])


def icon(picture, size=None, offset=22):
    return struct.pack("<HHHBBBBHHLL", 0, 1, 1, 32, 32, 0, 0, 1, 32, len(picture) if size is None else size, offset) + picture


def icons_of_png():
    """Pillow loads the PNG in an icon when it opens that."""
    for mode in ("RGBA", "RGB", "P", "1"):
        out = io.BytesIO()
        Image.effect_noise((32, 32), 90).convert(mode).save(out, "PNG")
        whole = out.getvalue()
        yield mode, icon(whole)
        at = whole.index(b"IDAT")
        size = struct.unpack(">L", whole[at - 4:at])[0]
        pixels = zlib.decompress(whole[at + 4:at + 4 + size])
        packed, end = zlib.compress(pixels), chunk(b"IEND")
        for name, data in {
            "half": zlib.compress(pixels[:len(pixels) // 2]), "twice": zlib.compress(pixels * 2), "cut": packed[:-10], "no checksum": packed[:-4],
            "wrong checksum": packed[:-4] + b"abcd", "garbage": b"x" * 100, "empty": b"", "a filter that there is not": zlib.compress(b"\x09" + pixels[1:]),
        }.items():
            yield f"{mode}, {name}", icon(whole[:at - 4] + chunk(b"IDAT", data) + end)
        yield f"{mode}, in two chunks", icon(whole[:at - 4] + chunk(b"IDAT", packed[:50]) + chunk(b"IDAT", packed[50:]) + end)
        yield f"{mode}, wrong checksum of a chunk", icon(whole[:at - 4] + chunk(b"IDAT", packed, 1) + end)
        for i in range(at + 4, at + 4 + size, 41):
            yield f"{mode}, byte {i}", icon(whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1:])
        for wrong in (0, 1, len(whole) + 1000):
            yield f"{mode}, a size of {wrong}", icon(whole, wrong)
        for wrong in (0, 6, 21, 23, 1 << 31):
            yield f"{mode}, an offset of {wrong}", icon(whole, offset=wrong)


def encoded(kind, mode="RGB", **options):
    """A picture with some detail, as Pillow writes it."""
    picture = Image.effect_noise((64, 48), 90).convert(mode)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def lossy():
    for kind, modes in (("JPEG", ("L", "RGB", "CMYK")), ("GIF", ("L", "P", "RGB")), ("WEBP", ("RGB", "RGBA"))):
        for mode in modes:
            whole = encoded(kind, mode)
            yield f"{kind} {mode}", whole
            yield f"{kind} {mode}, with something behind it", whole + b"behind"
            for percent in (1, 5, 30, 60, 90):
                yield f"{kind} {mode}, {percent} % of it", whole[:len(whole) * percent // 100]
    yield "progressive", encoded("JPEG", progressive=True)
    whole = encoded("JPEG")
    frame = whole.index(b"\xff\xc0")
    for bits in (8, 12):
        yield f"JPEG of {bits} bits", whole[:frame + 4] + bytes([bits]) + whole[frame + 5:]
    yield "JPEG of 2 components", whole[:frame + 2] + b"\0\x0e" + whole[frame + 4:frame + 9] + b"\2" + whole[frame + 10:frame + 16] + whole[frame + 19:]
    yield "JPEG of no size", whole[:frame + 5] + bytes(4) + whole[frame + 9:]


# Formats that only CVAT reads: what is whole passes, with a warning that does not promise more.
OTHERS = {
    "jp2": ("JPEG2000", "RGB"), "avif": ("AVIF", "RGB"), "dds": ("DDS", "RGB"), "icns": ("ICNS", "RGBA"), "sgi": ("SGI", "RGB"),
    "pcx": ("PCX", "RGB"), "ppm": ("PPM", "RGB"), "pgm": ("PPM", "L"), "pbm": ("PPM", "1"), "xbm": ("XBM", "1"), "tga": ("TGA", "RGB"),
}


VERDICTS = REPO / "internal/source/imageheader/testdata/pillow.txt"


def verdicts():
    """The damaged files of the Go tests, each with the verdict that stands there."""
    name = whole = None
    for line in VERDICTS.read_text().splitlines():
        word, *rest = line.split()
        if word == "file":
            name, whole = rest[0], base64.b64decode(rest[1])
        elif word != "#":
            at, patch = int(rest[0]), bytes.fromhex(rest[1])
            yield word, f"{name} with {rest[1]} at {at}", whole[:at] + patch + whole[at + len(patch):]


class Images(unittest.TestCase):
    def test_verdicts_of_the_go_tests(self):
        said = [(word, name) for word, name, _ in verdicts()]
        found = [("takes" if opened(content, False) is None else "refuses", name) for _, name, content in verdicts()]
        self.assertEqual(said, found)

    def judge(self, files, extension, compressed=False):
        """Each file is a bag, so that the plan says of each whether it is blocked; see opened for compressed."""
        with tempfile.TemporaryDirectory() as root:
            contents = {}
            for i, (name, content) in enumerate(files):
                contents[f"b{i:05}"] = name, content
                (Path(root) / f"b{i:05}").mkdir()
                (Path(root) / f"b{i:05}" / f"x.{extension}").write_bytes(content)
            (Path(root) / "cvatplan.yaml").write_text(MANIFEST)
            done = subprocess.run([BINARY, "plan", "--check", "images", "--output", "json"], cwd=root, capture_output=True, text=True)
            plan = json.loads(done.stdout)
            passed = {c["bag"]: c["action"] == "create" for c in plan["resource_changes"] if "bag" in c}
            self.assertEqual(len(contents), len(passed))
            wrong = []
            for bag, (name, content) in contents.items():
                why = opened(content, compressed)
                if passed[bag] != (why is None):
                    wrong.append(f"{name}: {'passes' if passed[bag] else 'is refused'}; Pillow: {why or 'opens it'}")
            self.assertEqual([], wrong, f"{len(wrong)} of {len(contents)}")

    def test_lossy(self):
        self.judge(lossy(), "jpg")

    def test_others(self):
        for extension, (kind, mode) in OTHERS.items():
            with self.subTest(kind=kind, mode=mode):
                self.judge([(kind, encoded(kind, mode))], extension)

    def test_tiff(self):
        self.judge(tiffs(), "tif")
        self.judge(tiffs_not_unpacked(), "tif", compressed=True)

    def test_bmp(self):
        self.judge(bmps(), "bmp")

    def test_targa(self):
        self.judge(targas(), "tga")

    def test_tiff_sizes(self):
        self.judge(tiff_sizes(), "tif")

    def test_webp(self):
        self.judge(webps(), "webp")

    def test_icon(self):
        self.judge(icons(), "ico")

    def test_icon_of_png(self):
        self.judge(icons_of_png(), "ico")

    def test_png(self):
        self.judge(pngs(), "png", compressed=True)


CUT = "truncated", "APNG", "not enough image data", "cannot load this image", "too large", "raw mode"


def opened(content, compressed):
    """Why Pillow does not open a file, or does not load its pixels; None if it does. Of compressed pixels that are not unpacked
    here only what says that the file is cut off counts."""
    try:
        image = Image.open(io.BytesIO(content))
    except Exception as error:
        return repr(error)
    try:
        image.load()
    except Exception as error:
        if not compressed or any(said in str(error) for said in CUT):
            return repr(error)
    if max(image.size) > 65500:
        return "CVAT shows images as JPEGs, which are no longer"
    try:
        image.getexif().get(274, 1) > 4  # as CVAT looks at the orientation
    except Exception as error:
        return repr(error)
    return None


if __name__ == "__main__":
    unittest.main()
