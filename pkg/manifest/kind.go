package manifest

// A Kind says what a camera's tasks are made of.
type Kind string

// The kinds, in the words of a camera's kind:; images are also the kind that is not written.
const (
	KindImages     Kind = ""
	KindPointCloud Kind = "pointcloud" // a point cloud a frame
	KindVideo      Kind = "video"      // one video, whose frames CVAT counts as it decodes them
)

// Dimension is CVAT's word for what its tasks of the kind are. A project holds tasks of one dimension alone.
func (k Kind) Dimension() string {
	if k == KindPointCloud {
		return "3d"
	}
	return "2d"
}

// String is the kind as a sentence has it.
func (k Kind) String() string {
	switch k {
	case KindImages:
		return "images"
	case KindPointCloud:
		return "point clouds"
	}
	return string(k)
}
