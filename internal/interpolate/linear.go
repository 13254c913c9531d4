package interpolate

import "math"

func linear(a, b []float64, share float64) []float64 {
	points := make([]float64, len(a))
	for i := range a {
		points[i] = a[i] + (b[i]-a[i])*share
	}
	return points
}

// linear3D moves and scales a cuboid of a point cloud linearly, and turns it (coordinates 3 to 5, in radians) the
// short way round.
func linear3D(a, b []float64, share float64) []float64 {
	if len(a) != len(b) || len(a) < 6 {
		return a
	}
	points := linear(a, b, share)
	for i := 3; i < 6; i++ {
		from, to := degrees(a[i]), degrees(b[i])
		angle := (from + shortWay(from, to)*share) * math.Pi / 180
		if angle > math.Pi {
			angle -= 2 * math.Pi
		}
		points[i] = angle
	}
	return points
}

// degrees of an angle in radians, -π to π, as 0 to 360.
func degrees(angle float64) float64 {
	if angle < 0 {
		angle += 2 * math.Pi
	}
	return angle * 180 / math.Pi
}

// turn is the rotation in degrees on the way from a to b.
func turn(a, b, share float64) float64 {
	return mod360(a + shortWay(a, b)*share + 360)
}

// shortWay is the signed angle from one rotation to another, at most half a turn. Where it is exactly half a turn CVAT
// takes it for one degree (measured on 2.73), and so do its exports.
func shortWay(from, to float64) float64 {
	way := mod360(to-from+180) - 180
	if math.Abs(way) >= 180 {
		return 1
	}
	return way
}

// mod360 is never negative.
func mod360(angle float64) float64 {
	angle = math.Mod(angle, 360)
	if angle < 0 {
		angle += 360
	}
	return angle
}
