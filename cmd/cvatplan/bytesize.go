package main

import (
	"fmt"
	"strconv"
	"strings"
)

// byteSize is a flag such as 16MiB, 512KiB or 1048576.
type byteSize int64

var byteUnits = map[string]int64{"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 1e3, "MB": 1e6, "GB": 1e9}

// UnmarshalText is how kong reads the flag.
func (b *byteSize) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "BKMGIbkmgi ")
	unit, known := byteUnits[strings.ToUpper(strings.TrimSpace(string(text[len(digits):])))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n < 0 || n > 1<<40 {
		return fmt.Errorf("%q is no size; write one like 16MiB", text)
	}
	*b = byteSize(n * unit)
	return nil
}
