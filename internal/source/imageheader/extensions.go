package source

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

// ignoredByCVAT are the names that CVAT drops wherever they stand in a path
// (media_extractors.files_to_ignore), and the directory of context images.
func ignoredByCVAT(name string) bool {
	return name == "related_images" || strings.Contains(name, "__MACOSX") ||
		strings.Contains(name, "__MSOSX") || strings.Contains(name, ".DS_Store")
}
