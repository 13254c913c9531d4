package wording

import "testing"

func TestBytesHaveBinaryUnits(t *testing.T) {
	for n, text := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB",
		2469606195: "2.3 GiB", 25 << 30: "25.0 GiB", 1 << 40: "1.0 TiB", 1<<63 - 1: "8.0 EiB",
	} {
		if got := Bytes(n); got != text {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, text)
		}
	}
}
