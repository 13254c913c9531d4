// Package bag reads recordings where they lie, in a [Store]: ROS 1 bags, MCAP
// files and rosbag2 directories. It knows containers, not images: a message is raw bytes
// with a type name and an encoding ("ros1", "cdr", "protobuf", "json"), and
// what the bytes mean is for the caller to find out.
//
//	b, err := bag.Open(ctx, store.Local{Root: "/data"}, "run7.bag", bag.Options{})
//	entries, err := b.Index(ctx, "/jai_cam/image_raw/compressed") // when, and where
//	err = b.Messages(ctx, entries, func(e bag.Entry, data []byte) error { … })
//
// # What it reads
//
//   - ROS 1 bags of format 2.0 (.bag, .bag.active): chunks plain, bz2 or lz4;
//     with an index, without one, or cut short.
//   - MCAP: chunks plain, lz4 or zstd, or no chunks at all; with or without a
//     message index or a summary, or cut short.
//   - rosbag2: SQLite (.db3) or MCAP storage, compressed by message or by file,
//     split into several files, with metadata.yaml, without it or with a damaged
//     one, or a bare .db3; a write-ahead log that a crash left behind is honoured.
//
// # What it promises
//
//   - [Bag.Index] is answered from the file's own index, without a payload being
//     read, wherever the file has one; elsewhere the file is scanned once.
//   - Equal times keep the order of the file.
//   - [Bag.Messages] reads each chunk once, on all cores, in memory that is bounded however large
//     the bag is: all who share [Options].Memory hold no more than it and one message.
//   - Nothing is ever written next to a bag. Only a file compressed as a whole is
//     unpacked, to a temporary file after a look at the free space, which has no
//     name where the system allows that: it is gone however the program ends. A
//     database with its log is read as it lies.
//   - A damaged file gives what can be read, and [Bag.Warnings] that count what
//     cannot; under [Options].Strict the first of these is an error. Every length
//     that a file claims is checked against the file before memory is taken.
//
// # Why these readers
//
// A ROS 1 bag is read by code of our own, as no kept Go library survives a
// damaged one. MCAP records are parsed by the format's own library, but found,
// bounded and loaded by ours: the library allocates what a damaged length
// asks for, and reads whole chunks where one topic is wanted (a 483 MB file
// without compression: 0.10 s against 0.015 s). SQLite is modernc.org/sqlite;
// payloads alone are read past it, from its pages (rosbag2_sqlite_pages.go).
package bag
