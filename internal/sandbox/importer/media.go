package importer

import (
	"path"
	"strings"
)

// A kind of media is what CVAT takes a file for, by its name's ending alone: an image
// named .dat is none, and is dropped without a word (A53).
type mediaKind string

const (
	mediaImage     mediaKind = "image"
	mediaVideo     mediaKind = "video"
	mediaAudio     mediaKind = "audio"
	mediaArchive   mediaKind = "archive"
	mediaDirectory mediaKind = "directory"
	mediaPDF       mediaKind = "pdf"
	mediaZip       mediaKind = "zip"
)

// mediaKinds in the order in which CVAT counts them. Of a unique kind there may be one
// file, and nothing else.
var mediaKinds = []struct {
	kind   mediaKind
	unique bool
}{
	{mediaImage, false}, {mediaVideo, true}, {mediaAudio, true}, {mediaArchive, true},
	{mediaDirectory, false}, {mediaPDF, true}, {mediaZip, true},
}

// endings are Python's and CVAT's tables of MIME types, as far as they count.
var endings = map[mediaKind]string{
	mediaImage: `3ds ag apng arw avci avcs avif bay bin bmp bmq cgm cr2 crw cs1 cs2 cur dcr dds djv djvu dng dwg dxf emf eps epsf epsi erf exr
		fff fits fts g3 gif hdr heic heics heif heifs hrd icb icns ico ief iff ilbm j2k jng jp2 jpe jpeg jpf jpg jpg2 jpgm jpm jpx jxl k25 kdc
		lbm lwo lwob lws mdc mdi mos mrw msod nef ora orf pat pbm pcd pct pcx pef pgm pic pict pict1 pict2 png pnm pntg pnx ppm psd qif qtif
		raf ras raw rdc rgb rle rp rw2 sgi sk sk1 spng sr2 srf sun tga tif tiff tpic vda vst wbmp webp wmf x3f xbm xcf xif xpm xwd`,
	mediaVideo: `3g2 3ga 3gp 3gp2 3gpp 3gpp2 avf avi axv bdm bdmv clpi cpi divx dv f4v flc fli flv fxm lrv m1u m1v m2t m2ts m4u m4v mj2 mk3d mkv
		mng moov mov movie mp2 mp4 mpa mpe mpeg mpg mpl mpls mpv mts mxf mxu nsv ogg ogm ogv qt qtvr rv rvx ts viv vivo vob webm wm wmp wmv`,
	mediaAudio:   `aac ac3 aif aifc aiff amr au awb flac m3u m4a mid mlp mp1 mp3 mpega oga opus pls ra ram rm sd2 sid snd spx wav wax wma`,
	mediaArchive: `7z bz bz2 cpio gtar gz rar tar taz tbz2 tgz txz xz`,
	mediaPDF:     `pdf`,
	mediaZip:     `zip`,
}

var kindOfEnding = func() map[string]mediaKind {
	m := map[string]mediaKind{}
	for kind, list := range endings {
		for _, e := range strings.Fields(list) {
			m["."+e] = kind
		}
	}
	return m
}()

// kindOf is what CVAT takes a file for; "" is nothing that it knows.
func kindOf(name string) mediaKind {
	return kindOfEnding[strings.ToLower(path.Ext(name))]
}

// pointCloud tells whether the file makes its task a 3D one.
func pointCloud(name string) bool {
	e := strings.ToLower(path.Ext(name))
	return e == ".pcd" || e == ".bin"
}

// junk tells whether a zip's entry is rubbish that a Mac left there.
func junk(name string) bool {
	for _, j := range []string{"__MSOSX", "._.DS_Store", "__MACOSX", ".DS_Store"} {
		if strings.Contains(name, j) {
			return true
		}
	}
	return false
}
