package imageheader

import (
	"path"
	"strings"
)

// imageExtensions are those that CVAT 2.73 takes for images (its media.mimetypes and
// Python's own table) and its Pillow opens. CVAT drops any other file silently.
var imageExtensions = set(
	".avif", ".bmp", ".cur", ".dds", ".fits", ".gif", ".icb", ".icns", ".ico", ".jp2", ".jpe",
	".jpeg", ".jpf", ".jpg", ".jpx", ".pbm", ".pcx", ".pgm", ".png", ".pnm", ".ppm", ".psd",
	".ras", ".rgb", ".sgi", ".tga", ".tif", ".tiff", ".vda", ".vst", ".webp", ".xbm", ".xpm",
)

// pictureExtensions are images too, but CVAT drops them or fails to open them; people
// should hear that they were left out.
var pictureExtensions = set(
	".apng", ".arw", ".cr2", ".cr3", ".dng", ".eps", ".exr", ".hdr", ".heic", ".heif", ".j2k",
	".jfif", ".jxl", ".nef", ".orf", ".pfm", ".qoi", ".raw", ".rw2", ".svg",
)

// Accepted reports whether CVAT takes a file of this name for an image, by its extension in any case.
func Accepted(name string) bool { return hasExtension(imageExtensions, name) }

// Unsupported reports whether a name is that of an image that CVAT does not take.
func Unsupported(name string) bool { return hasExtension(pictureExtensions, name) }

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// hasExtension looks a name's extension up, in any case.
func hasExtension(table map[string]bool, name string) bool {
	ext := path.Ext(name)
	return table[ext] || table[strings.ToLower(ext)]
}
