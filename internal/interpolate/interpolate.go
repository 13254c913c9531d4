// Package interpolate gives the shape of a track on every frame between its keyframes, as CVAT 2.73 does
// when it exports annotations: a track is stored, and answered by the API, as keyframes alone.
//
// Nothing here knows labels or attributes: a [Position] names the keyframe whose other properties hold on its frame.
// The numbers of testdata/tracks.json were measured on CVAT.
package interpolate

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// A Kind is a type of shape, in CVAT's words.
type Kind string

// The kinds that a track can have. A mask cannot be tracked.
const (
	Rectangle Kind = "rectangle" // x1 y1 x2 y2
	Ellipse   Kind = "ellipse"   // centre x y, right x, top y
	Cuboid    Kind = "cuboid"    // 8 corners; in 3D: position, rotation in radians, scale, and zeros
	Polygon   Kind = "polygon"   // x y x y …
	Polyline  Kind = "polyline"
	Points    Kind = "points"
	Skeleton  Kind = "skeleton" // no points of its own: its elements are tracks of points
)

// A Keyframe is a track's shape on a frame on which somebody, or a tool, has set it.
type Keyframe struct {
	Frame    int
	Kind     Kind
	Points   []float64 // in pixels
	Rotation float64   // in degrees, 0 to 360
	Outside  bool      // the track leaves the picture here, until the next keyframe
}

// A Position is a track's shape on one frame.
type Position struct {
	Frame    int
	Key      int  // the index of the keyframe whose attributes, occlusion and order hold here
	Keyframe bool // the frame is that of the keyframe itself
	Outside  bool
	Points   []float64 // shared with the keyframe where nothing moves: not to be written to
	Rotation float64
}

// Options say on which frames a track is asked for.
type Options struct {
	Start, End  int            // frames from Start up to, without, End
	Deleted     func(int) bool // frames that are hidden: their keyframes do not count; nil where none is
	KeepOutside bool           // also between an outside keyframe and the next one, as elements of a skeleton need it
	ThreeD      bool           // cuboids of a point cloud, whose rotation turns the short way round
}

// Track gives the positions of a track in the order of frames. Keyframes may come in any order; of several on one
// frame the last counts. It fails where keyframes are of several kinds: CVAT cannot export such a track either.
func Track(keys []Keyframe, o Options) (iter.Seq[Position], error) {
	order := visible(keys, o)
	for _, k := range order {
		if keys[k].Kind != keys[order[0]].Kind {
			return nil, fmt.Errorf("keyframe on frame %d is a %s, the track's first one a %s: CVAT cannot interpolate between them",
				keys[k].Frame, keys[k].Kind, keys[order[0]].Kind)
		}
	}
	return func(yield func(Position) bool) {
		within := func(p Position) bool {
			if p.Frame < o.Start || p.Frame >= o.End || o.deleted(p.Frame) {
				return true
			}
			return yield(p)
		}
		for i, k := range order {
			at := Position{Frame: keys[k].Frame, Key: k, Keyframe: true, Outside: keys[k].Outside, Points: keys[k].Points, Rotation: keys[k].Rotation}
			if at.Frame >= o.End || !within(at) {
				return
			}
			if keys[k].Outside && !o.KeepOutside {
				continue
			}
			next, move := o.End, stay(keys[k])
			if i+1 < len(order) {
				next, move = keys[order[i+1]].Frame, moving(keys[k], keys[order[i+1]], o.ThreeD)
			}
			at.Keyframe = false
			for at.Frame = max(keys[k].Frame+1, o.Start); at.Frame < min(next, o.End); at.Frame++ {
				at.Points, at.Rotation = move(at.Frame)
				if !within(at) {
					return
				}
			}
		}
	}, nil
}

func (o Options) deleted(frame int) bool { return o.Deleted != nil && o.Deleted(frame) }

// visible are the indices of the keyframes that count, by frame.
func visible(keys []Keyframe, o Options) []int {
	order := make([]int, 0, len(keys))
	for i, k := range keys {
		if !o.deleted(k.Frame) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a].Frame, keys[b].Frame) })
	last := order[:0]
	for i, k := range order {
		if i+1 == len(order) || keys[order[i+1]].Frame != keys[k].Frame {
			last = append(last, k)
		}
	}
	return last
}

// A mover gives the points and the rotation on a frame after a keyframe.
type mover func(frame int) (points []float64, rotation float64)

func stay(k Keyframe) mover {
	return func(int) ([]float64, float64) { return k.Points, k.Rotation }
}

// moving is how a shape gets from a keyframe to the next one.
func moving(a, b Keyframe, threeD bool) mover {
	share := func(frame int) float64 { return float64(frame-a.Frame) / float64(b.Frame-a.Frame) }
	switch {
	case threeD:
		return func(f int) ([]float64, float64) {
			return linear3D(a.Points, b.Points, share(f)), turn(a.Rotation, b.Rotation, share(f))
		}
	case (a.Kind == Polygon || a.Kind == Polyline) && len(a.Points) > 1 && len(b.Points) > 1:
		m := newMorph(a, b)
		return func(f int) ([]float64, float64) { return m.at(share(f)), a.Rotation }
	case len(a.Points) != len(b.Points) || a.Kind == Points && len(a.Points) != 2:
		return stay(a) // several points keep their place until the next keyframe
	}
	return func(f int) ([]float64, float64) {
		return linear(a.Points, b.Points, share(f)), turn(a.Rotation, b.Rotation, share(f))
	}
}
