package bag

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// text is n bytes that compress well but not to nothing.
func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*i>>8) ^ byte(i>>5)
	}
	return b
}

func packLZ4(t testing.TB, data []byte, options ...lz4.Option) []byte {
	t.Helper()
	var out bytes.Buffer
	w := lz4.NewWriter(&out)
	if err := w.Apply(options...); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packZstd(t testing.TB, data []byte, options ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

func TestEveryKindOfFrameUnpacks(t *testing.T) {
	data := text(300_000)
	for name, c := range map[string]struct {
		codec codec
		src   []byte
	}{
		"lz4, 64 KiB blocks":      {lz4Codec, packLZ4(t, data, lz4.BlockSizeOption(lz4.Block64Kb))},
		"lz4, 4 MiB blocks":       {lz4Codec, packLZ4(t, data, lz4.BlockSizeOption(lz4.Block4Mb))},
		"lz4, block checksums":    {lz4Codec, packLZ4(t, data, lz4.BlockChecksumOption(true), lz4.BlockSizeOption(lz4.Block64Kb))},
		"lz4, no checksum":        {lz4Codec, packLZ4(t, data, lz4.ChecksumOption(false))},
		"lz4, content size":       {lz4Codec, packLZ4(t, data, lz4.SizeOption(uint64(len(data))))},
		"lz4, two frames":         {lz4Codec, append(packLZ4(t, data[:1000]), packLZ4(t, data[1000:])...)},
		"lz4, zeros behind it":    {lz4Codec, append(packLZ4(t, data), make([]byte, 7)...)},
		"zstd, zeros behind it":   {zstdCodec, append(packZstd(t, data), make([]byte, 7)...)},
		"lz4, a buffer's rest":    {lz4Codec, append(packLZ4(t, data), "the rest of a buffer"...)},
		"zstd, a buffer's rest":   {zstdCodec, append(packZstd(t, data), "the rest of a buffer"...)},
		"lz4, skippable frame":    {lz4Codec, append([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"), packLZ4(t, data)...)},
		"zstd":                    {zstdCodec, packZstd(t, data)},
		"zstd, no checksum":       {zstdCodec, packZstd(t, data, zstd.WithEncoderCRC(false))},
		"zstd, single segment":    {zstdCodec, packZstd(t, data, zstd.WithSingleSegment(true))},
		"zstd, two frames":        {zstdCodec, append(packZstd(t, data[:1000]), packZstd(t, data[1000:])...)},
		"zstd, best":              {zstdCodec, packZstd(t, data, zstd.WithEncoderLevel(zstd.SpeedBestCompression))},
		"zstd, with a long empty": {zstdCodec, append(packZstd(t, data), "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"...)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, buf := range [][]byte{nil, make([]byte, 10), make([]byte, 0, len(data)), make([]byte, 2*len(data))} {
				got, err := decompress(c.codec, buf, c.src, int64(len(data)))
				if err != nil || !bytes.Equal(got, data) {
					t.Fatalf("%d bytes into %d: %d bytes, error %v", len(data), cap(buf), len(got), err)
				}
			}
		})
	}
}

// A few bytes that claim to be a gigabyte must not cost a gigabyte.
func TestAnImplausibleClaimTakesNoMemory(t *testing.T) {
	data := text(100_000)
	for name, c := range map[string]struct {
		codec codec
		src   []byte
	}{
		"lz4":  {lz4Codec, packLZ4(t, data)},
		"zstd": {zstdCodec, packZstd(t, data)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decompress(c.codec, nil, c.src, 1<<30)
			if !errors.Is(err, errImplausible) || got != nil {
				t.Errorf("%d bytes, error %v", len(got), err)
			}
			for _, claim := range []int64{0, 1, 99_999, 100_001} {
				if _, err := decompress(c.codec, nil, c.src, claim); err == nil {
					t.Errorf("%d bytes claimed of 100000: no error", claim)
				}
			}
		})
	}
}

func TestDamagedFramesAreErrors(t *testing.T) {
	data := text(70_000)
	for name, c := range map[string]struct {
		codec codec
		src   []byte
	}{
		"lz4":  {lz4Codec, packLZ4(t, data)},
		"zstd": {zstdCodec, packZstd(t, data)},
	} {
		t.Run(name, func(t *testing.T) {
			for n := range len(c.src) - 4 { // the last 4 are a checksum, which lz4 may lack
				if _, err := decompress(c.codec, nil, c.src[:n], int64(len(data))); err == nil {
					t.Errorf("cut after %d of %d bytes: no error", n, len(c.src))
				}
			}
		})
	}
}

// A recording that was cut off within its only chunk is not lost.
func TestWhatLiesBeforeACutInAFrameIsGivenWithTheError(t *testing.T) {
	data := noise(rand.New(rand.NewPCG(1, 1)), 2<<20)
	for name, c := range map[string]struct {
		codec codec
		src   []byte
	}{
		"lz4":  {lz4Codec, packLZ4(t, data, lz4.BlockSizeOption(lz4.Block64Kb))},
		"zstd": {zstdCodec, packZstd(t, data)}, // which says how long it should be
	} {
		t.Run(name, func(t *testing.T) {
			out, err := decompress(c.codec, nil, c.src[:len(c.src)*7/10], int64(len(data)))
			if err == nil || len(out) < len(data)/2 || !bytes.HasPrefix(data, out) {
				t.Errorf("%d bytes of %d, error %v", len(out), len(data), err)
			}
		})
	}
}

func TestStrictChecksTheChecksumOfLZ4(t *testing.T) {
	data := text(70_001)
	src := packLZ4(t, data)
	if !lz4Sound(src, data) {
		t.Error("a sound frame is called damaged")
	}
	data[69_999] ^= 1
	if lz4Sound(src, data) {
		t.Error("a damaged frame is called sound")
	}
}

// The checksums are those of the xxHash reference implementation.
func TestXXH32(t *testing.T) {
	for text, want := range map[string]uint32{
		"":    0x02cc5d05,
		"a":   0x550d7456,
		"abc": 0x32d153ff,
		"Nobody inspects the spammish repetition": 0xe2293b2f,
	} {
		if got := xxh32([]byte(text)); got != want {
			t.Errorf("xxh32(%q) = %#x, want %#x", text, got, want)
		}
	}
}

func TestZstdBoundIsNeverTooSmall(t *testing.T) {
	for _, n := range []int{0, 1, 100, 1 << 17, 1<<17 + 1, 1 << 20} {
		for _, data := range [][]byte{text(n), make([]byte, n)} {
			bound, err := zstdBound(inMemory(packZstd(t, data)))
			if err != nil || bound < int64(n) || bound > int64(n)+zstdBlock {
				t.Errorf("%d bytes: bound %d, error %v", n, bound, err)
			}
		}
	}
}
