package rosimage

func uyvy(g grid, _ Options) (*picture, error) { return yuv422(g, 1, 0, 2) }
func yuyv(g grid, _ Options) (*picture, error) { return yuv422(g, 0, 1, 3) }

// yuv422 is four bytes for two pixels: the first luma at y0, the second two
// behind it, and the colour that they share at u and v.
func yuv422(g grid, y0, u, v int) (*picture, error) {
	row := func(dst []byte, y int) {
		for src := g.row(y); len(src) >= 4; src, dst = src[4:], dst[6:] {
			r, gr, b := chroma(src[u], src[v])
			luma(dst[0:3], src[y0], r, gr, b)
			luma(dst[3:6], src[y0+2], r, gr, b)
		}
	}
	return &picture{width: g.width, height: g.height, channels: 3, bits: 8, row: row}, nil
}

// ITU-R BT.601 with luma from 16 to 235, in fixed point of 20 bits, with the
// coefficients rounded to three decimals as OpenCV has them.
const (
	yuvBits = 20
	yuvOne  = 1 << yuvBits
	lumaY   = yuvOne * 1164 / 1000
	redV    = yuvOne * 1596 / 1000
	greenU  = yuvOne * 391 / 1000
	greenV  = yuvOne * 813 / 1000
	blueU   = yuvOne * 2018 / 1000
)

// chroma is what a colour adds to red, green and blue, with the rounding's half.
func chroma(u, v byte) (r, g, b int) {
	cu, cv := int(u)-128, int(v)-128
	const half = yuvOne / 2
	return half + redV*cv, half - greenU*cu - greenV*cv, half + blueU*cu
}

// luma writes one pixel.
func luma(dst []byte, y byte, r, g, b int) {
	l := max(int(y)-16, 0) * lumaY
	dst[0] = clamp8((l + r) >> yuvBits)
	dst[1] = clamp8((l + g) >> yuvBits)
	dst[2] = clamp8((l + b) >> yuvBits)
}

func clamp8(v int) byte { return byte(min(max(v, 0), 255)) }
