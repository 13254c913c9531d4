package remux

import (
	"encoding/binary"

	"github.com/Eyevinn/mp4ff/av1"
	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/hevc"
	"github.com/Eyevinn/mp4ff/mp4"
)

// mostSets is how many parameter sets of one kind an MP4's header has room for.
const mostSets = 31

func manySets() error { return &UnsupportedError{Text: "more than 31 parameter sets of one kind"} }

func (h *h264) entry(p picture) (entry, error) {
	sps, pps := h.sets.of(h264SPS), h.sets.of(h264PPS)
	if len(sps) > mostSets || len(pps) > mostSets {
		return entry{}, manySets()
	}
	return entry{"avc3", p.width, p.height, &mp4.AvcCBox{DecConfRec: avc.DecConfRec{
		AVCProfileIndication: sps[0][1], ProfileCompatibility: sps[0][2], AVCLevelIndication: sps[0][3],
		SPSnalus: sps, PPSnalus: pps, NoTrailingInfo: true,
	}}}, nil
}

func (h *h265) entry(p picture) (entry, error) {
	vps, sps, pps := h.sets.of(h265VPS), h.sets.of(h265SPS), h.sets.of(h265PPS)
	if len(vps) > mostSets || len(sps) > mostSets || len(pps) > mostSets {
		return entry{}, manySets()
	}
	if len(vps) == 0 {
		return entry{}, &UnsupportedError{Text: "no video parameter set (VPS) came before it"}
	}
	var first *h265SPSet
	for _, s := range h.sps {
		if s != nil {
			first = s
			break
		}
	}
	t := first.tier
	return entry{"hev1", p.width, p.height, &mp4.HvcCBox{DecConfRec: hevc.DecConfRec{
		ConfigurationVersion: 1,
		GeneralProfileSpace:  t[0] >> 6, GeneralTierFlag: t[0]&0x20 != 0, GeneralProfileIDC: t[0] & 31,
		GeneralProfileCompatibilityFlags: binary.BigEndian.Uint32(t[1:]),
		GeneralConstraintIndicatorFlags:  binary.BigEndian.Uint64(t[3:]) & (1<<48 - 1),
		GeneralLevelIDC:                  t[11],
		ChromaFormatIDC:                  byte(first.chroma), BitDepthLumaMinus8: byte(first.depth[0]), BitDepthChromaMinus8: byte(first.depth[1]),
		LengthSizeMinusOne: 3,
		NaluArrays: []hevc.NaluArray{
			hevc.NewNaluArray(false, h265VPS, vps),
			hevc.NewNaluArray(false, h265SPS, sps),
			hevc.NewNaluArray(false, h265PPS, pps),
		},
	}}}, nil
}

func (a *av1Stream) entry(p picture) (entry, error) {
	s := a.sequence
	return entry{"av01", p.width, p.height, &mp4.Av1CBox{CodecConfRec: av1.CodecConfRec{
		Version: 1, SeqProfile: s.profile, SeqLevelIdx0: s.level, SeqTier0: s.tier,
		HighBitdepth: bit(s.color.high), TwelveBit: bit(s.color.twelve), MonoChrome: bit(s.color.mono),
		ChromaSubsamplingX: bit(s.color.subX), ChromaSubsamplingY: bit(s.color.subY), ChromaSamplePosition: s.color.position,
		ConfigOBUs: a.sets.of(obuSequence)[0],
	}}}, nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
