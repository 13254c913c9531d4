package bag_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/store"
)

// Every tenth picture of a camera, chosen from the index before any is read.
func Example() {
	ctx := context.Background()
	b, err := bag.Open(ctx, store.Local{Root: "testdata/fixtures"}, "ros1/two_cams_lz4.bag", bag.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()

	entries, err := b.Index(ctx, "/jai_cam/image_raw/compressed")
	if err != nil {
		log.Fatal(err)
	}
	var chosen []bag.Entry
	for i := 0; i < len(entries); i += 10 {
		chosen = append(chosen, entries[i])
	}
	err = b.Messages(ctx, chosen, func(e bag.Entry, data []byte) error {
		fmt.Println(e.Seq, e.LogNS, b.TopicOf(e).Type, len(data))
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range b.Warnings() {
		fmt.Println("warning:", w)
	}
	// Output:
	// 0 1700000000012845678 sensor_msgs/CompressedImage 1378
	// 10 1700000001013035678 sensor_msgs/CompressedImage 1479
	// 20 1700000002013225678 sensor_msgs/CompressedImage 1351
}

func ExampleWarning() {
	fmt.Println(bag.Warning{File: "run7.bag", Text: "chunk cannot be unpacked to its end", First: "at byte 40960: damaged bz2", Places: 3, Messages: 36})
	// Output: run7.bag: chunk cannot be unpacked to its end, 3 times, 36 messages lost (at byte 40960: damaged bz2)
}
