package prediction

import (
	"math"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/rosmsg"
)

// detection2DArray is the definition since ROS 2 Humble (vision_msgs 4), for recordings without one.
const detection2DArray = `std_msgs/Header header
vision_msgs/Detection2D[] detections
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
MSG: vision_msgs/Detection2D
std_msgs/Header header
vision_msgs/ObjectHypothesisWithPose[] results
vision_msgs/BoundingBox2D bbox
string id
MSG: vision_msgs/ObjectHypothesisWithPose
vision_msgs/ObjectHypothesis hypothesis
geometry_msgs/PoseWithCovariance pose
MSG: vision_msgs/ObjectHypothesis
string class_id
float64 score
MSG: vision_msgs/BoundingBox2D
vision_msgs/Pose2D center
float64 size_x
float64 size_y
MSG: vision_msgs/Pose2D
vision_msgs/Point2D position
float64 theta
MSG: vision_msgs/Point2D
float64 x
float64 y
MSG: geometry_msgs/PoseWithCovariance
geometry_msgs/Pose pose
float64[36] covariance
MSG: geometry_msgs/Pose
geometry_msgs/Point position
geometry_msgs/Quaternion orientation
MSG: geometry_msgs/Point
float64 x
float64 y
float64 z
MSG: geometry_msgs/Quaternion
float64 x
float64 y
float64 z
float64 w
`

// detections reads a vision_msgs/Detection2DArray of any version. Of several hypotheses the most certain one counts.
func detections(m rosmsg.Message) detected {
	d := detected{stamp: stampOf(m["header"])}
	for _, detection := range list(m["detections"]) {
		if d.stamp == 0 {
			d.stamp = stampOf(detection["header"])
		}
		d.items = append(d.items, boxItem(detection))
	}
	return d
}

func stampOf(header any) int64 {
	h, _ := header.(rosmsg.Message)
	t, _ := h["stamp"].(rosmsg.Time)
	return int64(t)
}

func boxItem(detection rosmsg.Message) Item {
	s := annotation.Shape{Type: "rectangle"}
	best := math.Inf(-1)
	results := list(detection["results"])
	for _, result := range results {
		if inner, is := result["hypothesis"].(rosmsg.Message); is {
			result = inner
		}
		score, _ := result["score"].(float64)
		if score > best {
			best = score
			s.Label, s.Score = classOf(result), &score
		}
	}
	box, _ := detection["bbox"].(rosmsg.Message)
	center, _ := box["center"].(rosmsg.Message)
	at := center
	if position, is := center["position"].(rosmsg.Message); is {
		at = position
	}
	x, y, width, height := number(at["x"]), number(at["y"]), number(box["size_x"]), number(box["size_y"])
	s.Points = []float64{x - width/2, y - height/2, x + width/2, y + height/2}
	if s.Rotation = math.Mod(number(center["theta"])*180/math.Pi, 360); s.Rotation < 0 {
		s.Rotation += 360
	}
	s.Rotation = micro(s.Rotation)
	if len(results) == 0 {
		return Item{Wrong: "a detection without a hypothesis"}
	}
	return finite(s)
}

// classOf is the name or the number of a class, by the names that versions of vision_msgs have for it.
func classOf(result rosmsg.Message) string {
	for _, key := range []string{"class_id", "id"} {
		switch id := result[key].(type) {
		case string:
			return id
		case int64:
			return strconv.FormatInt(id, 10)
		}
	}
	return ""
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int64:
		return float64(n)
	}
	return 0
}

// finite is an item of shapes whose numbers are numbers, which JSON needs.
func finite(shapes ...annotation.Shape) Item {
	for _, s := range shapes {
		numbers := append([]float64{s.Rotation}, s.Points...)
		if s.Score != nil {
			numbers = append(numbers, *s.Score)
		}
		if !annotation.Finite(numbers...) {
			return Item{Wrong: "a coordinate, or a score, that is not a number"}
		}
	}
	return Item{Shapes: shapes}
}
