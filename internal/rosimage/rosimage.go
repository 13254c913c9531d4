// Package rosimage turns the image messages of a recording into image files, and those that hold point clouds into PCD.
//
// It knows nothing of containers: it is handed a message's bytes, how they are
// serialized ([Wire]) and what they are ([Kind], from the type's name), and
// never touches a disk or a network. Three steps, each of which can be the last:
//
//   - [Peek] reads the first [HeadSize] bytes: stamp, encoding, and the
//     extension that the frame will have, which is all that a plan needs.
//   - [Decode] reads a whole message. [Message.Data] is a part of the bytes that
//     were given, not a copy.
//   - [Message.Passthrough] hands out JPEG, PNG, WebP and TIFF payloads byte for byte;
//     [Encode] makes a PNG or a JPEG of all others.
//
// # What is read
//
// sensor_msgs/Image and sensor_msgs/CompressedImage in ROS 1 and CDR
// serialization; foxglove.RawImage and foxglove.CompressedImage in Protobuf and
// JSON, and in ROS 1 and CDR under their foxglove_msgs names. Pixel encodings are
// those of [Encodings], with row padding (step) and is_bigendian honoured, and
// the compressedDepth transport with PNG and RVL payloads. All else
// is an [UnsupportedError] that says its name; the caller adds the topic's. Of
// foxglove.CompressedVideo, of FFMPEGPacket, and of compressed images whose format is a video's, the messages are read,
// which hold packets ([Message.Packet]) and no images.
//
// Of point clouds ([KnownCloud]): sensor_msgs/PointCloud2 in ROS 1 and CDR, foxglove.PointCloud in Protobuf and JSON, fields in
// any order and of any type, with padding, is_bigendian, rows and pose honoured.
//
// # What comes out
//
// Without options: a PNG with no loss, 16-bit samples staying 16-bit. Colours
// and Bayer patterns become what OpenCV, and so cv_bridge and image_proc, make of
// them. Depth keeps the habit of ROS: a 16-bit PNG in millimetres in which 0 is
// "unknown", also where the message holds metres (32FC1). [Options.Depth] makes
// it an 8-bit picture. The bytes depend on message and options alone, so encoding
// a frame again gives the same file.
//
// # Bad input
//
// Every length is checked against the bytes that are there before anything is
// allocated. A message costs a few rows of memory to encode as PNG, four bytes a
// pixel as JPEG; payloads that are compressed again inside compressedDepth are
// limited to [MaxDepthPixels]. All functions are safe for concurrent use.
package rosimage

import "strings"

// HeadSize is how many of a message's first bytes [Peek] wants to see: enough
// for a header with names of usual length, the fields before the payload, and the
// payload's own first bytes.
const HeadSize = 512

// MaxDepthPixels limits the pictures inside compressedDepth messages, whose size
// is not bounded by the message's: 16.8 million pixels, 32 MiB when unpacked. The
// usual depth cameras have one or two million.
const MaxDepthPixels = 1 << 24

// A Wire is how a message is serialized, in the words of MCAP's message_encoding.
type Wire string

// The serializations that images come in.
const (
	ROS1     Wire = "ros1"
	CDR      Wire = "cdr" // ROS 2, and OMG IDL; both byte orders
	Protobuf Wire = "protobuf"
	JSON     Wire = "json"
)

// A Kind is what a message type means to us.
type Kind int

// The kinds of message that hold images.
const (
	Raw                Kind = iota + 1 // sensor_msgs/Image
	Compressed                         // sensor_msgs/CompressedImage
	FoxgloveRaw                        // foxglove.RawImage
	FoxgloveCompressed                 // foxglove.CompressedImage
	Video                              // a packet of a video stream that is not read: known, so that it can be refused by name
	FoxgloveVideo                      // foxglove.CompressedVideo: a packet of a video; see [Message.Packet]
	FFMPEGPacket                       // ffmpeg_image_transport_msgs/FFMPEGPacket: one, too
)

// kinds are keyed by the type's name as typeKey spells it.
var kinds = map[string]Kind{
	"sensor_msgs/Image":                        Raw,
	"sensor_msgs/CompressedImage":              Compressed,
	"foxglove/RawImage":                        FoxgloveRaw,
	"foxglove_msgs/RawImage":                   FoxgloveRaw,
	"foxglove/CompressedImage":                 FoxgloveCompressed,
	"foxglove_msgs/CompressedImage":            FoxgloveCompressed,
	"foxglove/CompressedVideo":                 FoxgloveVideo,
	"foxglove_msgs/CompressedVideo":            FoxgloveVideo,
	"ffmpeg_image_transport_msgs/FFMPEGPacket": FFMPEGPacket,
	"depthai_ros_msgs/FFMPEGPacket":            FFMPEGPacket,
	"theora_image_transport/Packet":            Video,
	"h264_msgs/Packet":                         Video,
}

// Known says what a message type is, by its name in the ROS 1
// (sensor_msgs/Image), ROS 2 (sensor_msgs/msg/Image), Protobuf
// (foxglove.RawImage) or OMG IDL (foxglove::RawImage) spelling.
// A type that holds no images is not known.
func Known(typeName string) (Kind, bool) {
	k, ok := kinds[typeKey(typeName)]
	return k, ok
}

// typeKey brings the spellings of a type's name to one: package/Name.
func typeKey(name string) string {
	name = strings.ReplaceAll(name, "::", "/")
	name = strings.ReplaceAll(name, ".", "/")
	return strings.Replace(name, "/msg/", "/", 1)
}

// String is the message's name without a package's spelling.
func (k Kind) String() string {
	switch k {
	case Raw:
		return "sensor_msgs/Image"
	case Compressed:
		return "sensor_msgs/CompressedImage"
	case FoxgloveRaw:
		return "foxglove.RawImage"
	case FoxgloveCompressed:
		return "foxglove.CompressedImage"
	case Video:
		return "video"
	case FoxgloveVideo:
		return "foxglove.CompressedVideo"
	case PointCloud2:
		return "sensor_msgs/PointCloud2"
	case FoxgloveCloud:
		return "foxglove.PointCloud"
	case FFMPEGPacket:
		return "FFMPEGPacket"
	}
	return "unknown"
}

// video tells kinds whose data is always a packet of a video.
func (k Kind) video() bool { return k == FoxgloveVideo || k == FFMPEGPacket }

// raw tells kinds whose data is usually pixels from those whose data is an image file.
func (k Kind) raw() bool { return k == Raw || k == FoxgloveRaw }
