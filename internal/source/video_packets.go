package source

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/remux"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A packetCheck is given the bytes of a video file as they are read, from the first to the last, and looks into its packets,
// where they are of H.264, H.265 or AV1: that some are missing, the file's tables do not show.
type packetCheck struct {
	file    *video.File
	packets []video.Packet // that are still to come
	check   *remux.Check
	at      int64  // in the file
	held    []byte // of the next packet
}

// maxPacket is how much of a file is held at most: a larger packet ends the check.
const maxPacket = 16 << 20

// checkPackets begins the check of a video.
func checkPackets(ctx context.Context, v frame.Video) (*packetCheck, error) {
	f, err := v.Packets(ctx)
	switch {
	case err != nil:
		return nil, err
	case f == nil:
		return &packetCheck{file: &video.File{}, check: remux.NewCheck("", nil)}, nil
	}
	c := &packetCheck{file: f, packets: f.Packets, check: remux.NewCheck(remux.Codec(f.Codec), f.Config)}
	end := int64(0)
	for _, p := range f.Packets {
		if p.At < end || p.Size > maxPacket { // if they lie in another order, they would have to be held until their turn comes
			c.packets = nil
			break
		}
		end = p.At + int64(p.Size)
	}
	return c, nil
}

// Write looks into what comes next in the file. It never fails.
func (c *packetCheck) Write(b []byte) (int, error) {
	end := c.at + int64(len(b))
	for len(c.packets) > 0 {
		next := c.packets[0]
		from, until := next.At+int64(len(c.held)), next.At+int64(next.Size)
		if from >= end {
			break
		}
		piece := b[from-c.at : min(until, end)-c.at]
		if len(c.held) > 0 || until > end {
			c.held = append(c.held, piece...)
			piece = c.held
		}
		if until > end {
			break
		}
		c.packets, c.held = c.packets[1:], c.held[:0]
		if !c.check.Add(piece) {
			c.packets = nil
		}
	}
	c.at = end
	return len(b), nil
}

// checkVideo looks into the packets of a task's video.
func checkVideo(ctx context.Context, t Task) (Task, []diag.Diagnostic) {
	packets, err := checkPackets(ctx, t.videoSource())
	if err == nil {
		err = packets.readAll(ctx, t.videoSource())
	}
	if ctx.Err() != nil {
		return t, nil
	}
	var problems []diag.Diagnostic
	if err != nil {
		problems = []diag.Diagnostic{t.unreadable(0, err)}
	} else {
		problems = packets.problems(t)
	}
	t.Problems = slices.Clone(t.Problems)
	t.blockAll(problems)
	return t, problems
}

// readAll reads the video up to its last packet.
func (c *packetCheck) readAll(ctx context.Context, v frame.Video) error {
	if len(c.packets) == 0 {
		return nil
	}
	file, err := v.File(ctx)
	if err != nil {
		return err
	}
	r := store.Reader(file)
	defer r.Close()
	for block := make([]byte, 1<<20); len(c.packets) > 0 && ctx.Err() == nil; {
		n, err := r.Read(block)
		_, _ = c.Write(block[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// problems are what the packets tell of the task's video.
func (c *packetCheck) problems(t Task) []diag.Diagnostic {
	where := wording.Safe(t.frames.source.Where(0))
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeVideoFrames, Hint: diag.Do(diag.HintEncodeAgain), Task: t.Name, Pos: t.Origin}
	fault, gaps, leading := c.check.Faults()
	silent, missing := c.silentGap()
	switch {
	case fault != nil && fault.Broken:
		p.Code = diag.CodeBadVideo
		p.Text = fmt.Sprintf("%s: packet %d: %s: CVAT's import fails for it", where, fault.Packet, wording.Safe(fault.Text))
	case fault != nil:
		p.Text = fmt.Sprintf("%s: packet %d: %s; all later frames get other numbers", where, fault.Packet, fault.Text)
	case leading > c.file.Hidden:
		p.Text = fmt.Sprintf("%s: it begins in the midst of a stream (open GOP): CVAT's decoder drops %s after its first key frame, which need others that are not there, and all later frames get other numbers",
			where, wording.Count(leading, "frame", "frames"))
	case gaps.Count > 0:
		p.Severity, p.Code, p.Hint = diag.Warning, diag.CodeVideoPackets, diag.Hint{}
		p.Text = fmt.Sprintf("%s: packets are missing in %s, the first before packet %d: from there to the next key frame CVAT shows what its decoder makes up", where, wording.Count(gaps.Count, "place", "places"), gaps.First)
	case missing:
		p.Severity, p.Code, p.Hint = diag.Warning, diag.CodeVideoPackets, diag.Hint{}
		p.Text = fmt.Sprintf("%s: by its times %s missing after frame %d, as many as a group of pictures has: if packets were lost there, CVAT shows what its decoder makes up until the next key frame, or its import fails",
			where, wording.Count(silent.Missing, "frame is", "frames are"), silent.Before)
	default:
		return nil
	}
	return []diag.Diagnostic{p}
}

// mostReordered is how many frames are shown, at most, between two that were lost one after the other.
const mostReordered = 16

// silentGap is a place where frames are missing by the clock and the packets cannot tell it, if these were lost: where so many are missing
// as a group of pictures has, their key frame among them, the numbers in those behind go on where those before ended. Where a
// group begins behind the gap, the decoder needs nothing of what is missing.
func (c *packetCheck) silentGap() (video.Gap, bool) {
	groups := c.check.Groups()
	if len(groups) == 0 {
		return video.Gap{}, false
	}
	shortest := 0
	for i := 1; i < len(groups); i++ {
		if n := groups[i].Packet - groups[i-1].Packet; shortest == 0 || n < shortest {
			shortest = n
		}
	}
	gaps := c.file.Gaps()
	for len(gaps) > 0 {
		gap, next := gaps[0], gaps[0].Before+1
		for gaps = gaps[1:]; len(gaps) > 0 && gaps[0].Before < next+mostReordered; gaps = gaps[1:] {
			gap.Missing, next = gap.Missing+gaps[0].Missing, gaps[0].Before+1
		}
		begins := slices.ContainsFunc(groups, func(of remux.Group) bool {
			return of.Closed && of.Packet > gap.Before && of.Packet <= next+c.file.Hidden
		})
		if !begins && gap.Missing >= cmp.Or(shortest, next) {
			return gap, true
		}
	}
	return video.Gap{}, false
}
