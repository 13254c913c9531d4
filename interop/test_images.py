"""Which image files pass, against Pillow: what `plan --check images` lets pass, Pillow opens, and the other way round."""

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
from support import BINARY

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
    for compression in (1, 2, 5, 7, 8, 9, 32771, 32773, 32946, 34661, 34676, 34712, 34887, 34925, 50000, 50001, 50002):
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
    yield "BigTIFF", tiff(big=True)
    yield "BigTIFF, big-endian", tiff(order=">", big=True)
    whole = tiff(photo=2, bits=(8, 8, 8))
    for cut in (1, 100, len(whole) - 20, len(whole) - 9):
        yield f"cut {cut}", whole[:-cut]


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
    yield "wrong checksum of IHDR", head + chunk(b"IHDR", ihdr, 1) + idat + end
    yield "no pixels", start + end
    yield "no size", head + chunk(b"IHDR", bytes(8) + ihdr[8:]) + idat + end
    yield "no header", head + idat + end
    for cut in (4, 16, 40):  # without its IEND a PNG is cut off, although Pillow shows what is there
        yield f"cut {cut}", (start + idat + end)[:cut]


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


class Images(unittest.TestCase):
    def judge(self, files, extension):
        """Each file is a bag, so that the plan says of each whether it is blocked."""
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
                why = opened(content, extension in ("tif", "png"))
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

    def test_bmp(self):
        self.judge(bmps(), "bmp")

    def test_targa(self):
        self.judge(targas(), "tga")

    def test_icon(self):
        self.judge(icons(), "ico")

    def test_png(self):
        self.judge(pngs(), "png")


CUT = "truncated", "not enough image data", "cannot load this image", "too large", "rawmode"


def opened(content, compressed):
    """Why Pillow does not open a file, or does not load its pixels; None if it does. These zeros are no compressed
    pixels, so that of such formats only what says that the file is cut off counts."""
    try:
        image = Image.open(io.BytesIO(content))
    except Exception as error:
        return repr(error)
    try:
        image.load()
    except Exception as error:
        if not compressed or any(said in str(error) for said in CUT):
            return repr(error)
    return None


if __name__ == "__main__":
    unittest.main()
