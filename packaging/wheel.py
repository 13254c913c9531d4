#!/usr/bin/env python3
"""Wrap a static cvatplan binary in a wheel, for people who install their tools with pip.

    wheel.py --binary PATH --version 1.2.3 --os linux --arch amd64 --out DIR

A wheel is a zip with a file list (PEP 427). The binary goes to *.data/scripts, which pip puts on PATH. It links no C library,
so that one Linux wheel serves glibc and musl. The same input makes the same bytes. Needs the standard library only.
"""
import argparse
import base64
import hashlib
import pathlib
import re
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# GOOS, GOARCH -> the platform tags of a wheel; the oldest systems are those that Go itself supports.
PLATFORMS = {
    ("linux", "amd64"): "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    ("linux", "arm64"): "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    ("darwin", "amd64"): "macosx_12_0_x86_64",
    ("darwin", "arm64"): "macosx_12_0_arm64",
    ("windows", "amd64"): "win_amd64",
    ("windows", "arm64"): "win_arm64",
}


def python_version(version):
    """A version as PEP 440 writes it: v1.2.3-rc.1 -> 1.2.3rc1, and a snapshot's 1.2.3-SNAPSHOT-abc -> 1.2.3.dev0+abc."""
    text = version.removeprefix("v")
    text = re.sub(r"-SNAPSHOT-(\w+)$", r".dev0+\1", text)
    return re.sub(r"-(alpha|beta|rc)\.?(\d+)$", r"\1\2", text)


def metadata(version):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return (
        "Metadata-Version: 2.1\n"
        "Name: cvatplan\n"
        f"Version: {version}\n"
        "Summary: Terraform for CVAT tasks: a manifest says which annotation tasks should exist, apply creates what is missing\n"
        "License: Apache-2.0\n"
        "Requires-Python: >=3.8\n"
        "Description-Content-Type: text/markdown\n"
        f"\n{readme}"
    ).encode()


def build(binary, version, system, arch, out):
    version, tags = python_version(version), PLATFORMS[system, arch]
    info = f"cvatplan-{version}.dist-info"
    wheel = "Wheel-Version: 1.0\nGenerator: cvatplan packaging/wheel.py\nRoot-Is-Purelib: false\n" + "".join(
        f"Tag: py3-none-{tag}\n" for tag in tags.split(".")
    )
    name = "cvatplan.exe" if system == "windows" else "cvatplan"
    files = [
        (f"cvatplan-{version}.data/scripts/{name}", pathlib.Path(binary).read_bytes(), 0o755),
        (f"{info}/METADATA", metadata(version), 0o644),
        (f"{info}/WHEEL", wheel.encode(), 0o644),
        (f"{info}/licenses/LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
    ]
    record = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data, _ in files) + f"{info}/RECORD,,\n"
    files.append((f"{info}/RECORD", record.encode(), 0o644))
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"cvatplan-{version}-py3-none-{tags}.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as z:
        for path, data, mode in files:
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(entry, data)
    return target


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for flag in ("--binary", "--version", "--os", "--arch"):
        p.add_argument(flag, required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    a = p.parse_args()
    if (a.os, a.arch) not in PLATFORMS:
        p.error(f"no wheel is made for {a.os}/{a.arch}; there are {', '.join('/'.join(k) for k in PLATFORMS)}")
    print(build(a.binary, a.version, a.os, a.arch, a.out))


if __name__ == "__main__":
    main()
