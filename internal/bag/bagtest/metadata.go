package bagtest

import (
	"fmt"
	"strings"
)

// metadata collects what a rosbag2 metadata.yaml of version 9 says.
type metadata struct {
	compression string
	files       []*counted
	topics      []*counted
	all         counted
}

type counted struct {
	name        string
	topic       Topic
	count       int
	first, stop int64
}

func (c *counted) add(log int64) {
	if c.count == 0 || log < c.first {
		c.first = log
	}
	c.stop = max(c.stop, log)
	c.count++
}

func (m *metadata) file(name string) { m.files = append(m.files, &counted{name: name}) }

func (m *metadata) last() *counted { return m.files[len(m.files)-1] }

func (m *metadata) message(t Topic, log int64) {
	m.all.add(log)
	m.last().add(log)
	for _, c := range m.topics {
		if c.topic == t {
			c.add(log)
			return
		}
	}
	m.topics = append(m.topics, &counted{topic: t})
	m.topics[len(m.topics)-1].add(log)
}

func (m *metadata) String() string {
	var s strings.Builder
	format := map[string]string{"message": "zstd", "file": "zstd"}[m.compression]
	fmt.Fprintf(&s, "rosbag2_bagfile_information:\n  version: 9\n  storage_identifier: sqlite3\n")
	fmt.Fprintf(&s, "  compression_format: %q\n  compression_mode: %q\n", format, strings.ToUpper(m.compression))
	fmt.Fprintf(&s, "  ros_distro: jazzy\n  custom_data: ~\n")
	s.WriteString(m.all.span("  "))
	s.WriteString("  relative_file_paths:\n")
	for _, f := range m.files {
		fmt.Fprintf(&s, "  - %s\n", f.name)
	}
	s.WriteString("  files:\n")
	for _, f := range m.files {
		fmt.Fprintf(&s, "  - path: %s\n%s", f.name, f.span("    "))
	}
	s.WriteString("  topics_with_message_count:\n")
	for _, t := range m.topics {
		fmt.Fprintf(&s, "  - message_count: %d\n    topic_metadata: {name: %q, type: %q, serialization_format: %q, offered_qos_profiles: [], type_description_hash: ''}\n",
			t.count, t.topic.Name, t.topic.Type, t.topic.Encoding)
	}
	return s.String()
}

func (c *counted) span(indent string) string {
	return fmt.Sprintf("%[1]sstarting_time: {nanoseconds_since_epoch: %[2]d}\n%[1]sduration: {nanoseconds: %[3]d}\n%[1]smessage_count: %[4]d\n",
		indent, c.first, c.stop-c.first, c.count)
}
